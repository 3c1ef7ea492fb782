#include "actors/worker/slot_pool.hpp"

#include <algorithm>

// How attempts are stopped, and handed back.

namespace callboard {

std::string slot_pool::preempted_text(uint64_t by) {
  return "preempted for " + to_string(job_id{by});
}

void slot_pool::stop(const std::vector<attempt_ref>& attempts, cancel_token::reason why) {
  std::vector<cancel_token> tokens;
  {
    std::lock_guard lock{mutex_};
    for (const auto& a : attempts) {
      if (auto i = running_.find(a.fence); i != running_.end()) {
        tokens.push_back(i->second.token);
        continue;
      }
      auto w = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& x) { return x.order.fence == a.fence; });
      if (w != waiting_.end()) {
        end(a.job, a.fence,
            {.kind = why == cancel_token::reason::cancelled ? outcome_kind::cancelled : outcome_kind::returned});
        waiting_.erase(w);
        tell();
      }
    }
  }
  for (auto& t : tokens)
    t.cancel(why);
}

void slot_pool::preempt(const std::vector<preempted_attempt>& attempts) {
  std::vector<cancel_token> tokens;
  {
    std::lock_guard lock{mutex_};
    // First those that wait: a slot that becomes free is not for them.
    for (const auto& a : attempts) {
      auto w = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& x) { return x.order.fence == a.fence; });
      if (w == waiting_.end())
        continue;
      end(a.job, a.fence, {.kind = outcome_kind::returned, .message = preempted_text(a.by)});
      waiting_.erase(w);
      tell();
    }
    for (const auto& a : attempts)
      if (auto i = running_.find(a.fence); i != running_.end() && !a.if_waiting) {
        i->second.preempted_by = a.by;
        tokens.push_back(i->second.token);
      }
  }
  for (auto& t : tokens)
    t.cancel(cancel_token::reason::preempted);
}

void slot_pool::stop_all(cancel_token::reason why) {
  std::vector<cancel_token> tokens;
  {
    std::lock_guard lock{mutex_};
    hand_back_waiting();
    for (auto& [fence, r] : running_)
      tokens.push_back(r.token);
  }
  for (auto& t : tokens)
    t.cancel(why);
}

void slot_pool::close() {
  std::lock_guard lock{mutex_};
  closed_ = true;
  hand_back_waiting();
}

void slot_pool::hand_back_waiting() {
  for (auto& w : waiting_)
    end(w.order.job, w.order.fence, {.kind = outcome_kind::returned});
  if (!waiting_.empty())
    tell();
  waiting_.clear();
}

} // namespace callboard
