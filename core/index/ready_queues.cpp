#include "core/index/ready_queues.hpp"

#include <algorithm>

namespace callboard {

ready_queues::ready_queues(duration aging_step) : aging_step_(aging_step) {
  CB_INVARIANT(aging_step >= duration{0}, "an aging step is not negative");
}

bool ready_queues::add(uint32_t queue, const ready_entry& e) {
  if (queues_.size() <= queue) {
    queues_.resize(queue + size_t{1});
    served_.resize(queue + size_t{1});
  }
  auto& q = queues_[queue];
  if (!q) {
    q = std::make_unique<named>(aging_step_);
    q->jobs.add(e);
    ++busy_;
    put(queue, *q, e.priority, rise_of(e, e.priority));
  } else {
    if (!q->jobs.add(e))
      return false;
    const auto bucket = std::max(q->bucket, e.priority);
    // What would rise above the former bucket need not rise above a higher one: too early does no harm.
    const auto rises_at = std::min(q->rises_at, rise_of(e, bucket));
    if (bucket != q->bucket || rises_at != q->rises_at) {
      take_out(queue, *q);
      put(queue, *q, bucket, rises_at);
    }
  }
  ++by_priority_[e.priority];
  ++size_;
  return true;
}

bool ready_queues::remove(uint32_t queue, const ready_entry& e) {
  if (queue >= queues_.size() || !queues_[queue] || !queues_[queue]->jobs.remove(e))
    return false;
  --by_priority_[e.priority];
  --size_;
  if (queues_[queue]->jobs.empty()) {
    take_out(queue, *queues_[queue]);
    queues_[queue].reset();
    --busy_;
  }
  return true;
}

bool ready_queues::reprioritise(uint32_t queue, const ready_entry& e, uint8_t priority) {
  if (!remove(queue, e))
    return false;
  auto moved = e;
  moved.priority = priority;
  return add(queue, moved);
}

void ready_queues::put(uint32_t queue, named& q, uint8_t bucket, steady_point rises_at) {
  q.bucket = bucket;
  q.rises_at = rises_at;
  if (is_closed(queue))
    return;
  buckets_[bucket].emplace(served_[queue], queue);
  if (rises_at != steady_point::max())
    rises_.emplace(rises_at, queue);
}

void ready_queues::take_out(uint32_t queue, const named& q) {
  buckets_[q.bucket].erase({served_[queue], queue});
  rises_.erase({q.rises_at, queue});
}

/// Puts a queue where its head belongs at `now`.
void ready_queues::rate(uint32_t queue, steady_point now) {
  auto& q = *queues_[queue];
  const auto head = q.jobs.peek(now);
  CB_INVARIANT(head.has_value(), "a queue without jobs is not kept");
  auto rises_at = steady_point::max();
  for (uint8_t p = 0; p < priority_count && head->effective < priority_max; ++p)
    if (const auto since = q.jobs.oldest_ready(p)) {
      ready_entry oldest;
      oldest.priority = p;
      oldest.ready_at = *since;
      rises_at = std::min(rises_at, rise_of(oldest, head->effective));
    }
  take_out(queue, q);
  put(queue, q, head->effective, rises_at);
}

/// When a job's effective priority gets above `above`: after as many steps as there are levels between (job_queue).
steady_point ready_queues::rise_of(const ready_entry& e, uint8_t above) const {
  if (aging_step_ == duration{0} || above >= priority_max)
    return steady_point::max();
  const auto steps = std::max(1, above + 1 - e.priority);
  const auto wait = aging_step_ * steps;
  return e.ready_at > steady_point::max() - wait ? steady_point::max() : e.ready_at + wait;
}

std::optional<ready_queues::pick> ready_queues::peek(steady_point now, const type_set& types) {
  while (!rises_.empty() && rises_.begin()->first <= now)
    rate(rises_.begin()->second, now);
  std::optional<pick> best;
  std::pair<service, uint32_t> best_turn;
  std::vector<uint32_t> too_high;
  for (size_t bucket = priority_count; bucket-- > 0 && !(best && best->effective > bucket);) {
    for (const auto& turn : buckets_[bucket]) {
      const auto queue = turn.second;
      const auto& jobs = queues_[queue]->jobs;
      const auto head = jobs.peek(now, types);
      if (!head || head->effective < bucket) {
        const auto any = jobs.peek(now);
        if (any->effective < bucket)
          too_high.push_back(queue);
        if (!head)
          continue;
      }
      if (!best || head->effective > best->effective || (head->effective == best->effective && turn < best_turn)) {
        best = pick{queue, head->entry, head->effective};
        best_turn = turn;
      }
      if (head->effective >= bucket)
        break; // those behind it were served later
    }
  }
  for (const auto queue : too_high)
    rate(queue, now);
  return best;
}

std::optional<ready_queues::pick> ready_queues::pop(steady_point now, const type_set& types) {
  auto best = peek(now, types);
  if (best)
    take(*best);
  return best;
}

void ready_queues::take(const pick& p) {
  CB_INVARIANT(find(p.queue), "what was picked is there");
  take_out(p.queue, *queues_[p.queue]);
  const auto r = rules_.find(p.queue);
  // Who was away has no claim to what it missed.
  reached_ = std::max(reached_, served_[p.queue].reached);
  served_[p.queue] = {reached_ + stride / (r == rules_.end() ? 1 : r->second.weight), ++pops_};
  put(p.queue, *queues_[p.queue], queues_[p.queue]->bucket, queues_[p.queue]->rises_at);
  const bool removed = remove(p.queue, p.entry);
  CB_INVARIANT(removed, "what was picked is there");
}

void ready_queues::set_rule(uint32_t queue, bool closed, uint32_t weight) {
  CB_INVARIANT(weight >= 1, "a share is not nothing");
  auto* q = queue < queues_.size() ? queues_[queue].get() : nullptr;
  if (q)
    take_out(queue, *q);
  if (closed || weight != 1)
    rules_[queue] = {closed, weight};
  else
    rules_.erase(queue);
  if (q)
    put(queue, *q, q->bucket, q->rises_at);
}

const job_queue* ready_queues::find(uint32_t queue) const {
  return queue < queues_.size() && queues_[queue] ? &queues_[queue]->jobs : nullptr;
}

size_t ready_queues::ahead_of(uint8_t priority) const {
  size_t sum = 0;
  for (size_t level = priority; level < priority_count; ++level)
    sum += by_priority_[level];
  return sum;
}

size_t ready_queues::memory_bytes() const noexcept {
  size_t sum = queues_.capacity() * sizeof(queues_[0]) + served_.capacity() * sizeof(served_[0]);
  for (const auto& q : queues_)
    if (q)
      sum += sizeof(named) - sizeof(job_queue) + q->jobs.memory_bytes();
  return sum;
}

void ready_queues::sanity_check() const {
  size_t in_all = 0, busy = 0, in_buckets = 0, closed = 0;
  std::array<size_t, priority_count> by_priority{};
  for (const auto& b : buckets_)
    in_buckets += b.size();
  for (size_t i = 0; i < queues_.size(); ++i) {
    const auto& q = queues_[i];
    CB_INVARIANT(served_[i].reached <= reached_ + stride && served_[i].pop <= pops_,
                 "no queue is ahead of the others by more than its last service");
    if (!q)
      continue;
    ++busy;
    q->jobs.sanity_check();
    CB_INVARIANT(!q->jobs.empty(), "a queue without jobs is not kept");
    in_all += q->jobs.size();
    for (uint8_t p = 0; p < priority_count; ++p) {
      const auto there = q->jobs.size(p);
      by_priority[p] += there;
      CB_INVARIANT(p <= q->bucket || there == 0, "a queue's bucket is not below its highest priority");
    }
    const auto number = static_cast<uint32_t>(i);
    if (is_closed(number)) {
      CB_INVARIANT(buckets_[q->bucket].count({served_[i], number}) == 0, "a closed queue is not served");
      ++closed;
      continue;
    }
    CB_INVARIANT(buckets_[q->bucket].count({served_[i], number}) != 0, "a queue is in its bucket");
    CB_INVARIANT(q->rises_at == steady_point::max() || rises_.count({q->rises_at, number}) != 0,
                 "a queue that will rise is looked at then");
  }
  CB_INVARIANT(in_all == size_ && by_priority == by_priority_, "the sizes are those of the queues");
  CB_INVARIANT(busy == busy_ && busy == in_buckets + closed, "each open queue with jobs is in one bucket");
}

} // namespace callboard
