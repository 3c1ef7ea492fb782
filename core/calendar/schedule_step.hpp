#pragma once

#include "core/calendar/schedule_definition.hpp"

#include <functional>

namespace callboard {

/// What is to be done for a schedule now, and where it stands then: one fire time at a time. It becomes true when
/// `after` is written, in one piece with the job.
struct schedule_step {
  schedule_progress after;
  std::optional<time_point> fire; ///< the job of this fire time is to be submitted; none: there is only news
  std::vector<job_id> cancel;     ///< jobs that the new one replaces
};

/// None: nothing is due. @param lives  whether a job of the schedule has not ended.
std::optional<schedule_step> next_step(const schedule_definition& d, const schedule_progress& p, time_point now,
                                       const std::function<bool(job_id)>& lives);

/// When `next_step` is to be asked next, as long as no job of the schedule ends; none: never.
std::optional<time_point> next_due(const schedule_definition& d, const schedule_progress& p);

/// The next fire times, as they will be served: with their jitter.
std::vector<time_point> upcoming_fires(const schedule_definition& d, const schedule_progress& p, size_t count);

/// A job of the schedule is submitted.
void add_job(schedule_progress& p, job_id id);

/// Where a schedule stands that gets this version now. @param former  null: it is new.
schedule_progress progress_of_version(const schedule_definition& d, const schedule_progress* former);

} // namespace callboard
