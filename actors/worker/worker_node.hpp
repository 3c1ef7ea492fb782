#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/worker/lease_guard.hpp"
#include "config/host_port.hpp"
#include "config/settings.hpp"
#include "core/placement/resources.hpp"
#include "handlers/registry.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace callboard {

struct worker_node_options {
  std::string name;
  std::vector<host_port> schedulers; ///< tried in turn; at least one
  uint64_t boot_epoch = 0;
  bool local = false;
  std::shared_ptr<const handler_registry> handlers;
  worker_settings settings;
  resource_offer offer; ///< its slots are those of the settings
  /// Signs what the scheduler challenges this node with. Called on the actor's thread; reads files.
  std::function<result<node_proof>(const std::string& text)> prove;
  uint64_t guardian = 0;
  lease_page* page = nullptr; ///< shared with the guardian; null in tests. Outlives the actor.
};

/// A worker process's link to the scheduler: connects out, registers, beats, reconnects for ever with back-off. What
/// it was given stays known until the scheduler acknowledges its end, over any number of connections. When the lease
/// cannot be renewed in time, everything is stopped, because the scheduler may give it to others.
struct worker_node_state {
  worker_node_state() = default;
  static constexpr const char* name = "worker-node";
  using clock = boot_clock;

  struct unacknowledged {
    attempt_ended end;
    clock::time_point told;
  };

  worker_node_options options;
  executor_actor executor;
  worker_link_actor link;
  std::map<uint64_t, held_attempt> held; ///< by fence; until acknowledged
  std::map<uint64_t, unacknowledged> ended;
  std::map<uint64_t, attempt_checkpoint> checkpoints; ///< the latest of what runs, by fence
  clock::time_point renewed;
  duration heartbeat{0}, lease{0};
  uint64_t tick = 0;
  uint32_t failures = 0; ///< attempts to connect since the last success
  bool connecting = false;
  bool registered = false; ///< has joined at least once
  bool lease_lost = false;
  bool lease_watched = false;
  size_t scheduler = 0; ///< the one of `schedulers` that is tried
  bool draining = false;
  bool leaving = false;
  bool stopped_all = false;
  clock::time_point drain_until;
  std::minstd_rand random;
};

local_node_actor::behavior_type worker_node(observed_pointer<local_node_actor, worker_node_state> self,
                                            worker_node_options options);

} // namespace callboard
