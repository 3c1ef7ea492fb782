#pragma once

#include "core/scheduler/scheduler.hpp"

namespace callboard {

// What people see of the live jobs and of the slots, taken at one moment from the core.

/// What the index and the ledger know of a job, to be laid over what is stored.
live_overlay overlay_of(const scheduler_state& s, const job_entry& e);

/// The live jobs that may belong to the page (newest first), and how far down was looked.
void add_live_jobs(const scheduler_state& s, page_request& page);

/// Queues and numbers of live jobs.
void fill(const scheduler_state& s, status_view& v, const moment& now);

/// What only the ledger knows of the workers: what they run, have taken, and their breakers.
void fill(const scheduler_state& s, std::vector<worker_view>& workers, const moment& now);

/// What waits, for the autoscaler.
queue_load load_of(const scheduler_state& s);

/// Numbers and states for `GET /api/actors/queue-manager`.
actor_facts facts_of(const scheduler& core);

} // namespace callboard
