#include "http/api/unique_key.hpp"

#include "http/api/payload_parts.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <map>

namespace callboard {

namespace {

using nlohmann::json;

result<std::string> digest_of(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1)
    return error{ec::internal_error, "SHA-256 is not to be had of OpenSSL, so there is no unique key"};
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    out += hex[bytes[i] >> 4u];
    out += hex[bytes[i] & 15u];
  }
  return out;
}

} // namespace

result<std::string> unique_key_of(const job_spec& job, const std::vector<std::string>& by, uint32_t depth_max) {
  constexpr std::string_view in_payload = "payload";
  // It was read once, so there is nothing wrong with it.
  const auto payload = payload_parts::read(job.payload.view(), depth_max);
  if (!payload)
    return payload.err();
  std::map<std::string, std::string> parts;
  for (size_t i = 0; i < by.size(); ++i) {
    auto& out = parts[by[i]];
    if (by[i] == "type" || by[i] == "queue") {
      out = json(by[i] == "type" ? job.type : job.queue).dump();
      continue;
    }
    auto path = std::string_view{by[i]}.substr(in_payload.size());
    path.remove_prefix(path.empty() ? 0 : 1);
    const auto* value = payload->find(path);
    if (value == nullptr) {
      const auto field = "unique.by[" + std::to_string(i) + "]";
      return error{ec::invalid_value,
                   field + " must be a path that the payload has, not " + shown(std::string_view{by[i]}), field};
    }
    out = payload_parts::canonical(*value);
  }
  std::string key;
  for (const auto& [name, value] : parts)
    key += (key.empty() ? "{" : ",") + json(name).dump() + ":" + value;
  key += "}";
  return key.size() <= http_limits::unique_key_bytes_max ? result<std::string>{std::move(key)} : digest_of(key);
}

} // namespace callboard
