#include "simulate/field_reader.hpp"

#include "config/units.hpp"
#include "http/json/fields.hpp"

#include <algorithm>

namespace callboard::simulate {

namespace {

std::string listed(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const auto name : names)
    text += (text.empty() ? "" : ", ") + std::string{name};
  return text;
}

} // namespace

void refuse_value(const std::string& path, std::string_view allowed, const nlohmann::json& v) {
  throw bad_scenario{path, "must be " + std::string{allowed} + ", not " + shown_json(v)};
}

duration read_span(const nlohmann::json& v, const std::string& path) {
  std::optional<duration> d;
  if (v.is_number())
    d = duration_of_seconds(v.get<double>());
  else if (v.is_string())
    d = parse_duration(v.get_ref<const std::string&>());
  if (!d)
    refuse_value(path, "a number of seconds, or a text such as \"90s\" or \"1h30m\"", v);
  return *d;
}

std::string read_word(const nlohmann::json& v, const std::string& path) {
  if (!v.is_string() || v.get_ref<const std::string&>().empty())
    refuse_value(path, "a text that is not empty", v);
  return v.get<std::string>();
}

uint64_t read_count(const nlohmann::json& v, const std::string& path, uint64_t min, uint64_t max) {
  if (!v.is_number_unsigned() || v.get<uint64_t>() < min || v.get<uint64_t>() > max)
    refuse_value(path, "a whole number from " + std::to_string(min) + " to " + std::to_string(max), v);
  return v.get<uint64_t>();
}

field_reader::field_reader(const nlohmann::json& object, std::string path,
                           std::initializer_list<std::string_view> known)
  : object_(object), path_(std::move(path)) {
  if (!object.is_object())
    refuse_value(path_, "an object with " + listed(known), object);
  for (const auto& [name, value] : object.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw bad_scenario{path_of(name), "is not known; known here are " + listed(known)};
}

std::string field_reader::path_of(std::string_view name) const {
  return path_.empty() ? std::string{name} : path_ + "." + std::string{name};
}

const nlohmann::json* field_reader::find(std::string_view name) const {
  const auto i = object_.find(std::string{name});
  return i == object_.end() ? nullptr : &*i;
}

const nlohmann::json& field_reader::need(std::string_view name, std::string_view what) const {
  const auto* v = find(name);
  if (!v)
    throw bad_scenario{path_of(name), "is required: " + std::string{what}};
  return *v;
}

std::optional<std::string> field_reader::word(std::string_view name) const {
  const auto* v = find(name);
  return v ? std::optional{read_word(*v, path_of(name))} : std::nullopt;
}

std::optional<duration> field_reader::span(std::string_view name) const {
  const auto* v = find(name);
  return v ? std::optional{read_span(*v, path_of(name))} : std::nullopt;
}

std::optional<uint64_t> field_reader::count(std::string_view name, uint64_t min, uint64_t max) const {
  const auto* v = find(name);
  return v ? std::optional{read_count(*v, path_of(name), min, max)} : std::nullopt;
}

bool field_reader::flag(std::string_view name, bool otherwise) const {
  const auto* v = find(name);
  if (!v)
    return otherwise;
  if (!v->is_boolean())
    refuse_value(path_of(name), "true or false", *v);
  return v->get<bool>();
}

std::optional<size_t> field_reader::choice(std::string_view name,
                                           std::initializer_list<std::string_view> allowed) const {
  const auto* v = find(name);
  if (!v)
    return std::nullopt;
  const auto i =
    v->is_string() ? std::find(allowed.begin(), allowed.end(), v->get_ref<const std::string&>()) : allowed.end();
  if (i == allowed.end())
    refuse_value(path_of(name), "one of " + listed(allowed), *v);
  return static_cast<size_t>(i - allowed.begin());
}

const nlohmann::json* field_reader::list(std::string_view name) const {
  const auto* v = find(name);
  if (v && !v->is_array())
    refuse_value(path_of(name), "an array", *v);
  return v;
}

} // namespace callboard::simulate
