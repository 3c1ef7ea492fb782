#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <vector>

namespace callboard {

struct worker_proxy_options {
  worker_id id;
  worker_registration registration;
  worker_node_actor node;
  queue_manager_actor manager;
  timekeeper_actor timekeeper;
  cluster_settings cluster;
  time_source clock = time_source::system();
  uint32_t restarts = 0; ///< of the local process, for the view
  /// Ends with it, so that the node joins again at the next one: nobody else knows this actor. None in some tests.
  worker_supervisor_actor supervisor;
};

/// The scheduler's side of one worker node. It batches what goes to the node (one network message per turn, never one
/// per job), renews the lease with every heartbeat, and declares the node lost when the lease runs out.
struct worker_proxy_state {
  worker_proxy_state() = default;
  static constexpr const char* name = "worker_proxy";

  worker_proxy_options options;
  worker_view view;
  node_orders orders; ///< collected until the mailbox is empty
  bool flush_pending = false;
  steady_point renewed_at;
  bool connected = true;
  bool unclaimed = false;              ///< a worker over HTTP that does not claim what it is given
  bool over = false;                   ///< gone: told the queue manager
  std::vector<node_actor> node_actors; ///< as of the last heartbeat
};

/// Applies an event to a view's state by the edges of worker_machine; an idle worker that is lost goes by way of
/// `stopping`. False when there is no such edge.
bool step(worker_view& v, worker_event e);

worker_proxy_actor::behavior_type worker_proxy(observed_pointer<worker_proxy_actor, worker_proxy_state> self,
                                               worker_proxy_options options);

} // namespace callboard
