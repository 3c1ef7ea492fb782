#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/cache_checks.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/node.hpp"

#include <utility>

// What a node does with the attempts that it is given.

namespace callboard::sim {

using namespace std::chrono_literals;

/// It ends unfinished, and is told as handed back.
void node::stop_attempt(held& h) {
  if (h.started != time_point{})
    history_.attempts[h.run].ended = w_.now();
  h.alive.end();
  attempt_outcome o;
  o.kind = outcome_kind::returned;
  o.started_at = h.started;
  o.finished_at = h.started + (clock().steady() - h.begun);
  if (h.saves > 0)
    o.checkpoint = blob{h.checkpoint};
  o.log = h.log;
  h.ended = std::move(o);
  tell(h.order.fence);
}

/// One that runs ends after a while, unless it is faster by itself.
void node::on_preempted(const preempted_attempt& x) {
  const auto i = held_.find(x.fence);
  if (i == held_.end() || i->second.ended)
    return;
  if (i->second.started == time_point{})
    return stop_attempt(i->second);
  if (!x.if_waiting)
    w_.after(w_.chance(0.5) ? duration{0} : w_.between(1ms, 300ms), i->second.alive, "an attempt is preempted",
             [this, f = x.fence] {
               if (const auto h = held_.find(f); h != held_.end() && !h->second.ended) {
                 stop_attempt(h->second);
                 fill_slots();
               }
             });
}

void node::save_later(uint64_t f) {
  w_.after(w_.between(1ms, 400ms), held_.at(f).alive, "an attempt saves", [this, f] { save(f); });
}

void node::save(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || i->second.ended)
    return;
  auto& h = i->second;
  const job_id job{h.order.job};
  h.checkpoint = checkpoint_text(job, fence_token{f}, ++h.saves);
  history_.saved[job].insert(h.checkpoint);
  if (w_.chance(0.8))
    tell_checkpoint(f);
  save_later(f);
}

void node::tell_checkpoint(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || i->second.saves == 0 || !link_ || !welcomed_)
    return;
  worker_news news;
  news.checkpoints.push_back({{i->second.order.job, f}, blob{i->second.checkpoint}});
  send("checkpoint", [this, c = link_, news] {
    if (scheduler_.up())
      scheduler_.report(c, news);
  });
}

void node::log_later(uint64_t f) {
  w_.after(w_.between(1ms, 200ms), held_.at(f).alive, "an attempt logs", [this, f] { log(f); });
}

void node::log(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || i->second.ended)
    return;
  auto& h = i->second;
  auto& lines = h.log.lines;
  for (auto n = 1 + w_.below(5); n > 0; --n)
    lines.push_back(log_line_text(job_id{h.order.job}, fence_token{f}, h.log.end()));
  history_.logged[fence_token{f}] = h.log.end();
  if (lines.size() > log_lines_max) {
    const auto extra = static_cast<ptrdiff_t>(lines.size() - log_lines_max);
    lines.erase(lines.begin(), lines.begin() + extra);
    h.log.first += static_cast<uint64_t>(extra);
  }
  if (w_.chance(0.8))
    tell_log(f);
  log_later(f);
}

/// What is new of it. A report that gets lost is not sent again: the attempt's end has the lines.
void node::tell_log(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || !link_ || !welcomed_)
    return;
  auto& h = i->second;
  auto fresh = lines_from(h.log, h.told);
  h.told = h.log.end();
  worker_news news;
  news.logs.push_back({h.order.job, f, fresh.first, std::move(fresh.lines)});
  send("log", [this, c = link_, news] {
    if (scheduler_.up())
      scheduler_.report(c, news);
  });
}

void node::on_orders(const std::shared_ptr<connection>& c, const node_orders& x) {
  if (link_ != c || !welcomed_)
    return w_.note("orders for " + name_ + " come too late");
  for (const auto& a : x.acknowledged)
    held_.erase(a.fence);
  for (const auto& o : x.run)
    if (const auto [h, fresh] = held_.try_emplace(o.fence); fresh) {
      h->second.order = o;
      if (!lease_.has()) // given before the scheduler knew
        stop_attempt(h->second);
    }
  for (const auto& a : x.cancelled) {
    const auto i = held_.find(a.fence);
    if (i == held_.end() || i->second.ended)
      continue;
    auto& h = i->second;
    if (h.started != time_point{}) {
      end(a.fence, outcome_kind::cancelled);
    } else {
      attempt_outcome o;
      o.kind = outcome_kind::cancelled;
      h.ended = o;
      tell(a.fence);
    }
  }
  for (const auto& a : x.preempted)
    on_preempted(a);
  fill_slots();
}

void node::fill_slots() {
  if (!lease_.has())
    return;
  uint32_t running = 0;
  for (const auto& [f, h] : held_)
    running += h.started != time_point{} && !h.ended;
  for (auto& [f, h] : held_) {
    if (running >= traits().slots)
      return;
    if (h.started != time_point{} || h.ended)
      continue;
    ++running;
    h.started = clock().wall();
    h.begun = clock().steady();
    h.run = history_.attempts.size();
    history_.begun.insert(job_id{h.order.job});
    history_.attempts.push_back({job_id{h.order.job}, fence_token{f}, name_, w_.now(), std::nullopt, std::nullopt});
    worker_news news;
    news.started.push_back({h.order.job, f, h.started.time_since_epoch().count()});
    if (link_ && welcomed_)
      send("started", [this, c = link_, news] {
        if (scheduler_.up())
          scheduler_.report(c, news);
      });
    const auto plan = draw_plan(w_, well_behaved_);
    const auto takes = plan.takes;
    w_.after(takes, h.alive, "an attempt ends", [this, f = f, kind = plan.kind] { end(f, kind); });
    if (const duration soft{h.order.soft_timeout_us}; soft > duration{0} && soft < takes && w_.chance(0.7))
      w_.after(soft, h.alive, "an attempt ends at its soft timeout", [this, f = f] { end_at_soft_timeout(f); });
    if (plan.saves)
      save_later(f);
    if (plan.logs)
      log_later(f);
  }
}

/// Often with something saved for the next one.
void node::end_at_soft_timeout(uint64_t f) {
  if (!well_behaved_ && w_.chance(0.5))
    save(f);
  end(f, well_behaved_ || w_.chance(0.5) ? outcome_kind::succeeded : outcome_kind::timed_out);
}

void node::end(uint64_t f, outcome_kind kind) {
  const auto i = held_.find(f);
  if (i == held_.end() || i->second.ended)
    return;
  auto& h = i->second;
  history_.attempts[h.run].ended = w_.now();
  history_.attempts[h.run].how = kind;
  h.alive.end();
  attempt_outcome o;
  o.kind = kind;
  o.started_at = h.started;
  o.finished_at = h.started + (clock().steady() - h.begun);
  o.code = kind == outcome_kind::succeeded ? "" : "CHANCE";
  o.log = h.log;
  if (h.saves > 0 && kind != outcome_kind::succeeded)
    o.checkpoint = blob{h.checkpoint};
  if (kind == outcome_kind::succeeded)
    o.result = blob{result_of_attempt(job_id{h.order.job}, fence_token{f})};
  h.ended = std::move(o);
  tell(f);
  fill_slots();
}

/// Tells an end, and again until it is acknowledged.
void node::tell(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || !i->second.ended)
    return;
  if (link_ && welcomed_) {
    worker_news news;
    news.ended.push_back({{i->second.order.job, f}, *i->second.ended});
    send("ended", [this, c = link_, news] {
      if (scheduler_.up())
        scheduler_.report(c, news);
    });
    w_.after(sky_.resend_after, life_, "resend", [this, f] { tell(f); });
  }
}

} // namespace callboard::sim
