#pragma once

#include "core/base/blob.hpp"
#include "core/base/boxed.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/job/dependency.hpp"
#include "core/job/fan_out.hpp"
#include "core/job/job_log.hpp"
#include "core/job/retry_policy.hpp"
#include "core/job/trace_context.hpp"
#include "core/job/unique_rule.hpp"
#include "core/placement/resources.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The states of a job; the edges between them are in job_machine.hpp. Values are stored: never renumber.
enum class job_state : uint8_t {
  queued = 0,
  scheduled = 1,
  running = 2,
  retrying = 3,
  completed = 4,
  failed = 5,
  cancelled = 6,
};
inline constexpr size_t job_state_count = 7;

std::string_view to_string(job_state s);
std::optional<job_state> parse_job_state(std::string_view text);

/// True for states in which nothing is left to do without an operator: completed, failed, cancelled.
constexpr bool is_terminal(job_state s) noexcept {
  return s >= job_state::completed;
}

/// How safe a job is before its submit is answered (P1). Values are stored: never renumber.
enum class durability : uint8_t {
  fsync = 0,  ///< on disk: survives kill -9 and power loss
  os = 1,     ///< with the operating system: survives kill -9
  memory = 2, ///< survives neither
};

std::string_view to_string(durability d);
std::optional<durability> parse_durability(std::string_view text);

inline constexpr uint8_t priority_min = 0;
inline constexpr uint8_t priority_max = 9;
inline constexpr uint8_t priority_default = 5;
inline constexpr size_t priority_count = 10;

/// The schedule that a job was submitted by; set by the scheduler.
struct schedule_origin {
  std::string name;
  uint32_t version = 0;
  time_point fire{};    ///< the fire time; of a run by hand when that was asked for
  bool by_hand = false; ///< `run now`
  friend bool operator==(const schedule_origin&, const schedule_origin&) = default;
};

/// The workflow of which a job is a part; set by whoever submits the workflow.
struct workflow_part {
  std::string id;
  std::string name;
  std::string key;    ///< of the job in its workflow
  bool first = false; ///< the workflow is found in lists by this job
  friend bool operator==(const workflow_part&, const workflow_part&) = default;
};

/// The template that a job, or its workflow, was made from; set by whoever fills it in.
struct template_origin {
  std::string name;
  uint32_t version = 0;
  friend bool operator==(const template_origin&, const template_origin&) = default;
};

/// What becomes of a job that has not started by its deadline. Values are stored: never renumber.
enum class deadline_action : uint8_t {
  fail = 0,       ///< it fails with DEADLINE_MISSED
  cancel = 1,     ///< it is cancelled with DEADLINE_MISSED
  run_anyway = 2, ///< it runs late
  promote = 3,    ///< it runs late, with the highest priority
};

/// A job that misses its deadline goes on.
constexpr bool goes_on_late(deadline_action a) noexcept {
  return a == deadline_action::run_anyway || a == deadline_action::promote;
}

std::string_view to_string(deadline_action a);
std::optional<deadline_action> parse_deadline_action(std::string_view text);

/// That somebody holds the job, or has released it: the latest of the two.
struct job_hold {
  bool held = true; ///< no attempt of it is begun
  time_point at{};  ///< since when
  std::string reason;
  friend bool operator==(const job_hold&, const job_hold&) = default;
};

/// What a client asks for; fixed at submit except for priority, deadline, schedule_at and hold (PATCH). Jobs are moved
/// often, and most have none of what is `boxed`.
struct job_spec {
  std::string type;
  std::string queue = "default";
  std::vector<std::string> tags;
  uint8_t priority = priority_default;
  /// Earliest start; nothing means at once.
  std::optional<time_point> schedule_at;
  /// Latest start.
  std::optional<time_point> deadline;
  deadline_action on_miss = deadline_action::fail;
  /// Wanted end. What it means for the latest start is in `deadline`.
  std::optional<time_point> finish_by;
  /// Longest run of one attempt.
  duration timeout = std::chrono::seconds{300};
  /// An attempt that runs this long is told to come to its end; nothing: it is not told.
  std::optional<duration> soft_timeout;
  uint32_t max_retries = 3;
  callboard::retry_policy retry;
  /// What its worker must have; a worker gives it to no other job while it runs.
  resource_request resources;
  std::vector<dependency> dependencies;
  dependency_rule rule = dependency_rule::all;
  std::string idempotency_key;
  boxed<unique_rule> unique;
  /// Jobs of one queue with the same key share its limits per key, and have their turn beside others; empty: none.
  std::string concurrency_key;
  /// It may take the slot of an attempt of lower priority, where its queue allows that.
  bool preempts = false;
  /// An attempt that has run this long may be stopped for a more urgent job; nothing: never.
  std::optional<duration> preemptible_after;
  /// Nothing: it was never held. It ends with the job, unless that failed: what is tried again is still held.
  boxed<job_hold> hold;
  durability level = durability::fsync;
  /// The payload as the JSON text that came in.
  blob payload;
  uint32_t payload_bytes = 0; ///< its size, which is known also where the payload is not at hand
  boxed<schedule_origin> origin;
  boxed<workflow_part> workflow;
  /// Only of a job with a `workflow`.
  boxed<fan_out> for_each;
  boxed<template_origin> from_template;
  /// Nothing: none came. Of the elements of a fan-out as well.
  boxed<trace_context> trace;
};

inline bool is_held(const job_spec& s) noexcept {
  return s.hold && s.hold->held;
}

/// Why the last attempt, or the job, did not succeed.
struct job_error {
  std::string code;
  std::string message;
  time_point at;
  friend bool operator==(const job_error&, const job_error&) = default;
};

/// One line of a job's audit trail.
struct history_entry {
  job_state state = job_state::queued;
  time_point at;
  uint32_t attempt = 0;
  std::string worker; ///< name of the worker, or empty
  std::string reason; ///< why, in words for people; may be empty
  friend bool operator==(const history_entry&, const history_entry&) = default;
};

/// A job: what was asked, where it stands, and how it came there.
struct job_record {
  job_id id;
  job_spec spec;
  job_state state = job_state::queued;
  time_point created_at;
  /// Start of the latest attempt.
  std::optional<time_point> started_at;
  /// Start of the first attempt, or the first since an operator's retry; only of a job with `retry_policy::total`.
  std::optional<time_point> first_started_at;
  /// When the job turned terminal.
  std::optional<time_point> finished_at;
  /// When a retrying job is due again.
  std::optional<time_point> retry_at;
  /// Attempts that failed and were charged.
  uint32_t retry_count = 0;
  /// Attempts lost with their worker; they have their own limit and are not failures.
  uint32_t loss_count = 0;
  /// Attempts begun, of any ending.
  uint32_t attempt = 0;
  /// The current attempt's fence; none while no attempt is placed.
  fence_token current_fence;
  std::string worker;
  std::optional<job_error> error;
  /// JSON text.
  blob result;
  /// The result is that of this job, which had the same type, version and payload: no attempt of this one ran.
  std::optional<job_id> cached_from;
  /// Of a completed job whose result others may have: the name under which it is found. Empty: none may.
  std::string cache_key;
  /// What an attempt has saved for the next one: UTF-8 text; empty: nothing. Kept until the job completes.
  blob checkpoint;
  /// Over all attempts: CPU time summed up, the largest memory.
  attempt_usage usage;
  /// Run time of all attempts together.
  duration ran{0};
  /// 0..100 and a word from the handler; live only, never stored.
  uint8_t progress_percent = 0;
  std::string progress_message;
  /// Of the latest attempt that has any. Those of an attempt that runs are live: written down with the next change.
  job_log log;
  std::vector<history_entry> history;
};

/// Stable codes of `job_error::code` which the scheduler itself gives. Handlers add their own (docs/handlers.md).
namespace job_error_code {
inline constexpr std::string_view timeout = "TIMEOUT";
/// More memory than the job asked for; from handlers, known to the retry policy (memory_growth_percent).
inline constexpr std::string_view out_of_memory = "OUT_OF_MEMORY";
inline constexpr std::string_view worker_lost_limit = "WORKER_LOST_LIMIT";
inline constexpr std::string_view worker_lost = "WORKER_LOST";
inline constexpr std::string_view deadline_missed = "DEADLINE_MISSED";
/// It asked to be run again later, when no attempt may begin any more (retry_policy::total).
inline constexpr std::string_view total_time_over = "TOTAL_TIME_OVER";
/// A job that it waited for failed.
inline constexpr std::string_view upstream_failed = "UPSTREAM_FAILED";
/// A job that it waited for was cancelled.
inline constexpr std::string_view upstream_cancelled = "UPSTREAM_CANCELLED";
/// It is not needed: what it waited for cannot come about any more, and nothing failed.
inline constexpr std::string_view skipped = "SKIPPED";
/// The payload stands for a result of another job (`${jobs.KEY.result}`) that is not there.
inline constexpr std::string_view missing_result = "MISSING_RESULT";
/// The array of a `forEach` has more elements than it may have.
inline constexpr std::string_view fan_out_too_large = "FAN_OUT_TOO_LARGE";
/// The results of the elements are together larger than a result may be.
inline constexpr std::string_view result_too_large = "RESULT_TOO_LARGE";
inline constexpr std::string_view cancelled = "CANCELLED";
/// Its queue was full, and it was the least urgent job there.
inline constexpr std::string_view shed = "SHED";
/// A job with the same unique key has taken its place.
inline constexpr std::string_view replaced = "REPLACED";
inline constexpr std::string_view handler_exception = "HANDLER_EXCEPTION";
} // namespace job_error_code

} // namespace callboard
