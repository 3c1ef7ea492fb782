#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace callboard {

/// All wake-ups. CAF cannot cancel a delayed message and pins its receiver until it is due, so there is one message
/// under way at most times, and late ones are told by their generation.
///
/// Alarms are set by the clock that never steps. Those for a time of day are translated to it, and looked at anew every
/// `clock_look` at the latest, because the wall clock may be set meanwhile: forward, and they are due at once; back,
/// and they are not due yet. A jump between two looks is logged and counted.
struct timekeeper_state {
  timekeeper_state() = default;
  static constexpr const char* name = "timekeeper";

  /// One or both; max: not by this clock.
  struct alarm {
    caf::actor client;
    steady_point at;
    time_point wall;
  };

  time_source clock = time_source::system();
  duration look{0}, step{0};
  metrics_actor metrics;                   ///< null until the root tells
  std::map<caf::actor_addr, alarm> alarms; ///< by client
  std::set<std::pair<steady_point, caf::actor_addr>> by_steady;
  std::set<std::pair<time_point, caf::actor_addr>> by_wall;
  steady_point look_at{};
  std::optional<duration> offset; ///< the time of day less the steady clock, as of the last look
  uint64_t steps = 0;
  uint64_t generation = 0;
  steady_point armed_for = steady_point::max();
};

timekeeper_actor::behavior_type timekeeper(observed_pointer<timekeeper_actor, timekeeper_state> self, time_source clock,
                                           const scheduler_settings& settings);

} // namespace callboard
