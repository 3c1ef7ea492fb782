#include "core/base/real_seconds.hpp"
#include "http/api/metric_families.hpp"

#include <array>

// Queues, job types, workers and schedules. Each label has a bounded number of values: metrics.queues_max queues and
// one for the others, jobs.types_max types.

namespace callboard {

namespace {

using v = metrics_view;
using enum metric_kind;

void queue_jobs(exposition& e, const measured& m) {
  for (const auto& [name, q] : m.jobs.queues) {
    e.sample({{"queue", name}, {"status", "ready"}}, q.ready);
    e.sample({{"queue", name}, {"status", "waiting"}}, q.waiting);
    e.sample({{"queue", name}, {"status", "running"}}, q.running);
    e.sample({{"queue", name}, {"status", "retrying"}}, q.retrying);
  }
}

void queue_oldest(exposition& e, const measured& m) {
  for (const auto& [name, q] : m.jobs.queues)
    if (q.oldest_ready)
      e.sample({{"queue", name}}, real_seconds(*q.oldest_ready));
}

void queue_fullness(exposition& e, const measured& m) {
  for (const auto& [name, q] : m.jobs.queues)
    if (q.fullness)
      e.sample({{"queue", name}}, *q.fullness);
}

/// `T`: of queues or of types.
template <class T>
void finished(exposition& e, std::string_view label, const std::map<std::string, T>& rows) {
  for (const auto& [name, x] : rows) {
    e.sample({{label, name}, {"outcome", "completed"}}, x.completed);
    e.sample({{label, name}, {"outcome", "failed"}}, x.failed);
    e.sample({{label, name}, {"outcome", "cancelled"}}, x.cancelled);
  }
}

void queue_finished(exposition& e, const measured& m) {
  finished(e, "queue", m.jobs.queues);
}

void queue_held(exposition& e, const measured& m) {
  uint64_t others = 0;
  for (const auto& [name, jobs] : m.jobs.held_by_queue)
    if (m.jobs.queues.count(name) != 0)
      e.sample({{"queue", name}}, jobs);
    else
      others += jobs;
  if (others > 0)
    e.sample({{"queue", other_queues}}, others);
}

void type_finished(exposition& e, const measured& m) {
  finished(e, "type", m.jobs.types);
}

void type_retried(exposition& e, const measured& m) {
  for (const auto& [name, t] : m.jobs.types)
    e.sample({{"type", name}}, t.retried);
}

void type_run_time(exposition& e, const measured& m) {
  for (const auto& [name, t] : m.jobs.types)
    e.sample({{"type", name}}, t.run_time);
}

template <auto Value>
void usage(exposition& e, const measured& m) {
  for (const auto& [name, u] : m.jobs.usage_by_type)
    e.sample({{"type", name}}, Value(u));
}

constexpr auto attempts = [](const usage_total& u) { return u.attempts; };
constexpr auto cpu = [](const usage_total& u) { return real_seconds(duration{u.cpu_us}); };
constexpr auto wall = [](const usage_total& u) { return real_seconds(duration{u.wall_us}); };
constexpr auto memory = [](const usage_total& u) { return u.memory_byte_seconds; };
constexpr auto cost = [](const usage_total& u) { return u.cost; };

constexpr std::array families{
  measured_family{{"callboard_queue_jobs", gauge, "", "queue, status",
                   "Live jobs of a queue: ready for a worker, waiting for others, a time or a release, running, "
                   "or retrying (which are also among the ready or waiting ones)."},
                  queue_jobs},
  measured_family{{"callboard_queue_oldest_ready_seconds", gauge, "seconds", "queue",
                   "For how long the oldest ready job of a queue has been ready; 0: none is ready."},
                  queue_oldest},
  measured_family{{"callboard_queue_fullness_ratio", gauge, "ratio", "queue",
                   "Share of a queue's bound (jobs or bytes) that is taken, of queues that have one; 1: it is full."},
                  queue_fullness},
  measured_family{{"callboard_queue_finished", counter, "", "queue, outcome", "Jobs that ended, by queue and how."},
                  queue_finished},
  measured_family{
    {"callboard_jobs_held", gauge, "", "queue", "Jobs that somebody holds, by queue; queues without are left out."},
    queue_held},

  measured_family{{"callboard_job_type_finished", counter, "", "type, outcome", "Jobs that ended, by type and how."},
                  type_finished},
  measured_family{{"callboard_job_type_retried", counter, "", "type", "Attempts that were tried again, by type."},
                  type_retried},
  measured_family{{"callboard_job_type_run_seconds", histogram, "seconds", "type",
                   "From start to end of an attempt's handler, by type."},
                  type_run_time},
  measured_family{{"callboard_job_attempts", counter, "", "type", "Attempts that ended, by type."}, usage<attempts>},
  measured_family{{"callboard_job_cpu_seconds", counter, "seconds", "type", "CPU time of attempts, by type."},
                  usage<cpu>},
  measured_family{{"callboard_job_wall_seconds", counter, "seconds", "type", "Run time of attempts, by type."},
                  usage<wall>},
  measured_family{{"callboard_job_memory_byte_seconds", counter, "byte_seconds", "type",
                   "Memory of attempts times their run time, by type."},
                  usage<memory>},
  measured_family{{"callboard_job_cost", counter, "", "type", "Cost of attempts in currency units, by type."},
                  usage<cost>},

  measured_family{{"callboard_workers", gauge, "", "", "Workers that are there."}, &v::workers},
  measured_family{{"callboard_workers_lost", counter, "", "", "Workers that died, or were not heard of for too long."},
                  &v::workers_lost,
                  counted_since::metrics_began},
  measured_family{{"callboard_worker_slots", gauge, "", "", "Slots of all workers."}, &v::worker_slots},
  measured_family{{"callboard_worker_slots_busy", gauge, "", "", "Slots that attempts have taken."},
                  &v::worker_slots_busy},

  measured_family{{"callboard_schedules", gauge, "", "", "Schedules that are defined."}, &v::schedules},
  measured_family{{"callboard_schedules_faulty", gauge, "", "",
                   "Schedules that do not fire as they should: their zone is not known here, or their last decision "
                   "could not be written."},
                  &v::schedules_faulty},
  measured_family{{"callboard_schedule_lag_seconds", gauge, "seconds", "",
                   "For how long the fire time that is due next has passed; 0: it has not."},
                  [](exposition& e, const measured& m) { e.sample({}, real_seconds(m.jobs.schedule_lag)); }},
};

} // namespace

std::span<const measured_family> place_families() {
  return families;
}

} // namespace callboard
