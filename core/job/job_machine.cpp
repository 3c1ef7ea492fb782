#include "core/job/job_machine.hpp"

namespace callboard {

std::string_view to_string(job_event e) {
  static constexpr std::array<std::string_view, job_event_count> names{
    "arm",  "start",  "succeed",       "fail_retryable", "fail_final", "snooze",
    "lose", "cancel", "miss_deadline", "poison",         "retry"};
  const auto i = static_cast<size_t>(e);
  return i < names.size() ? names[i] : "unknown";
}

} // namespace callboard
