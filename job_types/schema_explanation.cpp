#include "job_types/schema_explanation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

#include "job_types/pattern.hpp"
#include "job_types/text_codec.hpp"
#include "job_types/usable_schema.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// A value is shown in a message up to this many bytes.
constexpr size_t shown_bytes_max = 60;

std::string in_words(std::string_view type) {
  if (type == "null")
    return "null";
  return (type == "array" || type == "object" || type == "integer" ? "an " : "a ") + std::string{type};
}

std::string_view type_of(const json& v) {
  return v.is_number_integer() ? "integer" : std::string_view{v.type_name()};
}

bool has_type(const json& v, std::string_view type) {
  if (type == "number")
    return v.is_number();
  if (type == "integer")
    return v.is_number_integer();
  return type == std::string_view{v.type_name()};
}

/// a, b or c
std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::string shown(const json& v) {
  auto text = to_json_text(v);
  if (text.size() > shown_bytes_max)
    text = text.substr(0, shown_bytes_max) + "...";
  // The cut may lie within a character.
  return is_utf8(text) ? text : std::string{type_of(v)};
}

error fault(const std::string& path, const std::string& what, const json& schema) {
  std::string text = path + " " + what;
  if (const auto d = schema.find("description"); d != schema.end() && d->is_string())
    text += " (" + d->get<std::string>() + ")";
  return {ec::invalid_payload, text, path};
}

/// Characters, not bytes: JSON Schema counts code points.
size_t length_of(const std::string& s) {
  return static_cast<size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class explainer {
public:
  std::optional<error> run(const json& schema, const json& v, const std::string& path) {
    if (!schema.is_object())
      return std::nullopt;
    if (auto e = type(schema, v, path))
      return e;
    if (auto e = choice(schema, v, path))
      return e;
    if (v.is_number())
      return number(schema, v, path);
    if (v.is_string())
      return string(schema, v, path);
    if (v.is_object())
      return object(schema, v, path);
    if (v.is_array())
      return array(schema, v, path);
    return std::nullopt;
  }

private:
  static std::optional<error> type(const json& schema, const json& v, const std::string& path) {
    const auto t = schema.find("type");
    if (t == schema.end())
      return std::nullopt;
    std::vector<std::string> allowed;
    for (const auto& one : t->is_array() ? *t : json::array({*t})) {
      if (has_type(v, one.get<std::string>()))
        return std::nullopt;
      allowed.push_back(in_words(one.get<std::string>()));
    }
    return fault(path, "must be " + listed(allowed) + ", not " + in_words(type_of(v)), schema);
  }

  static std::optional<error> choice(const json& schema, const json& v, const std::string& path) {
    std::vector<std::string> allowed;
    if (const auto e = schema.find("enum"); e != schema.end()) {
      if (std::find(e->begin(), e->end(), v) != e->end())
        return std::nullopt;
      for (const auto& one : *e)
        allowed.push_back(shown(one));
    } else if (const auto c = schema.find("const"); c != schema.end() && *c != v) {
      allowed.push_back(shown(*c));
    }
    if (allowed.empty())
      return std::nullopt;
    return fault(path, "is " + shown(v) + ", allowed is " + listed(allowed), schema);
  }

  static std::optional<error> number(const json& schema, const json& v, const std::string& path) {
    const double x = v.get<double>();
    const auto breaks = [&](const char* key, auto broken) {
      const auto bound = schema.find(key);
      return bound != schema.end() && bound->is_number() && broken(bound->get<double>());
    };
    const auto say = [&](const char* relation, const char* key) {
      return fault(path, "is " + shown(v) + ", allowed is " + relation + " " + shown(schema.at(key)), schema);
    };
    if (breaks("minimum", [x](double b) { return x < b; }))
      return say("at least", "minimum");
    if (breaks("maximum", [x](double b) { return x > b; }))
      return say("at most", "maximum");
    if (breaks("exclusiveMinimum", [x](double b) { return x <= b; }))
      return say("more than", "exclusiveMinimum");
    if (breaks("exclusiveMaximum", [x](double b) { return x >= b; }))
      return say("less than", "exclusiveMaximum");
    return std::nullopt;
  }

  static std::optional<error> size(const json& schema, size_t n, const char* least, const char* most, const char* unit,
                                   const std::string& path) {
    const auto low = schema.find(least), high = schema.find(most);
    if (low != schema.end() && n < low->get<size_t>())
      return fault(path, "has " + std::to_string(n) + " " + unit + ", needed are at least " + shown(*low), schema);
    if (high != schema.end() && n > high->get<size_t>())
      return fault(path, "has " + std::to_string(n) + " " + unit + ", allowed are at most " + shown(*high), schema);
    return std::nullopt;
  }

  static std::optional<error> string(const json& schema, const json& v, const std::string& path) {
    const auto& text = v.get_ref<const std::string&>();
    if (auto e = size(schema, length_of(text), "minLength", "maxLength", "characters", path))
      return e;
    const auto wanted = schema.find(pattern_keyword);
    if (wanted == schema.end() || pattern{wanted->get_ref<const std::string&>()}.is_found_in(text))
      return std::nullopt;
    return fault(path, "is " + shown(v) + ", which does not match " + wanted->get<std::string>(), schema);
  }

  std::optional<error> object(const json& schema, const json& v, const std::string& path) {
    const auto known = schema.value("properties", json::object());
    for (const auto& name : schema.value("required", json::array()))
      if (!v.contains(name)) {
        const auto field = path + "." + name.get<std::string>();
        return fault(field, "is missing", known.value(name.get<std::string>(), json::object()));
      }
    if (auto e = size(schema, v.size(), "minProperties", "maxProperties", "fields", path))
      return e;
    const auto others = schema.find("additionalProperties");
    for (const auto& [name, member] : v.items()) {
      const auto field = path + "." + name;
      if (const auto k = known.find(name); k != known.end()) {
        if (auto e = run(*k, member, field))
          return e;
      } else if (others != schema.end() && *others == false) {
        return unknown_field(known, field, path);
      } else if (others != schema.end()) {
        if (auto e = run(*others, member, field))
          return e;
      }
    }
    return std::nullopt;
  }

  static error unknown_field(const json& known, const std::string& field, const std::string& path) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : known.items())
      names.push_back(name);
    return {ec::invalid_payload, field + " is not a known field; allowed in " + path + " are " + listed(names), field};
  }

  std::optional<error> array(const json& schema, const json& v, const std::string& path) {
    if (auto e = size(schema, v.size(), "minItems", "maxItems", "entries", path))
      return e;
    const auto items = schema.find("items");
    if (items == schema.end() || !items->is_object())
      return std::nullopt;
    for (size_t i = 0; i < v.size(); ++i)
      if (auto e = run(*items, v[i], path + "[" + std::to_string(i) + "]"))
        return e;
    return std::nullopt;
  }
};

} // namespace

std::optional<error> explain_schema_fault(const json& schema, const json& value, const std::string& path) {
  return explainer{}.run(schema, value, path);
}

} // namespace callboard
