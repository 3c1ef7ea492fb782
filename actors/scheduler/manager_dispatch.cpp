#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <tuple>

namespace callboard {

namespace {

/// A worker holds at most this much work ahead of its slots, by the measured duration of the type: enough to hide the
/// way to the scheduler and back, too little for a job to wait behind while another worker is free.
constexpr duration prefetch_work = std::chrono::milliseconds{50};

} // namespace

void manager::dispatch() {
  if (ready_.empty() || !recovered_ || draining_ || seats_.empty())
    return;
  const auto t = steady();
  if (holds(t))
    return;
  // A reservation is for the job that is first now: it is made again if that is still so.
  fit_.clear_reservation();
  while (!ready_.empty() && place_next(t)) {}
  if (ready_plain_ > 0 && config().workers.prefetch_max > 0)
    prefetch(t);
}

/// Places the job that is first in the line and fits a worker now. If one before it only waits for room, a worker is
/// kept for that one.
bool manager::place_next(steady_point t) {
  auto next = ready_.peek(t, fit_.feasible());
  if (!next)
    return false;
  auto w = fit_.choose(next->entry.type);
  if (!w) {
    if (!shapes_.at(next->entry.type).request.is_plain())
      fit_.reserve(next->entry.type);
    next = ready_.peek(t, fit_.placeable());
    if (!next)
      return false;
    w = fit_.choose(next->entry.type);
    CB_INVARIANT(w.has_value(), "a shape that is placeable has a worker");
  }
  place(*w, *next, t);
  return true;
}

/// Short jobs are given to workers beyond their slots: the next one is there when a slot falls free. Always to the
/// worker that holds the least; of those, to the one that joined first.
void manager::prefetch(steady_point t) {
  struct candidate {
    int64_t surplus;
    worker_id worker;
    seat* at;
    bool operator<(const candidate& o) const { // for a heap whose top is the least
      return std::tie(surplus, worker) > std::tie(o.surplus, o.worker);
    }
  };
  const auto candidate_of = [](worker_id w, seat& s) {
    return candidate{static_cast<int64_t>(s.in_flight) - static_cast<int64_t>(s.slots), w, &s};
  };
  std::vector<candidate> open;
  for (auto& [w, s] : seats_)
    if (s.accepts && s.member_written && s.in_flight < s.slots + config().workers.prefetch_max &&
        fit_.reserved() != w && (!s.breaker || s.breaker->state(t) == breaker_state::closed))
      open.push_back(candidate_of(w, s));
  std::make_heap(open.begin(), open.end());
  const type_set* nothing_for = nullptr; // shapes of which none is ready
  while (ready_plain_ > 0 && !open.empty()) {
    std::pop_heap(open.begin(), open.end());
    const auto least = open.back();
    open.pop_back();
    auto& s = *least.at;
    const auto& takes = prefetch_shapes(s);
    if (nothing_for && *nothing_for == takes)
      continue;
    const auto next = ready_.peek(t, takes);
    if (!next) {
      nothing_for = &takes;
    } else if (s.in_flight < s.slots + credit(s, type_of(next->entry.type))) {
      place(least.worker, *next, t);
      open.push_back(candidate_of(least.worker, s));
      std::push_heap(open.begin(), open.end());
    }
  }
}

/// Shapes that a worker takes beyond its slots: plain ones of its types.
const type_set& manager::prefetch_shapes(seat& s) {
  if (std::exchange(s.prefetch_version, shapes_.version()) != shapes_.version()) {
    s.prefetch_shapes = {};
    for (size_t i = 0; i < shapes_.end(); ++i) {
      const auto shape = static_cast<uint16_t>(i);
      if (shapes_.at(shape).request.is_plain() && s.types.contains(type_of(shape)))
        s.prefetch_shapes.add(shape);
    }
  }
  return s.prefetch_shapes;
}

/// Attempts of this type that a worker may hold beyond its slots.
uint32_t manager::credit(const seat& s, uint16_t type) const {
  if (!estimator_.prefetches(type, config().workers.prefetch_below))
    return 0;
  const auto mean = std::max<int64_t>(1, estimator_.mean_run(type).value_or(duration{1}).count());
  const auto fits = static_cast<uint64_t>(prefetch_work.count() / mean) * s.slots;
  return static_cast<uint32_t>(std::min<uint64_t>(fits, config().workers.prefetch_max));
}

void manager::place(worker_id w, const ready_queues::pick& p, steady_point t) {
  auto& s = seats_.at(w);
  const auto id = p.entry.id;
  const auto& shape = shapes_.at(p.entry.type);
  const fence proof{boot_ << 32 | ++fences_};
  ready_.take(p);
  --ready_by_type_[shape.type];
  ready_plain_ -= shape.request.is_plain();
  attempts_.emplace(proof.value, attempt_slot{.job = id, .worker = w, .placed_at = now(), .asked = shape.request});
  delta_.dispatch_times.push_back(std::max(duration{0}, t - p.entry.ready_at));
  delta_dirty_ = true;
  placed_[id] = proof;
  take_slot(w, s, shape.request);
  if (s.breaker && s.breaker->state(t) != breaker_state::closed) {
    s.breaker->on_placed(t);
    set_accepting(w, s);
  }
  estimator_.record_start(t, !ready_.empty());
  table_.update(id, [](job_entry& e) {
    e.set(job_flag::ready, false);
    e.set(job_flag::placed, true);
    if (e.state == job_state::queued)
      e.state = job_state::scheduled;
  });
  route(id, job_command::place{s.name, proof, s.handle, shape.request}, {});
}

void manager::take_slot(worker_id w, seat& s, const resource_request& r) {
  s.in_flight += r.slots;
  fit_.take(w, r);
}

/// The attempt does not use its worker any more. Once only.
void manager::give_slot(attempt_slot& a) {
  if (std::exchange(a.released, true))
    return;
  if (auto s = seats_.find(a.worker); s != seats_.end()) {
    s->second.in_flight -= std::min(s->second.in_flight, a.asked.slots);
    fit_.give(a.worker, a.asked);
  }
}

/// The attempt is over: its slot is free, and its fence is history.
void manager::release_attempt(fence proof) {
  auto i = attempts_.find(proof.value);
  if (i == attempts_.end())
    return;
  give_slot(i->second);
  if (auto p = placed_.find(i->second.job); p != placed_.end() && p->second == proof)
    placed_.erase(p);
  attempts_.erase(i);
}

/// The job ended while an attempt of it has a slot: the worker is told to stop it, and the slot stays taken until the
/// worker says that it is over.
void manager::orphan_attempt(job_id id) {
  auto p = placed_.find(id);
  if (p == placed_.end())
    return;
  const auto proof = p->second;
  placed_.erase(p);
  auto& a = attempts_.at(proof.value);
  a.orphan = true;
  if (auto s = seats_.find(a.worker); s != seats_.end())
    s->second.orders.cancelled.push_back({id.value, proof.value});
}

} // namespace callboard
