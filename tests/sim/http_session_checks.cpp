#include "tests/sim/http_session.hpp"

#include <algorithm>

// What a session tells its proxy, and what it is judged by.

namespace callboard::sim {

namespace {

using namespace std::chrono_literals;

/// Within so long a request that nothing disturbs is answered, whatever was before it.
constexpr duration settling = 5s;

attempt_outcome outcome_of(const attempt_ended& x) {
  attempt_outcome o;
  o.kind = static_cast<outcome_kind>(x.kind);
  o.code = x.code;
  o.message = x.message;
  o.result = blob{x.result};
  o.log = {x.log_first, x.log};
  o.started_at = time_point{duration{x.started_at_us}};
  o.finished_at = time_point{duration{x.finished_at_us}};
  if (x.saved)
    o.checkpoint = blob{x.checkpoint};
  return o;
}

std::string name_of(const attempt_ended& x) {
  return to_string(job_id{x.job}) + ", attempt " + std::to_string(x.fence);
}

} // namespace

/// What is claimed has begun (docs/http-workers.md), whether or not the answer arrives. It begins by one claim, once,
/// and by none whose answer was another one.
void http_session::note_claimed(uint64_t number, const std::vector<claimed_attempt>& got) {
  const bool before = begun_by_ == number;
  for (const auto& x : got) {
    const auto& o = x.order;
    const auto within = o.soft_timeout_us > 0 ? o.soft_timeout_us : o.timeout_us;
    if (!history_.claimed.try_emplace(fence_token{o.fence}, claimed_run{w_.now(), duration{within}}).second)
      continue;
    if (before || number <= arrived_)
      throw violation("claim: " + std::to_string(number) + " of " + registration_.name + " begins attempt " +
                      std::to_string(o.fence) + " of " + to_string(job_id{o.job}) + ", and " +
                      (before ? "has begun others before" : "its answer has arrived already"));
    begun_by_ = number;
    history_.begun.insert(job_id{o.job});
  }
}

/// What an attempt has saved never takes the place of what it has saved later.
void http_session::check_checkpoint_order(uint64_t fence, const std::string& text) {
  auto& last = checkpoints_told_[fence];
  if (text < last)
    throw violation("checkpoint: \"" + text + "\" takes the place of \"" + last + "\"");
  last = text;
}

void http_session::tell_report(bool given_up) {
  auto r = book_.take_report();
  if (r.started.empty() && r.ended.empty() && r.progress.empty() && r.checkpoints.empty() && r.logs.empty())
    return;
  worker_news news;
  news.started = std::move(r.started);
  news.progress = std::move(r.progress);
  news.logs = std::move(r.logs);
  for (auto& x : r.checkpoints) {
    check_checkpoint_order(x.fence, x.text);
    news.checkpoints.push_back({{x.job, x.fence}, blob{std::move(x.text)}});
  }
  for (const auto& x : r.ended) {
    if (static_cast<outcome_kind>(x.kind) == outcome_kind::timed_out)
      check_timed_out(x);
    if (x.saved)
      check_checkpoint_order(x.fence, x.checkpoint);
    if (given_up)
      check_given_up(x);
    news.ended.push_back({{x.job, x.fence}, outcome_of(x)});
  }
  send("a session's report", [this, c = link_, news] { scheduler_.report(c, news); });
}

/// That an attempt has timed out is said by its worker, or it has run as long as it may.
void http_session::check_timed_out(const attempt_ended& x) {
  const fence_token f{x.fence};
  const auto run =
    std::find_if(history_.attempts.begin(), history_.attempts.end(), [f](const auto& a) { return a.fence == f; });
  if (run != history_.attempts.end() && run->how == outcome_kind::timed_out)
    return;
  const auto c = history_.claimed.find(f);
  // Clocks go wrong by 2 % at most.
  if (c == history_.claimed.end() || w_.now() - c->second.at < c->second.may_run * 9 / 10)
    throw violation("timeout: " + name_of(x) + " has timed out at " + std::to_string(w_.now().count()) +
                    " us, and was claimed " +
                    (c == history_.claimed.end() ? "never" : "at " + std::to_string(c->second.at.count()) + " us"));
  history_.timed_out[f] = job_id{x.job};
}

/// A worker that keeps to the protocol is not given up for an attempt that it has not.
void http_session::check_given_up(const attempt_ended& x) {
  if (who_.disturbed_until() + settling > w_.now())
    return;
  const fence_token f{x.fence};
  const auto run =
    std::find_if(history_.attempts.begin(), history_.attempts.end(), [f](const auto& a) { return a.fence == f; });
  if (run == history_.attempts.end() || (run->ended && *run->ended + settling < w_.now()))
    throw violation("timeout: " + registration_.name + " is given up for " + name_of(x) + ", which " +
                    (run == history_.attempts.end() ? "it never got" : "has ended there long ago"));
}

/// An end that is answered is on the disk, or counts for nothing.
void http_session::check_kept(const attempt_ref& a) {
  const auto* there = scheduler_.core()->state().ledger.find(fence_token{a.fence});
  if (there && there->job == job_id{a.job} && !there->orphan)
    throw violation("P2: an end of " + to_string(job_id{a.job}) + ", attempt " + std::to_string(a.fence) +
                    ", is answered, and is not on the disk");
}

} // namespace callboard::sim
