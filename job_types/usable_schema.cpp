#include "job_types/usable_schema.hpp"

#include "core/base/percent_decode.hpp"

#include <algorithm>
#include <set>

#include "job_types/pattern.hpp"

namespace callboard {

namespace {

using nlohmann::json;

struct unusable {
  std::string why;
};

/// Their values are data, not schemas.
bool holds_data(const std::string& keyword) {
  return keyword == "enum" || keyword == "const" || keyword == "default" || keyword == "examples";
}

/// Their values are schemas by names that are not keywords.
bool holds_named_schemas(const std::string& keyword) {
  return keyword == "properties" || keyword == "definitions" || keyword == "dependencies";
}

void check_pattern(const json& value) {
  if (!value.is_string())
    throw unusable{"a pattern must be a string, not " + value.dump()};
  const auto& text = value.get_ref<const std::string&>();
  try {
    static_cast<void>(pattern{text});
  } catch (const pattern_fault& e) {
    throw unusable{"the pattern \"" + text + "\" cannot be used: " + e.what()};
  }
}

void prepare(json& schema);

void prepare_keyword(const std::string& keyword, json& value) {
  if (holds_data(keyword))
    return;
  // valijson matches it with std::regex, which pattern.hpp avoids, and cannot be told otherwise.
  if (keyword == "patternProperties")
    throw unusable{"patternProperties is not supported; use properties, additionalProperties or propertyNames"};
  if (!holds_named_schemas(keyword) || !value.is_object())
    return prepare(value);
  for (auto& [name, schema] : value.items())
    prepare(schema);
}

void prepare(json& schema) {
  if (schema.is_array())
    for (auto& one : schema)
      prepare(one);
  if (!schema.is_object())
    return;
  schema.erase("format");
  schema.erase("$id");
  schema.erase(std::string{pattern_keyword});
  if (const auto found = schema.find("pattern"); found != schema.end()) {
    check_pattern(*found);
    auto value = std::move(*found);
    schema.erase(found);
    schema[std::string{pattern_keyword}] = std::move(value);
  }
  for (auto& [keyword, value] : schema.items())
    prepare_keyword(keyword, value);
}

/// Refuses a schema that leads back to itself without going down into the payload: checking it would not end.
class circle_finder {
public:
  explicit circle_finder(const json& root) : root_(root) {
  }

  /// All schemas below `at`.
  void look(const json& at) {
    if (at.is_object())
      follow(at);
    for (const auto& below : at)
      if (below.is_structured())
        look(below);
  }

private:
  /// What is applied to the same value as `schema`.
  void follow(const json& schema) {
    if (!schema.is_object() || safe_.count(&schema) != 0)
      return;
    if (way_.size() >= schema_depth_max)
      throw unusable{"its $refs lead more than " + std::to_string(schema_depth_max) + " levels deep"};
    if (std::find(way_.begin(), way_.end(), &schema) != way_.end())
      throw unusable{"a $ref leads back to itself"};
    way_.push_back(&schema);
    if (const auto ref = schema.find("$ref"); ref != schema.end() && ref->is_string())
      follow(target(ref->get<std::string>()));
    for (const auto* keyword : {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies"})
      if (const auto found = schema.find(keyword); found != schema.end()) {
        if (found->is_array() || std::string_view{keyword} == "dependencies")
          for (const auto& one : *found)
            follow(one);
        else
          follow(*found);
      }
    way_.pop_back();
    safe_.insert(&schema);
  }

  const json& target(const std::string& ref) const {
    if (!ref.starts_with('#'))
      throw unusable{"$ref \"" + ref + "\": only what begins with # and stays in this schema can be referred to"};
    const auto pointer = percent_decode(std::string_view{ref}.substr(1));
    if (!pointer)
      throw unusable{"$ref \"" + ref + "\": a percent sign must be followed by two hexadecimal digits"};
    try {
      return root_.at(json::json_pointer{*pointer});
    } catch (const json::exception&) {
      throw unusable{"$ref \"" + ref + "\" leads nowhere"};
    }
  }

  const json& root_;
  std::vector<const json*> way_;
  std::set<const json*> safe_;
};

} // namespace

result<usable_schema> read_schema(std::string_view text) {
  usable_schema s;
  try {
    s.text = json::parse(text, [](int depth, json::parse_event_t, json&) {
      if (depth > static_cast<int>(schema_depth_max))
        throw unusable{"it is nested more than " + std::to_string(schema_depth_max) + " levels deep"};
      return true;
    });
    if (!s.text.is_object())
      throw unusable{"it is not a JSON object"};
    prepare(s.text);
    circle_finder{s.text}.look(s.text);
  } catch (const json::exception& e) {
    return error{ec::invalid_value, std::string{"it is not JSON: "} + e.what(), "schema"};
  } catch (const unusable& e) {
    return error{ec::invalid_value, e.why, "schema"};
  }
  return s;
}

} // namespace callboard
