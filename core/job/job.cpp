#include "core/job/job.hpp"

#include "core/base/enum_names.hpp"

namespace callboard {

namespace {

constexpr std::array<std::string_view, job_state_count> state_names{"queued",    "scheduled", "running",  "retrying",
                                                                    "completed", "failed",    "cancelled"};
constexpr std::array<std::string_view, 3> durability_names{"fsync", "os", "memory"};
constexpr std::array<std::string_view, 4> deadline_action_names{"fail", "cancel", "run_anyway", "promote"};

} // namespace

std::string_view to_string(job_state s) {
  return name_of(state_names, s);
}

std::optional<job_state> parse_job_state(std::string_view text) {
  return value_of<job_state>(state_names, text);
}

std::string_view to_string(durability d) {
  return name_of(durability_names, d);
}

std::optional<durability> parse_durability(std::string_view text) {
  return value_of<durability>(durability_names, text);
}

std::string_view to_string(deadline_action a) {
  return name_of(deadline_action_names, a);
}

std::optional<deadline_action> parse_deadline_action(std::string_view text) {
  return value_of<deadline_action>(deadline_action_names, text);
}

} // namespace callboard
