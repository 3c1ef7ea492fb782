#include "core/scheduler/claim_book.hpp"

#include <algorithm>

// What time brings, and what there is to tell.

namespace callboard {

namespace {

/// An end that is not acknowledged after this long is reported again: its write may have failed.
constexpr std::chrono::seconds resend_after{3};
/// Between two checkpoints of one attempt that are told: each costs the scheduler a write.
constexpr std::chrono::seconds checkpoint_pause{1};

} // namespace

void claim_book::on_time(const moment& now) {
  const auto t = now.steady;
  const bool free = slot_is_free();
  for (auto& [fence, e] : entries_) {
    switch (e.at) {
    case phase::waiting:
      if (t < e.since + (free ? rules_.claim_within : rules_.queue_within))
        break;
      neglected_ = neglected_ || free;
      hand_back(e, outcome_kind::returned, {}, now);
      break;
    case phase::running:
      if (t >= e.soft_end) {
        e.soft_end = steady_point::max();
        if (e.stop == stop_reason::none)
          e.stop = stop_reason::soft_timeout;
      }
      if (e.stop == stop_reason::none || e.stop == stop_reason::soft_timeout) {
        if (t >= e.deadline)
          e.stop = stop_reason::timed_out;
        else if (t >= drain_until_)
          e.stop = stop_reason::shutdown;
      }
      stuck_ = stuck_ || (e.deadline != steady_point::max() && t >= must_be_over(e) + rules_.stop_grace);
      if (e.checkpoint_fresh && t >= e.checkpoint_due) {
        e.checkpoint_fresh = false;
        e.checkpoint_due = t + checkpoint_pause;
        report_.checkpoints.push_back({e.order.job, fence, *e.checkpoint});
      }
      break;
    case phase::ended:
      if (t >= e.since + resend_after) {
        e.since = t;
        report_.ended.push_back(e.outcome);
      }
      break;
    }
  }
}

steady_point claim_book::next_due() const {
  auto next = steady_point::max();
  const auto at = [&next](steady_point t) { next = std::min(next, t); };
  const bool free = slot_is_free();
  for (const auto& [fence, e] : entries_) {
    switch (e.at) {
    case phase::waiting:
      at(e.since + (free ? rules_.claim_within : rules_.queue_within));
      break;
    case phase::running: {
      const bool may_go_on = e.stop == stop_reason::none || e.stop == stop_reason::soft_timeout;
      at(e.soft_end);
      if (may_go_on) {
        at(e.deadline);
        at(drain_until_);
      }
      if (!stuck_ && e.deadline != steady_point::max())
        at(must_be_over(e) + rules_.stop_grace);
      if (e.checkpoint_fresh)
        at(e.checkpoint_due);
      break;
    }
    case phase::ended:
      at(e.since + resend_after);
      break;
    }
  }
  return next;
}

worker_report claim_book::take_report() {
  return std::exchange(report_, {});
}

void claim_book::tell_again(const moment& now) {
  report_ = {};
  for (auto& [fence, e] : entries_) {
    if (e.at == phase::ended) {
      e.since = now.steady;
      report_.ended.push_back(e.outcome);
    } else if (e.checkpoint) {
      e.checkpoint_fresh = false;
      e.checkpoint_due = now.steady + checkpoint_pause;
      report_.checkpoints.push_back({e.order.job, fence, *e.checkpoint});
    }
  }
}

work_news claim_book::news() const {
  work_news n;
  n.draining = draining_;
  for (const auto& [fence, e] : entries_)
    if (e.at == phase::running && e.stop != stop_reason::none)
      n.stops.push_back({{e.order.job, fence}, e.stop});
  return n;
}

claim_book::counts claim_book::count() const {
  counts c;
  for (const auto& [fence, e] : entries_)
    ++(e.at == phase::waiting ? c.waiting : e.at == phase::running ? c.running : c.ended);
  return c;
}

std::vector<held_attempt> claim_book::held() const {
  std::vector<held_attempt> out;
  for (const auto& [fence, e] : entries_)
    out.push_back({e.order.job, fence, e.order.number, e.started_at.time_since_epoch().count()});
  return out;
}

} // namespace callboard
