#pragma once

#include "core/scheduler/scheduler.hpp"

namespace callboard {

// What people see of the live jobs and of the slots, taken at one moment from the core.

/// What the index and the ledger know of a job, to be laid over what is stored.
live_overlay overlay_of(const scheduler_state& s, const job_entry& e);

/// Goes on looking for live jobs that belong to the page (newest first), at no more than `examine_max` of them. True:
/// the page has as many as it may, or there are no more.
bool add_live_jobs(const scheduler_state& s, page_request& page, size_t examine_max);

/// What is known of those of the jobs that are live.
overlay_answer overlays_of(const scheduler_state& s, const std::vector<job_id>& jobs);

/// Queues and numbers of live jobs.
void fill(const scheduler_state& s, status_view& v, const moment& now);

/// What only the ledger knows of the workers: what they run, have taken, and their breakers.
void fill(const scheduler_state& s, std::vector<worker_view>& workers, const moment& now);

/// What the index, the ledger and the schedules say of a moment. Queues get rows: those that have one in `v.queues`
/// already, then those with a rule, then those with jobs, until there are `rows_max` rows; the others are one. So the
/// cost is that of `rows_max` queues, of the workers and of the schedules, however many jobs, queues and keys there
/// are. @return the queues that had no row before.
std::vector<std::string> fill(const scheduler_state& s, metrics_view& v, const moment& now, size_t rows_max);

/// What waits, for the autoscaler.
queue_load load_of(const scheduler_state& s);

/// Numbers and states for `GET /api/actors/queue-manager`.
actor_facts facts_of(const scheduler& core);

} // namespace callboard
