#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"
#include "core/job/job_machine.hpp"
#include "core/job/outcome.hpp"

#include <string_view>

namespace callboard {

/// Limits that decide about a job's life; from the settings.
struct life_limits {
  /// Losses with their worker after which a job is failed with WORKER_LOST_LIMIT (the poison limit).
  uint32_t losses_max = 5;
  /// Lines of history kept: the first and the latest; those between are dropped first.
  uint32_t history_entries_max = 64;
  /// Longest checkpoint of a job (jobs.checkpoint_bytes_max).
  uint64_t checkpoint_bytes_max = 64u << 10;
  /// Last lines of an attempt's log that are kept (jobs.log_bytes_max).
  uint64_t log_bytes_max = 64u << 10;
  /// Of the jobs that come without a trace, how many get one of their own (tracing.sample_percent); 0 without exports.
  uint32_t trace_percent = 0;
};

/// What an event did to a job.
struct life_change {
  job_state before;
  job_state after;
  /// True when the change must be written before anyone hears of it: everything except placing, starting and
  /// handing back, which a restart of the scheduler learns again from the workers.
  bool durable;
};

/// A place on a worker for one attempt.
struct placement {
  std::string_view worker;
  fence_token fence;
};

/// The birth of a job: `queued`, or already `scheduled` when its start lies ahead and it waits for no dependency.
/// Precondition: `rec` has its id and its spec, and nothing else.
void create(job_record& rec, time_point now);

/// Its last dependency completed, and its start lies ahead: queued -> scheduled. A restart of the scheduler learns
/// it again from the dependencies, so the change is not durable.
/// Error: invalid_state unless queued with a `schedule_at` after `now`.
result<life_change> arm(job_record& rec, time_point now, const life_limits& l);

/// A slot on a worker is reserved (queued -> scheduled; scheduled and retrying stay).
/// Error: invalid_state in any other state, or when a slot is reserved already.
result<life_change> place(job_record& rec, const placement& p, time_point now, const life_limits& l);

/// The worker confirmed the start. Errors: stale_fence, invalid_state.
result<life_change> start(job_record& rec, fence_token fence, time_point started_at, const life_limits& l);

/// The attempt has saved something for the next one. Durable unless it is what the job has already.
/// Errors: stale_fence, invalid_state unless running, out_of_range (too long).
result<life_change> save_checkpoint(job_record& rec, fence_token fence, const blob& text, const life_limits& l);

/// The attempt ended. A start that was not reported before is implied by the outcome: at its `started_at`, or now
/// where a success, failure, time-out or snooze names none. Only what was cancelled or returned may never have begun.
/// Charging: a failure is charged while `retry_count` < `max_retries` and leads to a retry; the failure after that
/// ends the job, so `retry_count` is the number of retries that were given. A retry comes after the back-off of the
/// job's policy or after the outcome's `retry_after`, whichever is longer. The policy's rule for the failure's code
/// goes before the outcome, and its total time before both (job_failure.hpp).
/// @param seed  for the jitter of a back-off. Errors: stale_fence, invalid_state.
result<life_change> finish(job_record& rec, fence_token fence, const attempt_outcome& o, time_point now, uint64_t seed,
                           const life_limits& l);

/// The worker of the attempt is gone. Counts a loss if the attempt had started; at the limit the job fails.
/// Errors: stale_fence, invalid_state.
result<life_change> lose(job_record& rec, fence_token fence, std::string_view reason, time_point now,
                         const life_limits& l);

/// Someone no longer wants it, or (a code of what it depends on) it would never run. Error: invalid_state when already
/// completed or cancelled.
result<life_change> cancel(job_record& rec, std::string_view code, std::string_view reason, time_point now,
                           const life_limits& l);

/// `deadline` passed before it started: it fails, is cancelled, or goes on without a deadline (`job_spec::on_miss`).
/// Error: invalid_state when running or terminal, or when it has another one now.
result<life_change> miss_deadline(job_record& rec, time_point deadline, time_point now, const life_limits& l);

/// An operator wants a failed job tried again: retrying, due at once, with its retries, its losses and its total time
/// counted anew. Clears a deadline that has passed. Error: invalid_state unless failed.
result<life_change> retry(job_record& rec, time_point now, const life_limits& l);

/// Changes to a job. Absent fields stay as they are.
struct job_patch {
  std::optional<uint8_t> priority;
  std::optional<time_point> schedule_at;
  std::optional<time_point> deadline;
  std::optional<bool> held; ///< hold it, or release it
  std::string reason;       ///< of `held`; may be empty
};

/// Sets the fields. A new `schedule_at` of a retrying job moves its retry there; a queued job that has to wait for it
/// is armed by its owner (`arm`), who knows its dependencies. A hold of what is held already, without another reason,
/// changes nothing and is written nowhere; so is the release of what is not held. Errors: out_of_range (priority),
/// invalid_state unless queued, scheduled or retrying, and without a reserved slot; `held` alone also goes with a slot
/// and while running.
result<life_change> modify(job_record& rec, const job_patch& p, time_point now, const life_limits& l);

/// The job as it is written while an attempt of it runs: before that one began. What is stored counts attempts that
/// have ended, and a restart learns of others from the workers (`adopt`). So its log is left out: its end, or another
/// attempt of the same number, has lines anew. Precondition: running.
/// @param now  when it is due again, if it was retrying; not its start, which is by the worker's clock.
job_record before_attempt(job_record rec, time_point now);

/// An attempt that ran before a restart of the scheduler is still alive on `p.worker` with its old fence.
/// @param started_at  the epoch: it has not started, and the job only has its slot.
/// Errors: invalid_state when terminal; stale_fence when a later attempt has a slot already.
result<life_change> adopt(job_record& rec, const placement& p, uint32_t attempt, time_point started_at, time_point now,
                          const life_limits& l);

} // namespace callboard
