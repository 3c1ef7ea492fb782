#pragma once

#include "actors/worker/worker_node.hpp"

namespace callboard {

// What a worker node tells about itself. In its context only.

/// For the scheduler that it joins: what it is, can and holds.
worker_registration registration_of(const worker_node_state& st);
/// For a heartbeat.
node_load load_of(const worker_node_state& st);
/// The node's inside.
actor_facts facts_of(const worker_node_state& st);

} // namespace callboard
