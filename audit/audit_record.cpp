#include "audit/audit_record.hpp"

#include "core/base/hex.hpp"
#include "core/base/json_string.hpp"
#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace callboard {

namespace {

using nlohmann::json;

constexpr size_t hash_digits = 64;
constexpr std::string_view before_hash = R"(,"hash":")", behind_hash = R"("})";

void add_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

void add_raw(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty())
    out.append(",\"").append(name).append("\":").append(value);
}

error corrupt(std::string why) {
  return {ec::corrupt_record, std::move(why)};
}

std::string text_of(const json& v, const char* name) {
  const auto found = v.find(name);
  return found != v.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string value_of(const json& v, const char* name) {
  const auto found = v.find(name);
  return found == v.end() ? std::string{} : found->dump();
}

} // namespace

std::string audit_hash(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"SHA-256 is not to be had of OpenSSL"};
  return to_hex(digest.data(), size);
}

std::string audit_line(audit_record& r) {
  std::string out = "{\"sequence\":" + std::to_string(r.sequence) + ",\"at\":\"";
  append_rfc3339(out, r.at);
  out += '"';
  add_text(out, "act", r.act);
  add_text(out, "target", r.target);
  out += ",\"actor\":{\"address\":";
  append_json_string(out, r.actor.address);
  if (!r.actor.user_agent.empty())
    add_text(out, "userAgent", r.actor.user_agent);
  if (!r.actor.claimed_by.empty())
    add_text(out, "claimedBy", r.actor.claimed_by);
  out += '}';
  if (r.intent != 0)
    add_raw(out, "intent", std::to_string(r.intent));
  add_raw(out, "request", r.request);
  add_raw(out, "before", r.before);
  add_raw(out, "after", r.after);
  if (r.outcome) {
    out += ",\"outcome\":{\"status\":" + std::to_string(r.outcome->status);
    if (!r.outcome->code.empty())
      add_text(out, "code", r.outcome->code);
    out += '}';
  }
  add_text(out, "previous", r.previous);
  r.hash = audit_hash(out);
  out.append(before_hash).append(r.hash).append(behind_hash);
  return out;
}

result<audit_record> read_audit_line(std::string_view line) {
  constexpr auto tail = before_hash.size() + hash_digits + behind_hash.size();
  if (line.size() <= tail || !line.ends_with(behind_hash))
    return corrupt("it is no record");
  const auto body = line.substr(0, line.size() - tail);
  const auto rest = line.substr(body.size());
  if (!rest.starts_with(before_hash))
    return corrupt("it is no record");
  audit_record r;
  r.hash = rest.substr(before_hash.size(), hash_digits);
  if (audit_hash(body) != r.hash)
    return corrupt("its hash is not that of its bytes");
  const auto v = json::parse(line, nullptr, false);
  if (!v.is_object() || !v.contains("sequence") || !v["sequence"].is_number_unsigned())
    return corrupt("it is no record");
  r.sequence = v["sequence"].get<uint64_t>();
  const auto at = parse_rfc3339(text_of(v, "at"));
  r.act = text_of(v, "act");
  r.previous = text_of(v, "previous");
  if (!at || r.act.empty() || r.previous.size() != hash_digits)
    return corrupt("it is no record");
  r.at = *at;
  r.target = text_of(v, "target");
  if (const auto actor = v.find("actor"); actor != v.end() && actor->is_object())
    r.actor = {text_of(*actor, "address"), text_of(*actor, "userAgent"), text_of(*actor, "claimedBy")};
  if (const auto intent = v.find("intent"); intent != v.end() && intent->is_number_unsigned())
    r.intent = intent->get<uint64_t>();
  r.request = value_of(v, "request");
  r.before = value_of(v, "before");
  r.after = value_of(v, "after");
  if (const auto o = v.find("outcome"); o != v.end() && o->is_object()) {
    const auto status = o->find("status");
    r.outcome = {status != o->end() && status->is_number_integer() ? status->get<int>() : 0, text_of(*o, "code")};
  }
  return r;
}

std::string bounded_value(std::string_view json, uint64_t bytes_max) {
  std::string line;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\' && i + 1 < json.size()) {
      line += c;
      line += json[++i];
      continue;
    }
    if (c == '"')
      in_text = !in_text;
    if (in_text || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
      line += c;
  }
  if (line.size() <= bytes_max)
    return line;
  return "{\"omittedBytes\":" + std::to_string(line.size()) + "}";
}

} // namespace callboard
