#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/worker/slot_pool.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace callboard {

/// Owns the slots, passes orders in and reports out: as many reports as the node can take, each with all that has
/// happened since the last.
struct executor_state {
  executor_state() = default;
  static constexpr const char* name = "executor";
  std::unique_ptr<slot_pool> pool;
  local_node_actor node;
};

executor_actor::behavior_type executor(observed_pointer<executor_actor, executor_state> self, local_node_actor node,
                                       std::shared_ptr<const handler_registry> handlers, uint32_t slots,
                                       worker_settings settings);

} // namespace callboard
