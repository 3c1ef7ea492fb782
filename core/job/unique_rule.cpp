#include "core/job/unique_rule.hpp"

#include "core/base/enum_names.hpp"

namespace callboard {

namespace {

constexpr std::array<std::string_view, 4> scope_names{"queued", "unfinished", "window", "running"};
constexpr std::array<std::string_view, 4> conflict_names{"reject", "existing", "replace", "debounce"};

} // namespace

std::string_view to_string(unique_scope s) {
  return name_of(scope_names, s);
}

std::optional<unique_scope> parse_unique_scope(std::string_view text) {
  return value_of<unique_scope>(scope_names, text);
}

std::string_view to_string(on_unique_conflict c) {
  return name_of(conflict_names, c);
}

std::optional<on_unique_conflict> parse_unique_conflict(std::string_view text) {
  return value_of<on_unique_conflict>(conflict_names, text);
}

std::string unique_key_name(std::string_view key) {
  return "\x01unique:" + std::string{key}; // names have no control characters
}

} // namespace callboard
