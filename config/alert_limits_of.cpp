#include "config/alert_limits_of.hpp"

#include "core/base/real_seconds.hpp"

#include <algorithm>

namespace callboard {

namespace {

double share(uint32_t percent) {
  return percent / 100.0;
}

} // namespace

alert_limits alert_limits_of(const alert_settings& s) {
  alert_limits l;
  l.hold = s.hold;
  l.kept = s.kept;
  l.silences_max = s.silences_max;
  l.failures_jobs_min = s.failures_jobs_min;
  l.objective_jobs_min = s.objective_jobs_min;
  l.failures_times_usual = share(s.failures_above_usual_percent);
  l.unwatched_queue = s.queue;
  using enum alert_rule;
  const auto set = [&](alert_rule r, double threshold, duration lasts) {
    const auto name = to_string(r);
    const bool off = std::find(s.off.begin(), s.off.end(), name) != s.off.end();
    l.of(r) = {s.enabled && !off, threshold, lasts};
  };
  // Of failures_above_usual and the burn rates the threshold follows from what was, and from the objective.
  set(failures_above_usual, 0, s.failures_above_usual_for);
  set(most_jobs_fail, share(s.most_jobs_fail_percent), s.most_jobs_fail_for);
  set(dead_letters_grow, s.dead_letters_grow_above, s.dead_letters_grow_for);
  set(queue_waits, real_seconds(s.queue_waits_above), s.queue_waits_for);
  set(queue_full, share(s.queue_full_percent), s.queue_full_for);
  set(jobs_nearly_full, share(s.jobs_nearly_full_percent), s.jobs_nearly_full_for);
  set(no_workers, 0, s.no_workers_for);
  set(workers_lost, 0, s.workers_lost_for);
  set(wait_burns_fast, 0, s.burns_fast_for);
  set(wait_burns_slow, 0, s.burns_slow_for);
  set(success_burns_fast, 0, s.burns_fast_for);
  set(success_burns_slow, 0, s.burns_slow_for);
  set(store_not_writable, 0, s.store_not_writable_for);
  set(commit_slow, real_seconds(s.commit_slow_above), s.commit_slow_for);
  set(disk_nearly_full, share(s.disk_nearly_full_percent), s.disk_nearly_full_for);
  set(schedule_late, real_seconds(s.schedule_late_above), s.schedule_late_for);
  set(schedules_faulty, 0, s.schedules_faulty_for);
  set(clock_stepped, 0, s.clock_stepped_for);
  set(certificate_ends, real_seconds(s.certificate_ends_below), s.certificate_ends_for);
  set(audit_not_writable, 0, s.audit_not_writable_for);
  return l;
}

} // namespace callboard
