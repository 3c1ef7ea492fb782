#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/cache_checks.hpp"
#include "tests/sim/http_client.hpp"
#include "tests/sim/http_session.hpp"

#include <algorithm>

// What a worker over HTTP does with the attempts that it has claimed.

namespace callboard::sim {

using namespace std::chrono_literals;

namespace {

attempt_ended ended_as(const attempt_order& o, outcome_kind kind) {
  attempt_ended x;
  x.job = o.job;
  x.fence = o.fence;
  x.kind = static_cast<uint8_t>(kind);
  if (kind != outcome_kind::succeeded && kind != outcome_kind::returned)
    x.code = "CHANCE";
  if (kind == outcome_kind::succeeded)
    x.result = result_of_attempt(job_id{o.job}, fence_token{o.fence});
  return x;
}

} // namespace

http_client::held* http_client::find(fence_value f) {
  const auto i = held_.find(f);
  return i == held_.end() ? nullptr : &i->second;
}

void http_client::take_over(const claimed_attempt& x) {
  const auto f = x.order.fence;
  const auto [i, fresh] = held_.try_emplace(f);
  if (!fresh)
    return;
  auto& h = i->second;
  h.order = x.order;
  h.started = clock().wall();
  h.deadline = clock().steady() + duration{x.order.timeout_us};
  if (lease_.has() && !leaving_)
    return begin(f);
  h.ended = ended_as(h.order, outcome_kind::returned); // it came too late
  tell(f);
}

void http_client::begin(fence_value f) {
  auto& h = held_.at(f);
  h.run = history_.attempts.size();
  history_.attempts.push_back({job_id{h.order.job}, fence_token{f}, name_, w_.now(), std::nullopt, std::nullopt});
  const auto plan = draw_plan(w_, well_behaved_);
  const duration timeout{h.order.timeout_us}, soft{h.order.soft_timeout_us};
  h.hangs = !well_behaved_ && timeout < 60s && w_.chance(0.15);
  if (!h.hangs)
    w_.after(plan.takes, h.alive, "an attempt ends", [this, f, kind = plan.kind] { end(f, kind); });
  else if (careful_)
    w_.after(clock().true_time(timeout + http_session::kill_grace), h.alive, "a worker ends itself",
             [this] { crash(); });
  if (soft > duration{0} && soft < plan.takes && !h.hangs && w_.chance(0.7))
    w_.after(soft, h.alive, "an attempt ends at its soft timeout", [this, f] {
      if (!well_behaved_ && w_.chance(0.5))
        save(f);
      end(f, well_behaved_ || w_.chance(0.5) ? outcome_kind::succeeded : outcome_kind::timed_out);
    });
  if (plan.saves)
    save_later(f);
  if (plan.logs)
    log_later(f);
}

void http_client::cease(held& h, std::optional<outcome_kind> how) {
  if (h.run) {
    history_.attempts[*h.run].ended = w_.now();
    history_.attempts[*h.run].how = how;
  }
  h.alive.end();
  h.ended = ended_as(h.order, how.value_or(outcome_kind::returned));
}

/// Unfinished: what that counts as is decided by why it was asked to stop.
void http_client::stop(fence_value f) {
  auto* h = find(f);
  if (h == nullptr || h->ended)
    return;
  cease(*h, std::nullopt);
  tell(f);
  claim();
}

void http_client::end(fence_value f, outcome_kind kind) {
  auto* h = find(f);
  if (h == nullptr || h->ended)
    return;
  cease(*h, kind);
  tell(f);
  claim();
}

void http_client::save_later(fence_value f) {
  w_.after(w_.between(1ms, 400ms), held_.at(f).alive, "an attempt saves", [this, f] {
    save(f);
    save_later(f);
  });
}

void http_client::save(fence_value f) {
  auto& h = held_.at(f);
  const job_id job{h.order.job};
  h.checkpoint = checkpoint_text(job, fence_token{f}, ++h.saves);
  h.checkpoint_told = false;
  history_.saved[job].insert(h.checkpoint);
  if (w_.chance(0.8))
    tell(f);
}

void http_client::log_later(fence_value f) {
  w_.after(w_.between(1ms, 200ms), held_.at(f).alive, "an attempt logs", [this, f] {
    log(f);
    log_later(f);
  });
}

void http_client::log(fence_value f) {
  auto& h = held_.at(f);
  for (auto n = 1 + w_.below(5); n > 0; --n)
    h.log.lines.push_back(log_line_text(job_id{h.order.job}, fence_token{f}, h.log.end()));
  history_.logged[fence_token{f}] = h.log.end();
  if (h.log.lines.size() > log_lines_max)
    h.log = lines_from(h.log, h.log.end() - log_lines_max);
  if (w_.chance(0.8))
    tell(f);
}

// -- what it tells ----------------------------------------------------------------------------------------------------

/// What is new of an attempt, and then its end: one request after the other, each until it is answered.
void http_client::tell(fence_value f) {
  auto* h = find(f);
  if (h == nullptr || token_.empty() || h->asking || goodbye_)
    return;
  if (h->told < h->log.end() || !h->checkpoint_told)
    tell_note(f);
  else if (h->ended)
    tell_end(f);
}

void http_client::tell_later(fence_value f) {
  w_.after(pause(), life_, "tell again", [this, f] { tell(f); });
}

void http_client::forget(fence_value f) {
  held_.erase(f);
  leave_if_over();
}

void http_client::tell_note(fence_value f) {
  auto& h = held_.at(f);
  h.asking = true;
  progress_request r;
  r.session = token_;
  r.attempt = {h.order.job, f};
  r.number = ++h.notes;
  r.percent = static_cast<uint8_t>(w_.below(101));
  auto fresh = lines_from(h.log, std::max(h.told, h.log.first));
  r.log_first = fresh.first;
  r.lines = std::move(fresh.lines);
  if (!h.checkpoint_told)
    r.checkpoint = h.checkpoint;
  line_.ask<work_news>(
    "progress", patience(), [this, r](const answer<work_news>& reply) { scheduler_.http().note(r, reply); },
    [this, f, s = session_, lines = h.log.end(), saves = h.saves](const result<work_news>& n) {
      auto* there = s == session_ ? find(f) : nullptr;
      if (there == nullptr)
        return;
      there->asking = false;
      if (n) {
        there->told = lines;
        there->checkpoint_told = there->saves == saves;
        tell(f);
        return follow(*n);
      }
      if (!still_known(n.err()))
        return;
      if (n.err().code != ec::stale_fence && n.err().code != ec::invalid_state)
        return tell_later(f);
      // It is not this worker's any more.
      if (!there->ended)
        cease(*there, std::nullopt);
      forget(f);
    });
}

void http_client::tell_end(fence_value f) {
  auto& h = held_.at(f);
  h.asking = true;
  line_.ask<done>(
    "end", patience(),
    [this, r = outcome_request{token_, *h.ended}](const answer<done>& reply) { scheduler_.http().end(r, reply); },
    [this, f, s = session_](const result<done>& r) {
      auto* there = s == session_ ? find(f) : nullptr;
      if (there == nullptr)
        return;
      there->asking = false;
      if (r || r.err().code == ec::stale_fence || r.err().code == ec::invalid_state)
        return forget(f);
      if (still_known(r.err()))
        tell_later(f);
    });
}

} // namespace callboard::sim
