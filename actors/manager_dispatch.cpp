#include "actors/manager.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

namespace {

/// A worker holds at most this much work ahead of its slots, by the measured duration of the type: enough to hide the
/// way to the scheduler and back, too little for a job to wait behind while another worker is free.
constexpr duration prefetch_work = std::chrono::milliseconds{50};

} // namespace

void manager::dispatch() {
  if (ready_.empty() || !recovered_ || draining_ || seats_.empty())
    return;
  const auto t = now();
  if (holds(t))
    return;
  std::set<seat*> skip;
  for (bool prefetch = false; !ready_.empty();) {
    auto* s = best_seat(prefetch, skip);
    if (!s) {
      if (std::exchange(prefetch, true))
        return;
      skip.clear();
      continue;
    }
    if (prefetch) {
      const auto next = ready_.peek(t, s->types);
      if (!next || s->in_flight >= s->slots + credit(*s, next->entry.type)) {
        skip.insert(s);
        continue;
      }
    }
    const auto p = ready_.pop(t, s->types);
    if (!p) {
      skip.insert(s);
      continue;
    }
    const auto w = std::find_if(seats_.begin(), seats_.end(), [s](const auto& kv) { return &kv.second == s; })->first;
    place(*s, w, *p, t);
  }
}

/// The worker with the most free slots; for prefetch the one that holds the least.
manager::seat* manager::best_seat(bool prefetch, const std::set<seat*>& skip) {
  seat* best = nullptr;
  for (auto& [w, s] : seats_) {
    if (!s.accepts || skip.count(&s) != 0)
      continue;
    const auto limit = s.slots + (prefetch ? config().workers.prefetch_max : 0);
    if (s.in_flight >= limit)
      continue;
    if (!best || limit - s.in_flight > (best->slots + (prefetch ? config().workers.prefetch_max : 0)) - best->in_flight)
      best = &s;
  }
  return best;
}

/// Attempts of this type that a worker may hold beyond its slots.
uint32_t manager::credit(const seat& s, uint16_t type) const {
  if (!estimator_.prefetches(type, config().workers.prefetch_below))
    return 0;
  const auto mean = std::max<int64_t>(1, estimator_.mean_run(type).value_or(duration{1}).count());
  const auto fits = static_cast<uint64_t>(prefetch_work.count() / mean) * s.slots;
  return static_cast<uint32_t>(std::min<uint64_t>(fits, config().workers.prefetch_max));
}

void manager::place(seat& s, worker_id w, const ready_queues::pick& p, time_point t) {
  const auto id = p.entry.id;
  const fence proof{boot_ << 32 | ++fences_};
  attempts_.emplace(proof.value, attempt_slot{.job = id, .worker = w});
  placed_[id] = proof;
  ++s.in_flight;
  estimator_.record_start(t, !ready_.empty());
  table_.update(id, [](job_entry& e) {
    e.set(job_flag::ready, false);
    e.set(job_flag::placed, true);
    if (e.state == job_state::queued)
      e.state = job_state::scheduled;
  });
  route(id, job_command::place{s.name, proof, s.handle}, {});
}

/// The attempt is over: its slot is free, and its fence is history.
void manager::release_attempt(fence proof) {
  auto i = attempts_.find(proof.value);
  if (i == attempts_.end())
    return;
  if (!i->second.released)
    if (auto s = seats_.find(i->second.worker); s != seats_.end() && s->second.in_flight > 0)
      --s->second.in_flight;
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
