#include "http/api/unique_key.hpp"

#include "http/json/fields.hpp"
#include "http/json/json_source.hpp"
#include "http/json/json_tree.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <map>

namespace callboard {

namespace {

using nlohmann::json;

/// Which of the two a text of the tree is. A number stands there in its one form, and not as a double, so that long
/// ones do not become the same.
constexpr char a_number = 'n';
constexpr char a_text = 't';

class exact_reader final : public json_events {
public:
  bool scalar(const json_scalar& v, const char*) override {
    using type = json_scalar::type;
    std::string text;
    if (v.is == type::text)
      text = a_text + std::move(*v.text);
    else if (v.is == type::integer)
      text = a_number + canonical_number(std::to_string(v.integer));
    else if (v.is == type::natural)
      text = a_number + canonical_number(std::to_string(v.natural));
    else if (v.is == type::real)
      text = a_number + canonical_number(v.digits);
    else {
      tree.scalar(v);
      return true;
    }
    tree.scalar({.is = type::text, .text = &text});
    return true;
  }
  bool open(bool array, const char*) override {
    tree.open(array);
    return true;
  }
  bool close(const char*) override {
    tree.close();
    return true;
  }
  bool key(std::string& name, const char*) override {
    tree.key(name);
    return true;
  }

  json_tree tree;
};

/// Members come in order; the nesting is bounded by that of a body.
void write(std::string& out, const json& v) {
  char before = v.is_array() ? '[' : '{';
  if (v.is_object()) {
    for (const auto& [name, value] : v.items()) {
      out += before;
      out += json(name).dump() + ":";
      write(out, value);
      before = ',';
    }
    out += v.empty() ? "{}" : "}";
  } else if (v.is_array()) {
    for (const auto& value : v) {
      out += before;
      write(out, value);
      before = ',';
    }
    out += v.empty() ? "[]" : "]";
  } else if (v.is_string()) {
    const auto& text = v.get_ref<const std::string&>();
    out += text.front() == a_number ? text.substr(1) : json(text.substr(1)).dump();
  } else {
    out += v.dump();
  }
}

/// Null: there is nothing of this name.
const json* member(const json& v, const std::string& name) {
  if (v.is_object()) {
    const auto found = v.find(name);
    return found == v.end() ? nullptr : &*found;
  }
  size_t i = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), i);
  const bool index = code == std::errc{} && end == name.data() + name.size() && std::to_string(i) == name;
  return v.is_array() && index && i < v.size() ? &v[i] : nullptr;
}

const json* at_path(const json& payload, std::string_view path) {
  const json* v = &payload;
  while (v != nullptr && !path.empty()) {
    const auto name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    v = member(*v, std::string{name});
  }
  return v;
}

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

std::string canonical_number(std::string_view text) {
  constexpr int64_t exponent_max = 1'000'000'000; // further out a number is left as it was written
  constexpr int64_t zeros_max = 20;
  std::string whole{text};
  const std::string sign = text.starts_with('-') ? "-" : "";
  text.remove_prefix(sign.size());
  const auto mantissa = text.substr(0, text.find_first_of("eE"));
  int64_t exponent = 0;
  bool near = true;
  if (auto rest = text.substr(mantissa.size()); !rest.empty()) {
    rest.remove_prefix(rest.size() > 1 && rest[1] == '+' ? 2 : 1);
    const auto code = std::from_chars(rest.data(), rest.data() + rest.size(), exponent).ec;
    near = code == std::errc{} && exponent >= -exponent_max && exponent <= exponent_max;
  }
  std::string digits{mantissa.substr(0, mantissa.find('.'))};
  const auto fraction = mantissa.substr(std::min(mantissa.size(), digits.size() + 1));
  digits += fraction;
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty())
    return "0";
  if (!near)
    return whole;
  exponent -= static_cast<int64_t>(fraction.size());
  while (digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (exponent >= 0 && exponent <= zeros_max)
    return sign + digits + std::string(static_cast<size_t>(exponent), '0');
  return sign + digits + "e" + std::to_string(exponent);
}

result<std::string> unique_key_of(const job_spec& job, const std::vector<std::string>& by, uint32_t depth_max) {
  constexpr std::string_view in_payload = "payload";
  exact_reader payload;
  // It was read once, so there is nothing wrong with it.
  if (auto e = parse_json(job.payload.view(), payload, depth_max))
    return std::move(*e);
  std::map<std::string, std::string> parts;
  for (size_t i = 0; i < by.size(); ++i) {
    auto& out = parts[by[i]];
    if (by[i] == "type" || by[i] == "queue") {
      out = json(by[i] == "type" ? job.type : job.queue).dump();
      continue;
    }
    auto path = std::string_view{by[i]}.substr(in_payload.size());
    path.remove_prefix(path.empty() ? 0 : 1);
    const auto* value = at_path(payload.tree.root(), path);
    if (value == nullptr) {
      const auto field = "unique.by[" + std::to_string(i) + "]";
      return error{ec::invalid_value,
                   field + " must be a path that the payload has, not " + shown(std::string_view{by[i]}), field};
    }
    write(out, *value);
  }
  std::string key;
  for (const auto& [name, value] : parts)
    key += (key.empty() ? "{" : ",") + json(name).dump() + ":" + value;
  key += "}";
  return key.size() <= http_limits::unique_key_bytes_max ? result<std::string>{std::move(key)} : digest_of(key);
}

} // namespace callboard
