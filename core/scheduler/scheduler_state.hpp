#pragma once

#include "core/base/planted_bug.hpp"
#include "core/scheduler/admission.hpp"
#include "core/scheduler/dispatcher.hpp"
#include "core/scheduler/job_desk.hpp"
#include "core/scheduler/outbox.hpp"
#include "core/scheduler/schedule_book.hpp"
#include "core/scheduler/scheduler_port.hpp"
#include "core/scheduler/write_groups.hpp"

#include <functional>
#include <map>
#include <random>
#include <string>

namespace callboard {

/// What the core needs of the settings.
struct decision_settings {
  uint64_t waiting_max = 10'000'000;                     ///< live jobs (jobs.waiting_max)
  size_t resident_max = 10'000;                          ///< idle job actors that are kept (jobs.resident_max)
  duration aging_step{0};                                ///< jobs.aging_step
  bool inherit_urgency = true;                           ///< jobs.inherit_urgency
  duration lease{0};                                     ///< of workers (cluster.lease)
  duration retry_writes_every = std::chrono::seconds{1}; ///< store.probe_every
  size_t notes_per_turn = 4096;                          ///< of commits; the others in the turns after
  size_t schedules_max = 10'000;                         ///< schedules.count_max
  uint32_t schedule_versions_max = 20;                   ///< schedules.history_max
  size_t limits_max = 10'000;                            ///< jobs.limits_max
  uint64_t result_bytes_max = uint64_t{1} << 20;         ///< workers.result_bytes_max
  size_t templates_max = 10'000;                         ///< templates.count_max
  uint32_t template_versions_max = 20;                   ///< templates.history_max
  dispatch_settings dispatch;
  breaker_policy breakers;
};

/// The parts of the core, which the flows share. Each part is a class of its own with an invariant of its own.
struct scheduler_state {
  scheduler_state(const decision_settings& s, scheduler_port& p, uint64_t seed)
    : settings(s), port(p), index(s.aging_step, s.inherit_urgency), ledger(index.shapes(), limits, s.breakers),
      dispatch(s.dispatch, index, ledger, limits), requests(s.waiting_max, index, limits), random(seed) {
  }
  scheduler_state(const scheduler_state&) = delete;
  scheduler_state& operator=(const scheduler_state&) = delete;

  const decision_settings settings;
  scheduler_port& port;
  job_index index;
  limit_book limits;
  slot_ledger ledger;
  dispatcher dispatch;
  admission requests;
  write_groups groups;
  job_desk desk;
  schedule_book schedules;
  template_heads templates; ///< as they are on the disk
  outbox out;
  metrics_delta tally; ///< since it was last sent
  bool counted = false;
  std::vector<scheduler_event> events; ///< of this turn
  std::mt19937_64 random;
  uint64_t boot = 0;
  uint64_t last_token = 0; ///< of notes about facts that belong to no job
  bool recovered = false;  ///< the index has all live jobs of the store
  /// While workers of the former scheduler are awaited: jobs below this id may run there. Otherwise none are.
  job_id perhaps_running_below;
  bool draining = false;
  std::optional<error> store_error; ///< of the last commit
  steady_point rests_until{};       ///< when jobs that rest are tried again
  std::vector<uint64_t> look_at;    ///< submit requests that may be decided now
  std::vector<uint64_t> look_at_when_recovered;
};

/// Of a job that is live or being written; nothing: it is neither.
inline std::optional<job_class> class_of(const scheduler_state& s, job_id id) {
  if (const auto* unborn = s.requests.class_of_unborn(id))
    return *unborn;
  const auto* live = s.index.find(id);
  return live ? std::optional{s.index.class_of(*live)} : std::nullopt;
}

/// What of that kind the job belongs to; a key that is empty when it has none.
inline limit_target target_of(const scheduler_state& s, const job_entry& e, limit_kind kind) {
  const auto c = s.index.class_of(e);
  const auto& classes = s.index.classes();
  if (kind == limit_kind::type)
    return {kind, std::string{classes.types().name(s.index.type_of(c.shape))}, {}};
  return {kind, std::string{classes.queues().name(c.queue)},
          kind == limit_kind::key ? std::string{classes.key_of(c.lane)} : std::string{}};
}

/// What an attempt of the job counts against.
inline limit_units units_of(scheduler_state& s, job_class c) {
  if (planted(bug::key_beside_limit))
    c.lane = 0;
  return s.dispatch.links().units_of(c);
}

} // namespace callboard
