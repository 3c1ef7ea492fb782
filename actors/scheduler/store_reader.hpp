#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/scheduler/list_page.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <functional>
#include <memory>

namespace callboard {

/// Reads the store for others. Lives as long as the queue manager that spawned it: the store must be closed before a
/// restarted store keeper can open it.
struct store_reader_state {
  store_reader_state() = default;
  static constexpr const char* name = "store-reader";
  std::shared_ptr<const store> db;
  queue_manager_actor owner;
  std::deque<std::function<void()>> slices; ///< of what is looked for, in turn
};

store_reader_actor::behavior_type store_reader(observed_pointer<store_reader_actor, store_reader_state> self,
                                               std::shared_ptr<const store> db, queue_manager_actor owner);

} // namespace callboard
