#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/scheduler/event.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

#include "job_types/type_catalog.hpp"

namespace callboard {

class scheduler_shell;

struct queue_manager_options {
  std::shared_ptr<const settings> config;
  store_keeper_actor keeper;
  timekeeper_actor timekeeper;
  metrics_actor metrics;
  time_source clock = time_source::system();
  /// Null: what workers register of their types is not written down.
  std::shared_ptr<type_catalog> types;
  /// Null, or called with the rule of a type when its `defaults` or what it redacts changes.
  std::function<void(const std::string& type, const limit_rule& rule)> use_type_rule;
  /// Null, or called on the queue manager's thread with what has happened, in its order. It must not wait for anything.
  /// @param boot  of the scheduler whose events they are
  std::function<void(uint64_t boot, std::vector<scheduler_event>&& events)> tell;
  /// For the jitter of back-offs.
  uint64_t seed = 0;
  /// Tests keep the reader on the test scheduler.
  bool detached_reader = true;
};

struct queue_manager_state {
  queue_manager_state();
  ~queue_manager_state();
  static constexpr const char* name = "queue-manager";
  std::unique_ptr<scheduler_shell> shell;
};

/// Decides who runs next and where. The decisions are the core's (core/scheduler/); this actor brings it the events and
/// does what it says: spawns the job actors and sends them their events, one at a time each. It changes no job's state:
/// it asks the job, and the index follows the job's notes.
queue_manager_actor::behavior_type queue_manager(observed_pointer<queue_manager_actor, queue_manager_state> self,
                                                 queue_manager_options options);

} // namespace callboard
