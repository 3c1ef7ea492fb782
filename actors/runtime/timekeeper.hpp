#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>

namespace callboard {

/// One heap of wake-ups. CAF cannot cancel a delayed message and pins its receiver until it is due, so there is one
/// message under way at most times, and late ones are told by their generation.
struct timekeeper_state {
  timekeeper_state() = default;
  static constexpr const char* name = "timekeeper";

  time_source clock = time_source::system();
  std::set<std::pair<time_point, caf::actor_addr>> due;
  std::map<caf::actor_addr, time_point> by_client;
  std::map<caf::actor_addr, caf::actor> handles;
  uint64_t generation = 0;
  time_point armed_for = time_point::max();
};

timekeeper_actor::behavior_type timekeeper(observed_pointer<timekeeper_actor, timekeeper_state> self,
                                           time_source clock);

} // namespace callboard
