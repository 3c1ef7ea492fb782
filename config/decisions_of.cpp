#include "config/decisions_of.hpp"

#include "core/scheduler/scheduler_state.hpp"

namespace callboard {

decision_settings decisions_of(const settings& c) {
  decision_settings s;
  s.waiting_max = c.jobs.waiting_max;
  s.resident_max = c.jobs.resident_max;
  s.aging_step = c.jobs.aging_step;
  s.inherit_urgency = c.jobs.inherit_urgency;
  s.lease = c.cluster.lease;
  s.retry_writes_every = c.store.probe_every;
  s.schedules_max = c.schedules.count_max;
  s.schedule_versions_max = c.schedules.history_max;
  s.templates_max = c.templates.count_max;
  s.template_versions_max = c.templates.history_max;
  s.limits_max = c.jobs.limits_max;
  s.result_bytes_max = c.workers.result_bytes_max;
  s.dispatch = {c.workers.prefetch_max, c.workers.prefetch_below};
  const auto& b = c.breaker;
  s.breakers = {b.enabled, b.samples_min, b.window, b.failure_percent, b.peer_percent, b.open_for, b.open_max};
  return s;
}

} // namespace callboard
