#include "http/api/template_parameters.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>

namespace callboard {

namespace {

using nlohmann::json;

error at_parameter(ec code, const std::string& name, const std::string& what) {
  const auto field = "parameters." + name.substr(0, http_limits::shown_bytes_max);
  return {code, field + " " + what, field};
}

/// Keywords that look at several members together: of some defaults alone they say nothing.
constexpr const char* of_several[] = {"allOf", "anyOf", "oneOf", "not", "if", "dependencies", "minProperties", "$ref"};

} // namespace

template_parameters::template_parameters(const json& schema, const std::vector<parameter_use>& uses)
  : schema_(schema), uses_(uses) {
  if (const auto* p = member(schema_, "properties"); p != nullptr && p->is_object())
    properties_ = *p;
}

const json* template_parameters::member(const json& of, const char* name) const {
  if (!of.is_object())
    return nullptr;
  const auto found = of.find(name);
  return found == of.end() ? nullptr : &*found;
}

bool template_parameters::is_open() const {
  const auto* more = member(schema_, "additionalProperties");
  return more != nullptr && *more != false;
}

bool template_parameters::knows(const std::string& name) const {
  return properties_.contains(name) ||
         std::any_of(uses_.begin(), uses_.end(), [&name](const auto& u) { return u.name == name; });
}

std::string template_parameters::known() const {
  std::set<std::string> names;
  for (const auto& [name, schema] : properties_.items())
    names.insert(name);
  for (const auto& u : uses_)
    names.insert(u.name);
  return names.empty() ? "none" : joined({names.begin(), names.end()});
}

std::vector<std::string> template_parameters::required() const {
  std::vector<std::string> out;
  if (const auto* list = member(schema_, "required"); list != nullptr && list->is_array())
    for (const auto& name : *list)
      if (name.is_string())
        out.push_back(name);
  return out;
}

std::optional<error> template_parameters::check(const api& a) const {
  if (schema_.is_null())
    return std::nullopt;
  if (const auto* type = member(schema_, "type"); type != nullptr && *type != "object")
    return error{ec::invalid_value, "parameters.type must be \"object\": a submit gives parameters by name",
                 "parameters.type"};
  if (auto ok = a.check_schema(schema_, nullptr); !ok)
    return error{ec::invalid_value, "parameters must be a JSON Schema of draft 7: " + ok.err().message, "parameters"};
  if (member(schema_, "properties") != nullptr && !is_open())
    for (const auto& u : uses_)
      if (!properties_.contains(u.name)) {
        std::vector<std::string> names;
        for (const auto& [name, schema] : properties_.items())
          names.push_back(name);
        return at_parameter(ec::unknown_field, u.name,
                            "is not declared, and " + u.at + " stands for it; declared in parameters.properties are " +
                              (names.empty() ? "none" : joined(names)));
      }
  return check_defaults(a);
}

/// Each default by what is said of its parameter.
std::optional<error> template_parameters::check_defaults(const api& a) const {
  if (std::any_of(std::begin(of_several), std::end(of_several), [&](auto* k) { return schema_.contains(k); }))
    return std::nullopt;
  auto defaults = json::object();
  for (const auto& [name, schema] : properties_.items())
    if (const auto* d = member(schema, "default"))
      defaults[name] = *d;
  auto schema = schema_;
  schema.erase("required");
  const auto ok = a.check_schema(schema, &defaults);
  if (ok)
    return std::nullopt;
  return error{ec::invalid_value, "a default in parameters does not follow what is said of it: " + ok.err().message,
               ok.err().field};
}

result<json> template_parameters::complete(const api& a, const json& given) const {
  auto all = given;
  if (!is_open())
    for (const auto& [name, value] : given.items())
      if (!knows(name))
        return at_parameter(ec::unknown_field, name, "is no parameter of this template; known are " + known());
  for (const auto& [name, schema] : properties_.items())
    if (const auto* d = member(schema, "default"); d != nullptr && !all.contains(name))
      all[name] = *d;
  for (const auto& name : required())
    if (!all.contains(name))
      return at_parameter(ec::missing_field, name, "is required");
  for (const auto& u : uses_)
    if (!all.contains(u.name))
      return at_parameter(ec::missing_field, u.name, "is required: " + u.at + " stands for it");
  if (!schema_.is_null())
    if (auto ok = a.check_schema(schema_, &all); !ok)
      return std::move(ok).err();
  return all;
}

std::optional<json> template_parameters::samples() const {
  auto all = json::object();
  for (const auto& [name, schema] : properties_.items()) {
    const auto* examples = member(schema, "examples");
    if (const auto* d = member(schema, "default"))
      all[name] = *d;
    else if (examples != nullptr && examples->is_array() && !examples->empty())
      all[name] = examples->front();
  }
  const auto lacks = [&all](const std::string& name) { return !all.contains(name); };
  const auto needed = required();
  if (std::any_of(needed.begin(), needed.end(), lacks) ||
      std::any_of(uses_.begin(), uses_.end(), [&](const auto& u) { return lacks(u.name); }))
    return std::nullopt;
  return all;
}

} // namespace callboard
