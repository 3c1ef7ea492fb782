#include "core/job/job_life.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/job/job_failure.hpp"
#include "core/job/job_steps.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

// A slot is given back by an attempt that never began: the job did not move.
void free_slot(job_record& rec) {
  rec.current_fence = fence_token{};
  rec.worker.clear();
}

void begin_attempt(job_record& rec, time_point started_at, std::string_view reason, const life_limits& l) {
  ++rec.attempt;
  rec.started_at = started_at;
  if (rec.spec.retry.total > duration{0} && !rec.first_started_at)
    rec.first_started_at = started_at;
  rec.retry_at.reset();
  rec.progress_percent = 0;
  rec.progress_message.clear();
  step(rec, job_event::start, started_at, reason, l);
}

error wrong_state(const job_record& rec, std::string_view wish, std::string_view allowed) {
  std::string message = to_string(rec.id) + " is " + std::string{to_string(rec.state)};
  if (rec.current_fence && !is_terminal(rec.state) && rec.state != job_state::running)
    message += " and has a slot on worker '" + rec.worker + '\'';
  message.append(": it cannot ").append(wish).append("; allowed: ").append(allowed);
  return error{ec::invalid_state, std::move(message), "status"};
}

std::optional<error> check_fence(const job_record& rec, fence_token fence) {
  if (fence && fence == rec.current_fence)
    return std::nullopt;
  return error{ec::stale_fence, "fence " + std::to_string(fence.value) + " is not the current attempt of " +
                                  to_string(rec.id) + ", which is " +
                                  (rec.current_fence ? std::to_string(rec.current_fence.value) : std::string{"none"})};
}

/// What is longer is not kept: a worker of this version sends none.
void keep_checkpoint(job_record& rec, const attempt_outcome& o, const life_limits& l) {
  if (o.kind == outcome_kind::succeeded)
    rec.checkpoint = blob{};
  else if (o.checkpoint && o.checkpoint->size() <= l.checkpoint_bytes_max)
    rec.checkpoint = *o.checkpoint;
}

// What the attempt has used is added to the job's account.
void keep_usage(job_record& rec, const attempt_outcome& o) {
  const auto add = [](int64_t& sum, int64_t more) {
    sum = more > INT64_MAX - sum ? INT64_MAX : sum + std::max<int64_t>(0, more);
  };
  add(rec.usage.cpu_us, o.usage.cpu_us);
  rec.usage.peak_memory_bytes = std::max(rec.usage.peak_memory_bytes, o.usage.peak_memory_bytes);
  if (o.started_at != time_point{} && o.finished_at > o.started_at) {
    auto ran = rec.ran.count();
    add(ran, (o.finished_at - o.started_at).count());
    rec.ran = duration{ran};
  }
}

// False: it was so already, and nothing changes.
bool set_hold(job_record& rec, bool held, const std::string& reason, time_point now, const life_limits& l) {
  auto& hold = rec.spec.hold;
  const bool was = is_held(rec.spec);
  if (was == held && (!held || reason.empty() || reason == hold->reason))
    return false;
  hold = job_hold{held, was && held ? hold->at : now, reason};
  note(rec, now, in_words(held ? "held" : "released", reason), l);
  return true;
}

// It has no deadline any more: only the first one counts.
void run_late(job_record& rec, time_point now, const life_limits& l) {
  rec.spec.deadline.reset();
  std::string reason = "its deadline passed; it runs late";
  if (rec.spec.on_miss == deadline_action::promote) {
    reason += ", with priority " + std::to_string(priority_max) + " instead of " + std::to_string(rec.spec.priority);
    rec.spec.priority = priority_max;
  }
  note(rec, now, reason, l);
}

} // namespace

void create(job_record& rec, time_point now) {
  CB_INVARIANT(static_cast<bool>(rec.id), "a job has an id before it is created");
  CB_INVARIANT(rec.history.empty(), "a job is created once");
  rec.created_at = now;
  rec.spec.payload_bytes = static_cast<uint32_t>(rec.spec.payload.size());
  std::string reason = rec.spec.dependencies.empty() ? "accepted" : "accepted; waits for its dependencies";
  if (rec.spec.hold) {
    rec.spec.hold->at = now;
    reason += "; held";
  }
  note(rec, now, reason, {});
  if (rec.spec.dependencies.empty() && rec.spec.schedule_at && *rec.spec.schedule_at > now)
    step(rec, job_event::arm, now, "waits for its time", {});
}

result<life_change> arm(job_record& rec, time_point now, const life_limits& l) {
  if (rec.state != job_state::queued || !rec.spec.schedule_at || *rec.spec.schedule_at <= now)
    return wrong_state(rec, "wait for a time", "a queued job with a scheduleAt in the future");
  step(rec, job_event::arm, now, "waits for its time", l);
  return life_change{job_state::queued, rec.state, false};
}

result<life_change> place(job_record& rec, const placement& p, time_point now, const life_limits& l) {
  CB_INVARIANT(static_cast<bool>(p.fence), "a placement has a fence");
  const job_state before = rec.state;
  const bool waits = before == job_state::queued || before == job_state::scheduled || before == job_state::retrying;
  if (!waits || rec.current_fence)
    return wrong_state(rec, "be placed", "queued, scheduled or retrying, without a slot");
  rec.worker = p.worker;
  rec.current_fence = p.fence;
  if (before == job_state::queued)
    step(rec, job_event::arm, now, "a slot is reserved", l);
  return life_change{before, rec.state, false};
}

result<life_change> start(job_record& rec, fence_token fence, time_point started_at, const life_limits& l) {
  if (auto stale = check_fence(rec, fence))
    return *std::move(stale);
  const job_state before = rec.state;
  if (!next(before, job_event::start))
    return wrong_state(rec, "start", "scheduled or retrying");
  begin_attempt(rec, started_at, "started", l);
  return life_change{before, rec.state, false};
}

result<life_change> save_checkpoint(job_record& rec, fence_token fence, const blob& text, const life_limits& l) {
  if (auto stale = check_fence(rec, fence))
    return *std::move(stale);
  if (rec.state != job_state::running)
    return wrong_state(rec, "save a checkpoint", "running");
  if (text.size() > l.checkpoint_bytes_max)
    return error{ec::out_of_range,
                 "a checkpoint of " + std::to_string(text.size()) +
                   " bytes; allowed: " + std::to_string(l.checkpoint_bytes_max) + " (jobs.checkpoint_bytes_max)",
                 "checkpoint"};
  const bool fresh = !(rec.checkpoint == text);
  rec.checkpoint = text;
  return life_change{rec.state, rec.state, fresh};
}

result<life_change> finish(job_record& rec, fence_token fence, const attempt_outcome& o, time_point now, uint64_t seed,
                           const life_limits& l) {
  if (auto stale = check_fence(rec, fence))
    return *std::move(stale);
  const job_state before = rec.state;
  if (before != job_state::running) {
    const bool began = o.started_at != time_point{};
    const bool may_be_unstarted = o.kind == outcome_kind::returned || o.kind == outcome_kind::cancelled;
    if (began || !may_be_unstarted) {
      if (!next(before, job_event::start))
        return wrong_state(rec, "finish an attempt", "scheduled, retrying or running, with a slot");
      begin_attempt(rec, began ? o.started_at : now, "started", l);
    }
  }
  const auto checkpoint_before = rec.checkpoint;
  append(rec.log, rec.attempt, o.log, l.log_bytes_max);
  keep_usage(rec, o);
  keep_checkpoint(rec, o, l);
  switch (o.kind) {
  case outcome_kind::succeeded:
    rec.result = o.result;
    rec.error.reset();
    rec.progress_percent = 100;
    turn_terminal(rec, job_event::succeed, now, "succeeded", l);
    return life_change{before, rec.state, true};
  case outcome_kind::failed_retryable:
  case outcome_kind::timed_out:
  case outcome_kind::failed_final:
    fail_attempt(rec, o, now, seed, l);
    return life_change{before, rec.state, true};
  case outcome_kind::snoozed:
    snooze_attempt(rec, o, now, l);
    return life_change{before, rec.state, true};
  case outcome_kind::cancelled: {
    const std::string_view code = o.code.empty() ? job_error_code::cancelled : std::string_view{o.code};
    rec.error = job_error{std::string{code}, o.message, now};
    turn_terminal(rec, job_event::cancel, now, in_words(code, o.message), l);
    return life_change{before, rec.state, true};
  }
  case outcome_kind::returned:
    if (rec.state == job_state::running)
      turn_retrying(rec, job_event::lose, now, duration{0},
                    o.message.empty() ? "handed back unfinished" : std::string_view{o.message}, l);
    else
      free_slot(rec);
    return life_change{before, rec.state, !(rec.checkpoint == checkpoint_before)};
  }
  CB_INVARIANT(false, "an outcome is of one of the kinds");
  return wrong_state(rec, "finish", "none");
}

result<life_change> lose(job_record& rec, fence_token fence, std::string_view reason, time_point now,
                         const life_limits& l) {
  if (auto stale = check_fence(rec, fence))
    return *std::move(stale);
  const job_state before = rec.state;
  if (before != job_state::running) {
    free_slot(rec);
    return life_change{before, rec.state, false};
  }
  ++rec.loss_count;
  if (planted(bug::checkpoint_lost))
    rec.checkpoint = blob{};
  if (rec.loss_count >= l.losses_max) {
    const std::string message =
      "lost with its worker " + std::to_string(rec.loss_count) + " times; the last time: " + std::string{reason};
    rec.error = job_error{std::string{job_error_code::worker_lost_limit}, message, now};
    turn_terminal(rec, job_event::poison, now, in_words(job_error_code::worker_lost_limit, message), l);
  } else {
    rec.error = job_error{std::string{job_error_code::worker_lost}, std::string{reason}, now};
    turn_retrying(rec, job_event::lose, now, duration{0}, in_words(job_error_code::worker_lost, reason), l);
  }
  return life_change{before, rec.state, true};
}

result<life_change> cancel(job_record& rec, std::string_view code, std::string_view reason, time_point now,
                           const life_limits& l) {
  const job_state before = rec.state;
  if (!next(before, job_event::cancel))
    return wrong_state(rec, "be cancelled", "queued, scheduled, running, retrying or failed");
  rec.error = job_error{std::string{code}, std::string{reason}, now};
  turn_terminal(rec, job_event::cancel, now, in_words(code, reason), l);
  return life_change{before, rec.state, true};
}

result<life_change> miss_deadline(job_record& rec, time_point deadline, time_point now, const life_limits& l) {
  const job_state before = rec.state;
  if (rec.spec.deadline != deadline)
    return error{ec::invalid_state, "the deadline of the job was changed meanwhile", "deadline"};
  if (before != job_state::queued && !next(before, job_event::miss_deadline))
    return wrong_state(rec, "miss its deadline", "queued, scheduled or retrying");
  if (goes_on_late(rec.spec.on_miss)) {
    run_late(rec, now, l);
    return life_change{before, rec.state, true};
  }
  constexpr std::string_view message = "it had not started by its deadline";
  const auto reason = in_words(job_error_code::deadline_missed, message);
  rec.error = job_error{std::string{job_error_code::deadline_missed}, std::string{message}, now};
  if (rec.spec.on_miss == deadline_action::cancel) {
    turn_terminal(rec, job_event::cancel, now, reason, l);
  } else {
    if (before == job_state::queued)
      step(rec, job_event::arm, now, "its deadline passed", l);
    turn_terminal(rec, job_event::miss_deadline, now, reason, l);
  }
  return life_change{before, rec.state, true};
}

result<life_change> retry(job_record& rec, time_point now, const life_limits& l) {
  const job_state before = rec.state;
  if (!next(before, job_event::retry))
    return wrong_state(rec, "be retried", "failed");
  rec.finished_at.reset();
  rec.error.reset();
  rec.result = blob{};
  rec.retry_count = 0;
  rec.loss_count = 0;
  rec.first_started_at.reset();
  if (rec.spec.deadline && *rec.spec.deadline <= now)
    rec.spec.deadline.reset();
  turn_retrying(rec, job_event::retry, now, duration{0}, "retried by request", l);
  return life_change{before, rec.state, true};
}

result<life_change> modify(job_record& rec, const job_patch& p, time_point now, const life_limits& l) {
  const job_state before = rec.state;
  const bool waits = before == job_state::queued || before == job_state::scheduled || before == job_state::retrying;
  const bool only_held = p.held && !p.priority && !p.schedule_at && !p.deadline;
  if (only_held && is_terminal(before))
    return wrong_state(rec, *p.held ? "be held" : "be released", "queued, scheduled, running or retrying");
  if (!only_held && (!waits || rec.current_fence))
    return wrong_state(rec, "be changed", "queued, scheduled or retrying, without a slot");
  if (p.priority && *p.priority > priority_max)
    return error{ec::out_of_range, "priority is " + std::to_string(*p.priority) + "; allowed: 0 to 9", "priority"};
  const bool holds_anew = p.held && set_hold(rec, *p.held, p.reason, now, l);
  if (only_held)
    return life_change{before, rec.state, holds_anew};
  std::string reason = "changed:";
  if (p.priority) {
    reason += " priority " + std::to_string(rec.spec.priority) + " to " + std::to_string(*p.priority);
    rec.spec.priority = *p.priority;
  }
  if (p.schedule_at) {
    reason += " scheduleAt";
    rec.spec.schedule_at = p.schedule_at;
    if (before == job_state::retrying)
      rec.retry_at = p.schedule_at;
  }
  if (p.deadline) {
    reason += " deadline";
    rec.spec.deadline = p.deadline;
  }
  note(rec, now, reason, l);
  return life_change{before, rec.state, true};
}

job_record before_attempt(job_record rec, time_point now) {
  CB_INVARIANT(rec.state == job_state::running && rec.attempt > 0, "an attempt of the job runs");
  auto from = rec.attempt > 1 ? job_state::retrying : job_state::scheduled;
  // The line before that of the start says it, unless it was dropped.
  for (size_t i = rec.history.size(); i-- > 1;)
    if (const auto former = rec.history[i - 1].state;
        rec.history[i].state == job_state::running && former != job_state::running) {
      if (former == job_state::scheduled || former == job_state::retrying)
        from = former;
      break;
    }
  rec.state = from;
  if (from == job_state::retrying)
    rec.retry_at = now;
  // After a restart another attempt may get this number.
  if (rec.log.attempt == rec.attempt)
    rec.log = {};
  if (--rec.attempt == 0)
    rec.started_at.reset();
  return rec;
}

result<life_change> adopt(job_record& rec, const placement& p, uint32_t attempt, time_point started_at, time_point now,
                          const life_limits& l) {
  CB_INVARIANT(static_cast<bool>(p.fence), "a running attempt has a fence");
  const job_state before = rec.state;
  if (is_terminal(before))
    return wrong_state(rec, "be adopted", "queued, scheduled, running or retrying");
  if (p.fence < rec.current_fence)
    return *check_fence(rec, p.fence);
  // What is written counts attempts that have ended: this one is among them, and was lost or told before.
  if (before != job_state::running && attempt <= rec.attempt)
    return error{ec::stale_fence, "attempt " + std::to_string(attempt) + " of " + to_string(rec.id) + " is over"};
  rec.worker = p.worker;
  rec.current_fence = p.fence;
  const bool started = started_at != time_point{};
  const std::string_view why = started ? "found running after a restart of the scheduler" : "a slot is reserved";
  if (before == job_state::queued)
    step(rec, job_event::arm, now, why, l);
  if (rec.state != job_state::running && started) {
    // The worker knows the number better: starts are not written down before a restart.
    rec.attempt = std::max(rec.attempt, attempt > 0 ? attempt - 1 : 0);
    begin_attempt(rec, started_at, why, l);
  }
  return life_change{before, rec.state, false};
}

} // namespace callboard
