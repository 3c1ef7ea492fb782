#include "http/api/redact_reader.hpp"

#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace callboard {

namespace {

constexpr std::string_view field = "redact";

bool is_path(std::string_view text) {
  const auto root = text.substr(0, text.find('.'));
  return text == "log" ||
         ((root == "payload" || root == "result") && text.find("..") == std::string_view::npos && !text.ends_with('.'));
}

/// What no path may have; nothing: it has none of it.
std::optional<std::string> forbidden_in(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ')
      return "a space";
    if (byte < 0x20 || byte == 0x7f)
      return "a control character";
    if (c == '[' || c == ']')
      return "a bracket: an array on the way means each of its elements";
  }
  return std::nullopt;
}

std::optional<error> check_path(const nlohmann::json& v, const std::string& at) {
  if (!v.is_string() || !is_path(v.get_ref<const std::string&>()))
    return error{
      ec::invalid_value,
      at + " must be payload, result, log, or a path in one of the first two such as payload.card.number, not " +
        shown_json(v),
      at};
  const std::string_view text = v.get_ref<const std::string&>();
  if (text.size() > http_limits::redact_path_bytes_max)
    return error{ec::out_of_range,
                 at + " must have at most " + std::to_string(http_limits::redact_path_bytes_max) + " bytes, not " +
                   std::to_string(text.size()),
                 at};
  if (const auto what = forbidden_in(text))
    return error{ec::invalid_value,
                 at + " must not have " + *what + "; a member with such a name is redacted by what it stands in", at};
  return std::nullopt;
}

} // namespace

result<std::vector<std::string>> read_redacted_paths(std::string_view json) {
  const auto list = nlohmann::json::parse(json);
  if (list.size() > http_limits::redact_paths_max)
    return error{ec::out_of_range,
                 std::string{field} + " must have at most " + std::to_string(http_limits::redact_paths_max) +
                   " paths, not " + std::to_string(list.size()),
                 std::string{field}};
  std::vector<std::string> out;
  for (const auto& v : list) {
    const auto at = std::string{field} + "[" + std::to_string(out.size()) + "]";
    if (auto e = check_path(v, at))
      return std::move(*e);
    auto text = v.get<std::string>();
    if (std::find(out.begin(), out.end(), text) != out.end())
      return error{ec::invalid_value, at + " is given twice: " + shown(std::string_view{text}), at};
    out.push_back(std::move(text));
  }
  return out;
}

} // namespace callboard
