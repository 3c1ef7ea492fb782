#pragma once

#include <map>
#include <string>
#include <vector>

#include "simulate/chronicle.hpp"
#include "simulate/job_names.hpp"
#include "simulate/scheduler_host.hpp"
#include "simulate/unmet_list.hpp"

namespace callboard::simulate {

/// What expectations are compared with: all that has happened until now.
struct run_view {
  const chronicle& story;
  const job_names& names;
  const scheduler_host& host;
  time_point start; ///< the time of day at the beginning
};

std::vector<unmet_expectation> check_expectations(const expectation_set& x, const run_view& run, duration now);

void check_schedule(const schedule_expectation& x, const run_view& run, unmet_list& unmet);
void check_limit(const limit_expectation& x, const run_view& run, unmet_list& unmet);

/// What a job is for its expectations: a state, or `refused`, `gone`, `asked`, `ahead`.
std::string standing_of(const submitted_job& job, const chronicle& story);

/// Jobs by their standing. Submits that named the same job by its key count as one.
std::map<std::string, uint64_t> count_standings(const chronicle& story, const job_names& names);

} // namespace callboard::simulate
