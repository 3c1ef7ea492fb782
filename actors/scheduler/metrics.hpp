#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "actors/scheduler/report_recorder.hpp"
#include "config/settings.hpp"
#include "core/job/cost.hpp"
#include "core/measure/exemplars.hpp"
#include "core/measure/histogram.hpp"
#include "core/measure/rate_meter.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace callboard {

/// Counters, rates and distributions since the scheduler started.
struct metrics_state {
  metrics_state() = default;
  static constexpr const char* name = "metrics";

  struct by_type {
    uint64_t completed = 0, failed = 0, retried = 0, cancelled = 0;
    histogram run_time;
  };

  struct by_queue {
    uint64_t completed = 0, failed = 0, cancelled = 0;
    /// Of an objective for waiting: how long is good, zero for none; what started since it is known, and what of it
    /// was good. Asking for the figures says what it is.
    duration good_wait{0};
    uint64_t waits = 0, waits_good = 0;
  };

  time_source clock = time_source::system();
  price_table prices;
  time_point started_at;
  metrics_delta total; ///< sums; its samples stay empty
  histogram submit_time, dispatch_time, deliver_time, wait_time, run_time, settle_time, commit_time;
  rate_meter submitted, finished;
  exemplars wait_exemplars, run_exemplars;
  std::map<std::string, by_type> types;
  /// Queues that are told each by its name: those that were seen first, up to `queues_max`. All others are
  /// `other_queues`.
  std::map<std::string, by_queue> queues;
  size_t queues_max = 0;
  usage_total usage;
  std::map<std::string, usage_total> usage_by_type, usage_by_queue, usage_by_tag;
  std::optional<report_recorder> reports; ///< always there once the actor has begun
};

struct metrics_options {
  time_source clock = time_source::system();
  price_settings prices;
  metrics_settings settings;
  report_recorder_options reports;
};

metrics_actor::behavior_type metrics(observed_pointer<metrics_actor, metrics_state> self, metrics_options options);

} // namespace callboard
