#include "core/scheduler/claim_book.hpp"

#include "core/base/ids.hpp"
#include "core/base/planted_bug.hpp"
#include "core/job/job.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

namespace callboard {

namespace {

/// Outcomes that are on disk and may still be asked for again: of each worker so many.
constexpr size_t settled_max = 1024;

/// What tells two outcomes apart; never 0.
size_t digest_of(const attempt_ended& x) {
  std::string all{static_cast<char>(x.kind)};
  for (const auto* part : {&x.code, &x.message, &x.result}) {
    all += *part;
    all += '\0';
  }
  all += std::to_string(x.snooze_us) + ' ' + std::to_string(x.retry_after_us);
  return std::hash<std::string_view>{}(all) | 1u;
}

error stale(const attempt_ref& a) {
  return {ec::stale_fence,
          "attempt " + std::to_string(a.fence) + " of " + to_string(job_id{a.job}) +
            " is not with this worker (any more): another one may run it, so its outcome does not count",
          "fence"};
}

error ended_otherwise(const attempt_ref& a) {
  return {ec::invalid_state,
          "attempt " + std::to_string(a.fence) + " of " + to_string(job_id{a.job}) +
            " has ended with another outcome, which counts",
          "fence"};
}

/// An attempt that its worker gives back: what it counts as depends on why it was asked to stop.
void name_release(attempt_ended& x, stop_reason why, uint64_t preempted_by) {
  const auto is = [&](outcome_kind kind, std::string_view code, std::string message) {
    x.kind = static_cast<uint8_t>(kind);
    x.code = code;
    if (x.message.empty())
      x.message = std::move(message);
  };
  switch (why) {
  case stop_reason::cancelled:
    return is(outcome_kind::cancelled, job_error_code::cancelled, "cancelled while it ran");
  case stop_reason::timed_out:
    return is(outcome_kind::timed_out, job_error_code::timeout, "ran longer than its timeout");
  case stop_reason::soft_timeout:
    return is(outcome_kind::timed_out, job_error_code::timeout, "stopped at its soft timeout");
  case stop_reason::preempted:
    return is(outcome_kind::returned, {}, "preempted for " + to_string(job_id{preempted_by}));
  case stop_reason::none:
  case stop_reason::shutdown:
    return is(outcome_kind::returned, {}, "handed back unfinished");
  }
}

} // namespace

claim_book::claim_book(const claim_rules& rules, const sign_up_request& brought, const moment& now)
  : rules_(rules), number_(brought.number) {
  const auto& held = brought.registration.held;
  for (size_t i = 0; i < held.size(); ++i) {
    auto& e = entries_[held[i].fence];
    e.order.job = held[i].job;
    e.order.fence = held[i].fence;
    e.order.number = held[i].number;
    e.at = phase::running;
    e.started_at = std::min(now.wall, time_point{duration{held[i].started_at_us}});
    e.since = now.steady - (now.wall - e.started_at);
    e.deadline = now.steady + (i < brought.left.size() ? brought.left[i] : duration{0});
  }
}

bool claim_book::is_older(const sign_up_request& r) const {
  return r.number != 0 && r.number <= number_ && !planted(bug::overtaken_registration_counts);
}

// -- the scheduler ---------------------------------------------------------------------------------------------------

void claim_book::run(std::vector<attempt_order> orders, const moment& now) {
  for (auto& o : orders) {
    auto& e = entries_[o.fence];
    e.order = std::move(o);
    e.since = now.steady;
    if (draining_ || stuck_)
      hand_back(e, outcome_kind::returned, {}, now);
  }
}

void claim_book::cancel(const attempt_ref& a, const moment& now) {
  const auto i = entries_.find(a.fence);
  if (i == entries_.end())
    return;
  if (i->second.at == phase::waiting)
    hand_back(i->second, outcome_kind::cancelled, {}, now);
  else
    i->second.stop = stop_reason::cancelled;
}

void claim_book::preempt(const preempted_attempt& a, const moment& now) {
  const auto i = entries_.find(a.fence);
  if (i == entries_.end())
    return;
  auto& e = i->second;
  if (e.at == phase::waiting)
    return hand_back(e, outcome_kind::returned, "preempted for " + to_string(job_id{a.by}), now);
  if (a.if_waiting || (e.stop != stop_reason::none && e.stop != stop_reason::soft_timeout))
    return;
  e.stop = stop_reason::preempted;
  e.preempted_by = a.by;
}

void claim_book::acknowledge(const attempt_ref& a) {
  const auto i = entries_.find(a.fence);
  if (i == entries_.end())
    return;
  if (i->second.digest != 0)
    settled_.push_back({a.fence, i->second.digest});
  if (settled_.size() > settled_max)
    settled_.pop_front();
  entries_.erase(i);
}

void claim_book::drain(duration grace, const moment& now) {
  draining_ = true;
  drain_until_ = now.steady + std::max(grace, duration{0});
  for (auto& [fence, e] : entries_)
    if (e.at == phase::waiting)
      hand_back(e, outcome_kind::returned, {}, now);
}

// -- the worker ------------------------------------------------------------------------------------------------------

result<std::vector<claimed_attempt>> claim_book::claim(uint64_t number, uint32_t max, const moment& now) {
  std::vector<claimed_attempt> out;
  if (number < claim_number_)
    return error{ec::invalid_state,
                 "claim " + std::to_string(number) + " came after claim " + std::to_string(claim_number_) +
                   "; number claims in their order, and send a claim whose answer got lost again as it was",
                 "claim"};
  neglected_ = false;
  if (is_closed(number))
    return out;
  if (number == claim_number_ && !claimed_.empty() && !planted(bug::claim_begins_twice)) {
    // Its answer got lost: nothing new begins.
    for (const auto fence : claimed_)
      if (const auto i = entries_.find(fence); i != entries_.end() && i->second.at == phase::running)
        out.push_back({i->second.order, i->second.started_at});
    return out;
  }
  if (number > claim_number_) {
    for (const auto fence : std::exchange(claimed_, {}))
      if (const auto i = entries_.find(fence); i != entries_.end())
        i->second.order.payload = i->second.order.checkpoint = {};
    claim_number_ = number;
    claim_closed_ = false;
  }
  auto running = count().running;
  for (auto& [fence, e] : entries_) {
    if (draining_ || stuck_ || out.size() >= max || running >= rules_.slots)
      break;
    if (e.at != phase::waiting)
      continue;
    ++running;
    e.at = phase::running;
    e.since = now.steady;
    e.started_at = now.wall;
    e.deadline = now.steady + duration{e.order.timeout_us};
    if (e.order.soft_timeout_us > 0)
      e.soft_end = now.steady + duration{e.order.soft_timeout_us};
    report_.started.push_back({e.order.job, fence, now.wall.time_since_epoch().count()});
    claimed_.push_back(fence);
    out.push_back({e.order, e.started_at});
  }
  return out;
}

void claim_book::close_claim(uint64_t number) {
  claim_closed_ = claim_closed_ || (number == claim_number_ && claimed_.empty());
}

result<claim_book::told> claim_book::end(attempt_ended x, const moment& now) {
  const attempt_ref a{x.job, x.fence};
  const auto digest = digest_of(x);
  const auto i = entries_.find(x.fence);
  if (i == entries_.end()) {
    const auto s =
      std::find_if(settled_.rbegin(), settled_.rend(), [&](const auto& one) { return one.fence == x.fence; });
    if (s == settled_.rend())
      return stale(a);
    return s->digest == digest ? result<told>{told::settled} : result<told>{ended_otherwise(a)};
  }
  auto& e = i->second;
  if (e.at == phase::ended && e.order.job == x.job && e.digest != 0)
    return e.digest == digest ? result<told>{told::before} : result<told>{ended_otherwise(a)};
  if (auto there = running(a); !there)
    return std::move(there).err();
  if (x.kind == static_cast<uint8_t>(outcome_kind::returned))
    name_release(x, e.stop, e.preempted_by);
  e.digest = digest;
  finish(e, std::move(x), now);
  if (planted(bug::end_answered_early))
    return told::settled;
  return told::anew;
}

std::optional<error> claim_book::note(progress_request x, const moment& now) {
  auto there = running(x.attempt);
  if (!there)
    return std::move(there).err();
  auto& e = **there;
  // Of a request that was overtaken on its way only the lines count, which have numbers of their own.
  const bool late = x.number != 0 && x.number <= e.noted && !planted(bug::overtaken_progress_counts);
  e.noted = std::max(e.noted, x.number);
  if (x.percent && !late)
    report_.progress.push_back({x.attempt.job, x.attempt.fence, *x.percent, std::move(x.message)});
  if (!x.lines.empty()) {
    const auto before = e.log.end();
    keep_lines(e, {x.log_first.value_or(before), std::move(x.lines)});
    if (auto fresh = lines_from(e.log, std::max(before, e.log.first)); !fresh.lines.empty())
      report_.logs.push_back({x.attempt.job, x.attempt.fence, fresh.first, std::move(fresh.lines)});
  }
  if (x.checkpoint && !late) {
    e.checkpoint = std::move(*x.checkpoint);
    e.checkpoint_fresh = true;
    on_time(now);
  }
  return std::nullopt;
}

void claim_book::release_all(const moment& now) {
  draining_ = leaving_ = true;
  for (auto& [fence, e] : entries_) {
    if (e.at == phase::waiting)
      hand_back(e, outcome_kind::returned, {}, now);
    if (e.at != phase::running)
      continue;
    attempt_ended x;
    x.job = e.order.job;
    x.fence = fence;
    name_release(x, e.stop, e.preempted_by);
    finish(e, std::move(x), now);
  }
}

void claim_book::give_up(const moment& now) {
  for (auto& [fence, e] : entries_) {
    if (e.at != phase::running || now.steady < must_be_over(e) + rules_.stop_grace)
      continue;
    attempt_ended x;
    x.job = e.order.job;
    x.fence = fence;
    name_release(x, stop_reason::timed_out, 0);
    x.message = "ran longer than its timeout, and did not stop until its worker was given up";
    finish(e, std::move(x), now);
  }
}

// -- time ------------------------------------------------------------------------------------------------------------

steady_point claim_book::must_be_over(const entry& e) const {
  return e.deadline == steady_point::max() ? e.deadline : e.deadline + rules_.kill_grace;
}

bool claim_book::slot_is_free() const {
  return count().running < rules_.slots;
}

// -- what it is made of ----------------------------------------------------------------------------------------------

result<claim_book::entry*> claim_book::running(const attempt_ref& a) {
  const auto i = entries_.find(a.fence);
  if (i == entries_.end() || i->second.order.job != a.job || i->second.at == phase::ended)
    return stale(a);
  if (i->second.at == phase::waiting)
    return error{ec::invalid_state, "this attempt was not claimed", "fence"};
  return &i->second;
}

void claim_book::finish(entry& e, attempt_ended x, const moment& now) {
  if (e.at == phase::running) {
    // Its end is told by how long it ran, so that a step of the wall clock makes no attempt longer or shorter.
    x.started_at_us = e.started_at.time_since_epoch().count();
    x.finished_at_us = (e.started_at + (now.steady - e.since)).time_since_epoch().count();
  }
  x.log_first = e.log.first;
  x.log = std::exchange(e.log, {}).lines;
  if (e.checkpoint) {
    x.saved = true;
    x.checkpoint = std::move(*std::exchange(e.checkpoint, std::nullopt));
  }
  e.checkpoint_fresh = false;
  e.order.payload = e.order.checkpoint = {};
  e.at = phase::ended;
  e.since = now.steady;
  report_.ended.push_back(x);
  e.outcome = std::move(x);
}

void claim_book::hand_back(entry& e, outcome_kind kind, std::string message, const moment& now) {
  attempt_ended x;
  x.job = e.order.job;
  x.fence = e.order.fence;
  x.kind = static_cast<uint8_t>(kind);
  x.message = std::move(message);
  finish(e, std::move(x), now);
}

void claim_book::keep_lines(entry& e, log_lines more) {
  // What was told before is left out; after a gap only what comes behind it is kept.
  const auto known = e.log.end();
  if (more.first > known)
    e.log = std::move(more);
  else if (more.end() > known)
    std::move(more.lines.begin() + static_cast<std::ptrdiff_t>(known - more.first), more.lines.end(),
              std::back_inserter(e.log.lines));
  if (e.log.lines.size() > rules_.log_lines_max)
    e.log = lines_from(e.log, e.log.end() - rules_.log_lines_max);
}

} // namespace callboard
