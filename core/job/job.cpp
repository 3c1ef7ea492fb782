#include "core/job/job.hpp"

#include <array>

namespace callboard {

namespace {

constexpr std::array<std::string_view, job_state_count> state_names{"queued",    "scheduled", "running",  "retrying",
                                                                    "completed", "failed",    "cancelled"};
constexpr std::array<std::string_view, 3> durability_names{"fsync", "os", "memory"};
constexpr std::array<std::string_view, 3> scope_names{"queued", "unfinished", "window"};
constexpr std::array<std::string_view, 3> conflict_names{"reject", "existing", "replace"};

template <class Enum, size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == text)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace

std::string_view to_string(job_state s) {
  const auto i = static_cast<size_t>(s);
  return i < state_names.size() ? state_names[i] : "unknown";
}

std::optional<job_state> parse_job_state(std::string_view text) {
  return parse<job_state>(state_names, text);
}

std::string_view to_string(durability d) {
  const auto i = static_cast<size_t>(d);
  return i < durability_names.size() ? durability_names[i] : "unknown";
}

std::optional<durability> parse_durability(std::string_view text) {
  return parse<durability>(durability_names, text);
}

std::string_view to_string(unique_scope s) {
  return scope_names.at(static_cast<size_t>(s));
}

std::optional<unique_scope> parse_unique_scope(std::string_view text) {
  return parse<unique_scope>(scope_names, text);
}

std::string_view to_string(on_unique_conflict c) {
  return conflict_names.at(static_cast<size_t>(c));
}

std::optional<on_unique_conflict> parse_unique_conflict(std::string_view text) {
  return parse<on_unique_conflict>(conflict_names, text);
}

std::string unique_key_name(std::string_view key) {
  return "\x01unique:" + std::string{key}; // names have no control characters
}

} // namespace callboard
