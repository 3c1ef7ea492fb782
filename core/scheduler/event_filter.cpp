#include "core/scheduler/event_filter.hpp"

namespace callboard {

event_kinds kinds_named(std::string_view name) {
  event_kinds out;
  for (size_t i = 0; i < event_kind_count; ++i)
    if (const auto k = static_cast<event_kind>(i); to_string(k) == name || family_of(k) == name)
      out.set(i);
  return out;
}

bool event_filter::passes(const scheduler_event& e) const {
  return kinds[static_cast<size_t>(e.kind)] && (!job || job == e.job) && (queue.empty() || queue == e.queue) &&
         (type.empty() || type == e.type) && (workflow.empty() || workflow == e.details().workflow) &&
         (worker.empty() || (e.worker && worker == *e.worker));
}

} // namespace callboard
