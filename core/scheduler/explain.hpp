#pragma once

#include "core/scheduler/scheduler.hpp"

namespace callboard {

/// Why a live job has not started, or where it runs: every reason that holds now, the first of them first. Nothing when
/// the job is not live. O(workers + waiting jobs / size of a chunk).
std::optional<explanation> explain(const scheduler& core, job_id id, const moment& now);

/// Of a job that is not live, from its record.
explanation explain(const job_record& rec);

} // namespace callboard
