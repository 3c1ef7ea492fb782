#include "core/placement/worker_machine.hpp"

namespace callboard {

std::string_view to_string(worker_state s) {
  static constexpr std::array<std::string_view, worker_state_count> names{"starting", "idle",    "working",
                                                                          "stopping", "stopped", "failed"};
  const auto i = static_cast<size_t>(s);
  return i < names.size() ? names[i] : "unknown";
}

std::string_view to_string(worker_event e) {
  static constexpr std::array<std::string_view, worker_event_count> names{"join", "assign", "drained", "stop",
                                                                          "exit", "lose",   "restart"};
  const auto i = static_cast<size_t>(e);
  return i < names.size() ? names[i] : "unknown";
}

} // namespace callboard
