#pragma once

#include "core/job/job.hpp"

namespace callboard {

/// Sets when a job with the conflict `debounce` starts: when no other one has come for its `quiet`, and no later than
/// its `quiet_max` after the first of its chain was accepted. A chain is made of jobs with this conflict, each of which
/// has replaced the one before. May be called again for the same job.
/// @param former  the job that it replaces; null: none.
void put_off(job_spec& s, const job_record* former, time_point now);

} // namespace callboard
