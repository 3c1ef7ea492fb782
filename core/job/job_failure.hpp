#pragma once

#include "core/job/job_life.hpp"

#include <string_view>

namespace callboard {

/// What follows from an attempt that did not succeed: by the rules of the job for the failure's code, by its retries,
/// by the time that all attempts together may take.

/// The first rule that fits the code; null: none does, and the outcome decides.
const failure_rule* rule_for(const retry_policy& p, std::string_view code);

/// The attempt failed, or ran longer than it may (TIMEOUT): the job is tried again, or ends.
/// @param seed  for the jitter of a back-off. Precondition: it is running.
void fail_attempt(job_record& rec, const attempt_outcome& o, time_point now, uint64_t seed, const life_limits& l);

/// The handler asks to be run again later. Where the total time leaves no room for that, the job fails with
/// TOTAL_TIME_OVER. Precondition: it is running.
void snooze_attempt(job_record& rec, const attempt_outcome& o, time_point now, const life_limits& l);

} // namespace callboard
