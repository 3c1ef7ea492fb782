#include "actors/runtime/log.hpp"
#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

namespace {

/// Breakers of workers that are not here are kept up to this many, so that a failing worker which reconnects is not
/// taken for a new one.
constexpr size_t breakers_kept = 4096;

} // namespace

/// An attempt ended on the worker: a failure, a success, or neither.
void manager::judge(seat& s, outcome_kind kind) {
  if (!s.breaker)
    return;
  const bool failed =
    kind == outcome_kind::failed_retryable || kind == outcome_kind::failed_final || kind == outcome_kind::timed_out;
  if (!failed && kind != outcome_kind::succeeded)
    return s.breaker->on_probe_void();
  const auto t = steady();
  const auto before = s.breaker->state(t);
  const auto& own = s.breaker->own();
  const auto ended = all_ends_.ended(t), failures = all_ends_.failed(t);
  const peer_record peers{ended - std::min(ended, own.ended(t)), failures - std::min(failures, own.failed(t))};
  s.breaker->record(t, failed, peers);
  all_ends_.record(t, failed);
  if (const auto after = s.breaker->state(t); after != before) {
    if (after == breaker_state::open)
      log().warn("worker {} is kept back: jobs fail on it more often than elsewhere", *s.name);
    else
      log().info("worker {}: breaker {}", *s.name, to_string(after));
  }
}

/// An attempt was lost with its worker.
void manager::judge_loss(const seat& s) {
  if (s.breaker)
    s.breaker->record(steady(), true, {all_ends_.ended(steady()), all_ends_.failed(steady())});
}

void manager::set_accepting(worker_id w, seat& s) {
  fit_.set_accepting(w, s.accepts && s.member_written && (!s.breaker || s.breaker->allows(steady())));
}

/// Workers whose time of being kept back is over get one job.
void manager::admit_again(steady_point t) {
  for (auto& [w, s] : seats_)
    if (s.breaker && s.breaker->state(t) == breaker_state::half_open)
      set_accepting(w, s);
  if (breakers_.size() <= breakers_kept)
    return;
  std::set<std::string> here;
  for (const auto& [w, s] : seats_)
    here.insert(*s.name);
  std::erase_if(breakers_, [&](const auto& kv) { return here.count(kv.first) == 0; });
}

steady_point manager::next_probe() const {
  auto next = steady_point::max();
  for (const auto& [w, s] : seats_)
    if (s.breaker)
      next = std::min(next, s.breaker->reopens_at());
  return next;
}

} // namespace callboard
