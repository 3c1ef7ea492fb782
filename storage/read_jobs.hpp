#pragma once

#include "core/scheduler/calls.hpp"
#include "storage/store.hpp"

#include <vector>

namespace callboard {

/// What the scheduler asks of a store while it decides: jobs by id, and those that have these idempotency keys.
read_answer read_jobs(const store& db, const read_request& r);

/// Appends what the index needs of the live jobs with an id of `from` and above, in id order, at most `max`.
/// True: there are more. Errors: as the store's; corrupt_record names the job.
result<bool> read_live(const store& db, job_id from, size_t max, std::vector<recovered_job>& out);

/// The ends of jobs that conditional ones may wait for, from a store's facts with `ended_job_prefix`. One that cannot
/// be read is left out: who waits for it runs.
std::vector<prerequisite_end> read_ends(const std::vector<std::pair<std::string, std::string>>& facts);

} // namespace callboard
