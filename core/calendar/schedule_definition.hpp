#pragma once

#include "core/calendar/schedule.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A schedule as a client has defined it: when, and which job is submitted each time.
struct schedule_definition {
  std::string name;
  uint32_t version = 0;    ///< 1 for the first; one more with each change; set by the scheduler
  time_point changed_at{}; ///< when this version was accepted; its fire times begin after that; set by the scheduler
  std::string expression;  ///< of a cron schedule, as it came; `rules.when` is made from it
  std::string zone;        ///< name of the time zone of the expression; empty: UTC
  schedule_rules rules;
  /// Latest start of each job, counted from its fire time: the job's deadline.
  std::optional<duration> start_within;
  /// What is submitted. Without idempotency key, dependencies, `schedule_at` and `deadline`: each fire time is a job of
  /// its own. In the payload `${schedule.time}` stands for the fire time, `${schedule.date}` for its date in the zone.
  job_spec job;
  /// Why it does not fire on this machine although it is stored (its time zone is not known here); empty: it does.
  std::string fault;
};
using schedule_ptr = std::shared_ptr<const schedule_definition>;

/// Where a schedule stands: written in the same commit as the job of a fire time, so that each has one job.
struct schedule_progress {
  bool paused = false;
  time_point handled{};                ///< the fire time up to which all is decided
  std::optional<time_point> waiting;   ///< a fire time whose job waits for unfinished ones (overlap_rule::queue)
  std::optional<time_point> last_fire; ///< for which a job was submitted
  job_id last_job;                     ///< submitted last, by a fire time or by hand
  uint64_t fired = 0;                  ///< fire times that had a job
  uint64_t missed = 0;                 ///< that passed unserved (catch_up_rule)
  uint64_t skipped = 0;                ///< left out because jobs were unfinished (overlap_rule)
  std::vector<job_id> unfinished;      ///< jobs that may be, latest first; `schedule_unfinished_max` of them
  friend bool operator==(const schedule_progress&, const schedule_progress&) = default;
};
/// Of the jobs of a schedule that overlap, so many are looked at: the latest.
inline constexpr size_t schedule_unfinished_max = 16;

/// As stored: one line of text.
std::string to_text(const schedule_progress& p);
/// Errors: corrupt_record.
result<schedule_progress> parse_schedule_progress(std::string_view text);

/// The job for a fire time of a schedule, or for a run by hand: with the tag `schedule:NAME`, the deadline, and the
/// placeholders of its payload filled in.
job_spec job_for(const schedule_definition& d, time_point fire, bool by_hand);
/// The tag that all jobs of a schedule have.
std::string schedule_tag(std::string_view name);

/// A schedule as found at start.
struct stored_schedule {
  schedule_definition definition;
  schedule_progress progress;
};

/// A schedule for people.
struct schedule_view {
  schedule_ptr definition;
  schedule_progress progress;
  std::vector<time_point> next; ///< the next fire times, as served (with jitter); none while paused
  uint64_t unfinished = 0;      ///< of `progress.unfinished` those that are
  std::string trouble;          ///< why the last job could not be submitted, which is tried again; empty: it could
};

/// Schedules in the order of their names.
struct schedule_page {
  std::vector<schedule_view> schedules;
  std::optional<std::string> next; ///< the page after this one begins behind that name; none: this was the last
};

/// One earlier version of a schedule.
struct schedule_versions {
  std::vector<schedule_ptr> versions; ///< latest first, the present one included
};

} // namespace callboard
