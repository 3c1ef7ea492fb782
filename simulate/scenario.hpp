#pragma once

#include "config/settings.hpp"
#include "core/base/blob.hpp"
#include "core/base/time.hpp"
#include "core/placement/limit_rule.hpp"
#include "core/placement/resources.hpp"
#include "core/scheduler/calls.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "simulate/expectation.hpp"

namespace callboard::simulate {

// A scenario as it was read: names exist, numbers are within their ranges. docs/simulate.md has the format.

/// How a scripted attempt ends.
enum class ending : uint8_t {
  success,
  failure,   ///< may be tried again
  fatal,     ///< trying again cannot help
  snooze,    ///< asks to be run again later
  crash,     ///< its worker's process ends with it
  hand_back, ///< is handed back unfinished
  time_out,  ///< as timed out; only at the soft timeout
};

/// How it ends, and with what.
struct ending_script {
  ending how = ending::success;
  std::string code, message;
  blob result;
  duration snooze{0};
  duration retry_after{0};
  blob checkpoint; ///< what it saves; empty: nothing
};

struct attempt_script : ending_script {
  duration takes{0}; ///< longer than the job's timeout: it is stopped then, as timed out
  duration saves_after{0};
  std::optional<ending_script> at_soft_timeout = {}; ///< none: it goes on
};

/// What the attempts of a job of some type do: the first, the second, ...; the last one stands for all that follow.
using type_script = std::vector<attempt_script>;

struct worker_script {
  std::string name;
  resource_offer offer; ///< with its slots
  std::vector<std::string> types;
  std::map<std::string, std::string> versions; ///< of types that have one
  std::map<std::string, duration> cache_for;   ///< of types that are pure
  std::optional<duration> joins = duration{0}; ///< none: only when a step says so
  std::optional<duration> restarts;            ///< after a crash it comes back by itself
};

/// A job to submit.
struct job_script {
  std::string name;
  /// As REST takes it, but for names among the dependencies, and times from now on.
  nlohmann::json body;
};

// -- steps

struct submit_step {
  job_script job;
};
struct batch_step {
  bool atomic = false;
  std::vector<job_script> jobs;
};
struct workflow_step {
  std::string name;
  nlohmann::json body; ///< as POST takes it, but for times from now on; its keys are those of the jobs
};
struct cancel_step {
  std::string job, reason;
};
struct retry_step {
  std::string job;
};
/// No attempt of the job is begun, or they are again.
struct hold_step {
  std::string job;
  bool held = true;
  std::string reason;
};
struct change_step {
  std::string job;
  nlohmann::json body; ///< as PATCH takes it, but for times from now on
};
/// A schedule is put: defined, or given a new version.
struct schedule_put_step {
  std::string name;
  nlohmann::json body; ///< as POST takes it, but for times from now on, and units
};
struct schedule_change_step {
  std::string schedule;
  schedule_change_call::action what = schedule_change_call::action::pause;
};
/// A job of a schedule now.
struct schedule_run_step {
  std::string schedule;
  std::string job; ///< its name
};
struct limit_step {
  limit_target target;
  nlohmann::json rule; ///< as PUT takes it, but for units
};
/// Nothing of a queue, a type or a key starts, or it does again.
struct pause_step {
  limit_target target;
  bool paused = true;
};
struct worker_step {
  enum class action : uint8_t {
    join,
    crash, ///< the process is gone, with all that it runs
    cut,   ///< its connection; it goes on
    drain, ///< no new jobs; it leaves when those that it has are over, or handed back after the grace
  };
  std::string worker;
  action what = action::join;
  std::optional<duration> grace;
};
/// The wall clock is set.
struct clock_set_step {
  std::variant<duration, time_point> to; ///< by so much, or to that
};
struct store_step {
  bool works = true;
};
struct scheduler_step {
  bool stop = false, start = false;
};
struct expect_step {
  expectation_set what;
};

struct scenario_step {
  duration at{0};
  std::string path; ///< `steps[3]`
  std::variant<submit_step, batch_step, workflow_step, cancel_step, retry_step, hold_step, change_step,
               schedule_put_step, schedule_change_step, schedule_run_step, limit_step, pause_step, worker_step,
               clock_set_step, store_step, scheduler_step, expect_step>
    what;
};

struct scenario {
  std::string name;
  std::string description;
  time_point start;
  uint64_t seed = 1;
  duration commit{std::chrono::milliseconds{1}}; ///< what a write to the disk takes
  settings config;
  std::map<std::string, type_script, std::less<>> types;
  std::vector<worker_script> workers;
  std::vector<scenario_step> steps; ///< by time
  /// By the names of their submits: the jobs that were meant, `part#1` to `part#9` of `part`, `night.load` of the
  /// workflow `night`.
  std::map<std::string, std::vector<std::string>, std::less<>> jobs;
  std::optional<duration> until; ///< none: until nothing happens any more
  expectation_set expected;      ///< at the end
};

} // namespace callboard::simulate
