#include "http/api/query.hpp"

#include "core/base/percent_decode.hpp"
#include "http/json/fields.hpp"

#include <algorithm>

namespace callboard {

namespace {

error broken_escape(std::string_view where) {
  return {ec::bad_request,
          "a percent sign in the " + std::string{where} + " must be followed by two hexadecimal digits"};
}

/// Takes the part before `separator` off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

} // namespace

const std::string* parsed_target::find(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name)
      return &value;
  return nullptr;
}

result<parsed_target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (target.starts_with(scheme)) {
      target.remove_prefix(scheme.size());
      const auto path = target.find('/');
      target = path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
    }
  if (!target.starts_with('/'))
    return error{ec::bad_request, "the target must be a path that starts with a slash, not " + shown(target)};
  parsed_target out;
  auto path = take_until(target, '?');
  while (!path.empty()) {
    const auto segment = take_until(path, '/');
    if (segment.empty())
      continue;
    auto decoded = percent_decode(segment, false);
    if (!decoded)
      return broken_escape("path");
    out.segments.push_back(std::move(*decoded));
  }
  while (!target.empty()) {
    auto pair = take_until(target, '&');
    if (pair.empty())
      continue;
    auto name = percent_decode(take_until(pair, '='), true);
    auto value = percent_decode(pair, true);
    if (!name || !value)
      return broken_escape("query");
    if (out.find(*name) != nullptr)
      return error{ec::invalid_value, "query parameter " + shown(std::string_view{*name}) + " is given twice", *name};
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

result<uint32_t> read_limit(const parsed_target& target, uint32_t usual, uint32_t limit_max) {
  if (const auto* v = target.find("limit"))
    return read_integer(std::string_view{*v}, "limit", 1, limit_max);
  return std::min(usual, limit_max);
}

} // namespace callboard
