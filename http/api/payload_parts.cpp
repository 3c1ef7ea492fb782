#include "http/api/payload_parts.hpp"

#include "http/json/json_source.hpp"
#include "http/json/json_tree.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

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

} // namespace

result<payload_parts> payload_parts::read(std::string_view payload, uint32_t depth_max) {
  exact_reader reader;
  if (auto e = parse_json(payload, reader, depth_max))
    return std::move(*e);
  payload_parts out;
  out.root_ = reader.tree.root();
  return out;
}

const payload_parts::part* payload_parts::find(std::string_view path) const {
  const json* v = &root_;
  while (v != nullptr && !path.empty()) {
    const auto name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    v = member(*v, std::string{name});
  }
  return v;
}

std::string payload_parts::canonical(const part& p) {
  std::string out;
  write(out, p);
  return out;
}

std::optional<std::string> payload_parts::plain(const part& p) {
  if (p.is_boolean())
    return p.get<bool>() ? "true" : "false";
  if (!p.is_string())
    return std::nullopt;
  return p.get_ref<const std::string&>().substr(1);
}

std::string_view payload_parts::kind_of(const part& p) {
  if (p.is_string())
    return p.get_ref<const std::string&>().front() == a_number ? "a number" : "a string";
  return p.is_object() ? "an object" : p.is_array() ? "an array" : p.is_boolean() ? "a boolean" : "null";
}

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

} // namespace callboard
