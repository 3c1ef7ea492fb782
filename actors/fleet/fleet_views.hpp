#pragma once

#include "actors/fleet/worker_supervisor.hpp"

#include <functional>
#include <vector>

namespace callboard {

// What the worker supervisor can tell about the fleet. In its context only.

/// Collects the views of all workers, joined or not, by name, and hands them to `next`.
void collect_workers(worker_supervisor_pointer self, std::function<void(std::vector<worker_view>)> next);

using actors_promise = caf::typed_response_promise<std::vector<actor_view>>;
/// What the nodes' last heartbeats told of their actors.
actors_promise actors_of_nodes(worker_supervisor_pointer self);

/// The supervisor's inside.
actor_facts facts_of(const worker_supervisor_state& st);

} // namespace callboard
