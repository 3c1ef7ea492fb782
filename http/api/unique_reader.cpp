#include "http/api/unique_reader.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace callboard {

namespace {

using nlohmann::json;

error refused(const std::string& path, const std::string& allowed, const json& v) {
  return {ec::invalid_value, path + " must be " + allowed + ", not " + shown_json(v), path};
}

error unknown(const std::string& path, const std::string& name, const std::string& known) {
  return {ec::unknown_field, "unknown field " + shown(std::string_view{name}) + "; known here are " + known,
          path + name.substr(0, http_limits::shown_bytes_max)};
}

bool is_part(std::string_view text) {
  if (text == "type" || text == "queue" || text == "payload")
    return true;
  constexpr std::string_view below = "payload.";
  return text.starts_with(below) && text.find("..") == std::string_view::npos && !text.ends_with('.');
}

std::optional<error> read_by(const json& v, std::vector<std::string>& by) {
  const std::string path = "unique.by";
  if (!v.is_array())
    return refused(path, "an array of parts of the job", v);
  if (v.empty() || v.size() > http_limits::unique_parts_max)
    return error{ec::out_of_range,
                 path + " must have 1 to " + std::to_string(http_limits::unique_parts_max) + " entries, not " +
                   std::to_string(v.size()),
                 path};
  by.clear();
  for (const auto& part : v) {
    const auto at = path + "[" + std::to_string(by.size()) + "]";
    const auto* text = part.is_string() ? &part.get_ref<const std::string&>() : nullptr;
    if (text != nullptr && text->size() > http_limits::unique_part_bytes_max)
      return read_text(std::string_view{*text}, at, http_limits::unique_part_bytes_max).err();
    if (text == nullptr || !is_part(*text))
      return refused(at, "type, queue, payload, or a path in the payload such as payload.customer.id", part);
    if (std::find(by.begin(), by.end(), *text) != by.end())
      return error{ec::invalid_value, at + " is given twice: " + shown(std::string_view{*text}), at};
    by.push_back(*text);
  }
  return std::nullopt;
}

std::optional<error> read_window(const json& v, duration& window) {
  const std::string path = "unique.while.for";
  json_scalar seconds;
  if (v.is_number_unsigned())
    seconds = {.is = json_scalar::type::natural, .natural = v.get<uint64_t>()};
  else if (v.is_number())
    seconds = {.is = json_scalar::type::real, .real = v.get<double>()};
  else
    return refused(path, "a number of seconds", v);
  auto r = read_seconds(seconds, path, http_limits::timeout_min, http_limits::unique_window_max);
  if (!r)
    return std::move(r).err();
  window = *r;
  return std::nullopt;
}

std::optional<error> read_while(const json& v, unique_rule& rule) {
  const std::string path = "unique.while";
  if (v.is_object()) {
    for (const auto& [name, value] : v.items())
      if (name != "for")
        return unknown(path + ".", name, "for");
    if (v.empty())
      return error{ec::missing_field, path + ".for is required; a number of seconds", path + ".for"};
    rule.scope = unique_scope::window;
    return read_window(v.front(), rule.window);
  }
  const auto scope = v.is_string() ? parse_unique_scope(v.get_ref<const std::string&>()) : std::nullopt;
  if (!scope || *scope == unique_scope::window) // which has a time
    return refused(path, "queued, unfinished, or an object such as {\"for\": 60}", v);
  rule.scope = *scope;
  return std::nullopt;
}

std::optional<error> read_conflict(const json& v, unique_rule& rule) {
  const auto conflict = v.is_string() ? parse_unique_conflict(v.get_ref<const std::string&>()) : std::nullopt;
  if (!conflict)
    return refused("unique.onConflict", "one of reject, existing, replace", v);
  rule.conflict = *conflict;
  return std::nullopt;
}

} // namespace

result<unique_request> read_unique(const json& v) {
  if (!v.is_object())
    return refused("unique", "an object, true or false", v);
  unique_request r;
  for (const auto& [name, value] : v.items()) {
    std::optional<error> e;
    if (name == "by")
      e = read_by(value, r.by);
    else if (name == "while")
      e = read_while(value, r.rule);
    else if (name == "onConflict")
      e = read_conflict(value, r.rule);
    else
      e = unknown("unique.", name, "by, while, onConflict");
    if (e)
      return std::move(*e);
  }
  return r;
}

} // namespace callboard
