#include "http/api/concurrency_key.hpp"

#include "http/api/payload_parts.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

namespace callboard {

namespace {

constexpr std::string_view field = "concurrencyKey";
constexpr std::string_view path_field = "concurrencyKey.payload";

bool is_path(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

error wrong(std::string_view which, const std::string& why) {
  return {ec::invalid_value, std::string{which} + " " + why, std::string{which}};
}

} // namespace

result<std::string> read_key_path(const nlohmann::json& v) {
  if (!v.is_object())
    return wrong(field, "must be a string, or an object such as {\"payload\": \"customer.id\"}, not an array");
  for (const auto& [name, value] : v.items())
    if (name != "payload")
      return error{ec::unknown_field, "unknown field " + shown(std::string_view{name}) + "; known here are payload",
                   std::string{field} + "." + name.substr(0, http_limits::shown_bytes_max)};
  const auto path = v.find("payload");
  if (path == v.end())
    return error{ec::missing_field, std::string{path_field} + " is required; a path such as customer.id",
                 std::string{path_field}};
  if (!path->is_string())
    return wrong(path_field, "must be a path in the payload such as customer.id, not " +
                               (path->is_structured() ? path->is_array() ? "an array" : "an object" : path->dump()));
  auto text =
    read_text(std::string_view{path->get_ref<const std::string&>()}, path_field, http_limits::unique_part_bytes_max);
  if (text && !is_path(*text))
    return wrong(path_field,
                 "must be a path in the payload such as customer.id, not " + shown(std::string_view{*text}));
  return text;
}

result<std::string> concurrency_key_at(std::string_view path, std::string_view payload, uint32_t depth_max,
                                       size_t bytes_max) {
  const auto parts = payload_parts::read(payload, depth_max);
  if (!parts)
    return parts.err();
  const auto* part = parts->find(path);
  if (part == nullptr)
    return wrong(field, "must name a path that the payload has, not " + shown(path));
  const auto key = payload_parts::plain(*part);
  if (!key)
    return wrong(field, "must be a string, a number or a boolean at " + shown(path) + " in the payload, not " +
                          std::string{payload_parts::kind_of(*part)});
  return read_text(std::string_view{*key}, field, bytes_max);
}

} // namespace callboard
