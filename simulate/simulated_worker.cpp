#include "simulate/simulated_worker.hpp"

#include "core/base/seconds_text.hpp"

#include <algorithm>
#include <utility>

namespace callboard::simulate {

namespace {

/// An end that is not acknowledged after this long is reported again, as by a worker node.
constexpr duration resend_after = std::chrono::seconds{3};

attempt_outcome outcome_of(const ending_script& s) {
  attempt_outcome o;
  o.code = s.code;
  o.message = s.message;
  o.result = s.result;
  o.snooze = s.snooze;
  o.retry_after = s.retry_after;
  o.kind = s.how == ending::success    ? outcome_kind::succeeded
           : s.how == ending::failure  ? outcome_kind::failed_retryable
           : s.how == ending::fatal    ? outcome_kind::failed_final
           : s.how == ending::snooze   ? outcome_kind::snoozed
           : s.how == ending::time_out ? outcome_kind::timed_out
                                       : outcome_kind::returned;
  return o;
}

} // namespace

simulated_worker::simulated_worker(surroundings around, const worker_script& script)
  : around_(std::move(around)), script_(script) {
}

std::vector<held_attempt> simulated_worker::held() const {
  std::vector<held_attempt> out;
  for (const auto& [fence, a] : held_)
    out.push_back({a.order.job, fence, a.order.number, a.run ? a.started.time_since_epoch().count() : 0});
  return out;
}

void simulated_worker::on_orders(const node_orders& x) {
  for (const auto& a : x.acknowledged)
    held_.erase(a.fence);
  for (const auto& order : x.run) {
    auto& a = held_[order.fence];
    a.order = order;
    if (draining_)
      hand_back(a);
  }
  for (const auto& c : x.cancelled)
    if (const auto i = held_.find(c.fence); i != held_.end() && !i->second.ended) {
      attempt_outcome o;
      o.kind = outcome_kind::cancelled;
      end(i->second, std::move(o));
    }
  for (const auto& p : x.preempted)
    on_preempted(p);
  fill_slots();
  for (const auto& order : x.run)
    later(around_.plan.config.workers.prefetch_return, order.fence, &simulated_worker::return_unstarted);
  if (draining_ && held_.empty())
    around_.drained();
}

void simulated_worker::joined() {
  has_lease_ = true;
  for (const auto& [fence, a] : held_)
    if (a.ended)
      tell_end(fence);
    else if (!a.saved.empty())
      tell_checkpoint(fence);
  fill_slots();
}

void simulated_worker::stop_all() {
  has_lease_ = false;
  for (auto& [fence, a] : held_)
    if (!a.ended)
      hand_back(a);
}

bool simulated_worker::drain() {
  draining_ = true;
  for (auto& [fence, a] : held_)
    if (!a.run && !a.ended)
      hand_back(a);
  return held_.empty();
}

void simulated_worker::die() {
  ++life_;
  for (const auto& [fence, a] : held_)
    if (a.runs())
      around_.story.attempt_ended(job_id{a.order.job}, *a.run);
  held_.clear();
  has_lease_ = draining_ = false;
}

void simulated_worker::fill_slots() {
  if (!has_lease_ || draining_)
    return;
  auto running = std::count_if(held_.begin(), held_.end(), [](const auto& x) { return x.second.runs(); });
  for (auto& [fence, a] : held_) {
    if (running >= static_cast<ptrdiff_t>(script_.offer.slots))
      return;
    if (a.run || a.ended)
      continue;
    ++running;
    begin(a);
  }
}

const attempt_script& simulated_worker::script_of(const kept_attempt& a) const {
  const auto& attempts = around_.plan.types.find(a.order.type)->second;
  return attempts[std::min(*a.run, attempts.size() - 1)];
}

void simulated_worker::begin(kept_attempt& a) {
  const job_id job{a.order.job};
  a.started = around_.time.wall();
  a.begun = around_.time.elapsed();
  a.run = around_.story.attempt_began(job, script_.name);
  worker_news news;
  news.started.push_back({a.order.job, a.order.fence, a.started.time_since_epoch().count()});
  around_.tell(std::move(news));
  if (!script_of(a).checkpoint.empty())
    later(script_of(a).saves_after, a.order.fence, &simulated_worker::save);
  const auto& script = script_of(a);
  const duration timeout{a.order.timeout_us}, soft_timeout{a.order.soft_timeout_us};
  if (soft_timeout > duration{0} && script.takes > soft_timeout && script.at_soft_timeout)
    later(soft_timeout, a.order.fence, &simulated_worker::end_at_soft_timeout);
  else if (script.takes > timeout)
    later(timeout, a.order.fence, &simulated_worker::end_at_timeout);
  else
    later(script.takes, a.order.fence, &simulated_worker::end_by_itself);
}

void simulated_worker::end_by_itself(uint64_t fence) {
  const auto& a = held_.at(fence);
  if (!a.ended)
    end_by_script(fence, script_of(a));
}

void simulated_worker::end_at_soft_timeout(uint64_t fence) {
  auto& a = held_.at(fence);
  if (a.ended)
    return;
  const auto& script = *script_of(a).at_soft_timeout;
  if (!script.checkpoint.empty())
    a.saved = script.checkpoint;
  end_by_script(fence, script);
}

void simulated_worker::end_at_timeout(uint64_t fence) {
  auto& a = held_.at(fence);
  if (a.ended)
    return;
  attempt_outcome o;
  o.kind = outcome_kind::timed_out;
  o.message = "it ran longer than its timeout of " + seconds_text(duration{a.order.timeout_us}) + " s";
  end(a, std::move(o));
  fill_slots();
}

void simulated_worker::end_by_script(uint64_t fence, const ending_script& script) {
  if (script.how == ending::crash)
    return around_.crash();
  auto& a = held_.at(fence);
  auto o = outcome_of(script);
  if (script.how == ending::time_out)
    o.message = "it ended at its soft timeout of " + seconds_text(duration{a.order.soft_timeout_us}) + " s";
  end(a, std::move(o));
  fill_slots();
}

void simulated_worker::end(kept_attempt& a, attempt_outcome o) {
  if (a.run) {
    around_.story.attempt_ended(job_id{a.order.job}, *a.run);
    o.started_at = a.started;
    o.finished_at = a.started + (around_.time.elapsed() - a.begun);
    if (!a.saved.empty() && o.kind != outcome_kind::succeeded)
      o.checkpoint = a.saved;
  }
  a.ended = std::move(o);
  tell_end(a.order.fence);
}

void simulated_worker::hand_back(kept_attempt& a, std::string why) {
  attempt_outcome o;
  o.message = std::move(why);
  o.kind = outcome_kind::returned;
  end(a, std::move(o));
}

void simulated_worker::on_preempted(const preempted_attempt& x) {
  const auto i = held_.find(x.fence);
  if (i == held_.end() || i->second.ended || (x.if_waiting && i->second.run))
    return;
  hand_back(i->second, "preempted for " + to_string(job_id{x.by}));
}

void simulated_worker::save(uint64_t fence) {
  auto& a = held_.at(fence);
  if (a.ended)
    return;
  a.saved = script_of(a).checkpoint;
  tell_checkpoint(fence);
}

void simulated_worker::tell_checkpoint(uint64_t fence) {
  const auto& a = held_.at(fence);
  worker_news news;
  news.checkpoints.push_back({{a.order.job, fence}, a.saved});
  around_.tell(std::move(news));
}

/// Jobs that were given ahead of the slots do not wait here for long.
void simulated_worker::return_unstarted(uint64_t fence) {
  auto& a = held_.at(fence);
  if (!a.run && !a.ended)
    hand_back(a);
}

void simulated_worker::tell_end(uint64_t fence) {
  const auto& a = held_.at(fence);
  if (!a.ended)
    return;
  worker_news news;
  news.ended.push_back({{a.order.job, fence}, *a.ended});
  if (around_.tell(std::move(news))) // else when it joins
    later(resend_after, fence, &simulated_worker::tell_end);
}

void simulated_worker::later(duration d, uint64_t fence, void (simulated_worker::*f)(uint64_t)) {
  around_.time.after(d, [this, life = life_, fence, f] {
    if (life == life_ && held_.count(fence) != 0)
      (this->*f)(fence);
  });
}

} // namespace callboard::simulate
