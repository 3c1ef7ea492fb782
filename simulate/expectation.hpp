#pragma once

#include "core/base/time.hpp"
#include "core/placement/limit_rule.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace callboard::simulate {

// What a scenario expects. Everything that is not set is not looked at. Of a text that may be missing an empty one says
// that it is.

/// A moment that is expected, give or take a tolerance.
struct expected_time {
  using window = std::pair<duration, duration>;
  /// Since the beginning, or by the time of day, or between two moments since the beginning.
  std::variant<duration, time_point, window> when;
  std::string text; ///< as it was written
};

/// A moment, or that there is none.
struct expected_maybe {
  std::optional<expected_time> when;
};

struct job_expectation {
  std::string path; ///< `expect.jobs.a`
  std::string job;
  std::optional<std::string> state;       ///< of a job, or `refused`, or `gone`
  std::optional<std::string> error;       ///< a code
  std::optional<std::string> message;     ///< a part of the error's message
  std::optional<std::string> worker;      ///< of the last attempt
  std::optional<std::string> same_as;     ///< the job that its idempotency key named
  std::optional<std::string> cached_from; ///< the job whose result it has
  std::optional<uint64_t> attempts, retry_count, losses, priority;
  std::optional<uint64_t> count;                             ///< jobs of a schedule that the name stands for
  std::optional<expected_time> started_at, finished_at;      ///< the last attempt's start; the job's end
  std::optional<std::vector<expected_time>> starts;          ///< of all attempts that ran
  std::optional<std::vector<std::string>> workers;           ///< on which they ran
  std::optional<nlohmann::json> payload, result, checkpoint; ///< null: there is none
  std::optional<std::vector<std::string>> reasons;           ///< codes that explain has for it, perhaps among others
};

struct schedule_expectation {
  std::string path; ///< `expect.schedules.nightly`
  std::string schedule;
  bool none = false;                  ///< there is no such schedule
  bool stands = false;                ///< something is expected that only a schedule has
  std::optional<std::string> error;   ///< the code that the last step about it was refused with
  std::optional<std::string> trouble; ///< a part of why its last job could not be submitted
  std::optional<uint64_t> version, fired, missed, skipped, unfinished;
  std::optional<bool> paused;
  std::optional<std::vector<expected_time>> fires; ///< the fire times of its jobs
  std::optional<expected_maybe> next, waiting;
};

/// Of a queue, a job type or a concurrency key.
struct limit_expectation {
  std::string path; ///< `expect.queues.mail`
  limit_target target;
  std::optional<std::string> held;  ///< `paused`, `concurrency`, `rate`
  std::optional<std::string> error; ///< the code that the last step about it was refused with
  std::optional<uint64_t> under_way, ready;
  std::optional<uint64_t> waiting, running, retrying, keys; ///< of a queue
  std::optional<bool> inherited;                            ///< of a key
};

/// How many of these jobs (empty: of all) ran at the same time, at most.
struct together_expectation {
  std::string path;
  std::vector<std::string> jobs;
  std::optional<uint64_t> at_most, at_least;
};

/// Jobs that started for the first time in this order.
struct order_expectation {
  std::string path;
  std::vector<std::string> jobs;
};

struct expectation_set {
  std::string path; ///< `expect`, or `steps[3].expect`
  duration tolerance{std::chrono::milliseconds{100}};
  std::vector<job_expectation> jobs;
  std::vector<schedule_expectation> schedules;
  std::vector<limit_expectation> limits;
  std::vector<order_expectation> orders;
  std::vector<together_expectation> together;
  std::map<std::string, uint64_t> counts; ///< jobs by state
};

} // namespace callboard::simulate
