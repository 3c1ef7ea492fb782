#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <string>
#include <vector>

namespace callboard {

/// Shows the actors of the scheduler and of all nodes. Rates are measured between two looks; it looks only while
/// somebody asks, and the first who asks waits half a second for the second look. Whoever asks again
/// within three seconds is answered at once.
struct inspector_state {
  inspector_state() = default;
  static constexpr const char* name = "inspector";

  struct sample {
    steady_point at = steady_point{} - std::chrono::hours{1}; ///< before any
    std::map<std::string, uint64_t> handled;                  ///< by node and name
  };

  worker_supervisor_actor workers;
  timekeeper_actor timekeeper;
  sample last;
  sample before; ///< half a second older than `last` or more
  std::vector<actors_call> waiting;
};

inspector_actor::behavior_type inspector(observed_pointer<inspector_actor, inspector_state> self,
                                         worker_supervisor_actor workers, timekeeper_actor timekeeper);

} // namespace callboard
