#include "core/index/ready_queues.hpp"

namespace callboard {

ready_queues::ready_queues(duration aging_step) : aging_step_(aging_step) {
  CB_INVARIANT(aging_step >= duration{0}, "an aging step is not negative");
}

bool ready_queues::add(uint16_t queue, const ready_entry& e) {
  if (queues_.size() <= queue)
    queues_.resize(queue + size_t{1});
  if (!queues_[queue])
    queues_[queue] = std::make_unique<named>(aging_step_);
  if (!queues_[queue]->jobs.add(e))
    return false;
  ++size_;
  return true;
}

bool ready_queues::remove(uint16_t queue, const ready_entry& e) {
  if (queue >= queues_.size() || !queues_[queue] || !queues_[queue]->jobs.remove(e))
    return false;
  --size_;
  return true;
}

bool ready_queues::reprioritise(uint16_t queue, const ready_entry& e, uint8_t priority) {
  return queue < queues_.size() && queues_[queue] && queues_[queue]->jobs.reprioritise(e, priority);
}

std::optional<ready_queues::pick> ready_queues::peek(steady_point now, const type_set& types) const {
  std::optional<pick> best;
  uint64_t best_served = 0;
  for (size_t i = 0; i < queues_.size(); ++i) {
    if (!queues_[i] || queues_[i]->jobs.empty())
      continue;
    const auto head = queues_[i]->jobs.peek(now, types);
    if (!head)
      continue;
    const uint64_t served = queues_[i]->served;
    if (!best || head->effective > best->effective || (head->effective == best->effective && served < best_served)) {
      best = pick{static_cast<uint16_t>(i), head->entry, head->effective};
      best_served = served;
    }
  }
  return best;
}

std::optional<ready_queues::pick> ready_queues::pop(steady_point now, const type_set& types) {
  auto best = peek(now, types);
  if (best)
    take(*best);
  return best;
}

void ready_queues::take(const pick& p) {
  const bool removed = remove(p.queue, p.entry);
  CB_INVARIANT(removed, "what was picked is there");
  queues_[p.queue]->served = ++pops_;
}

const job_queue* ready_queues::find(uint16_t queue) const {
  return queue < queues_.size() && queues_[queue] ? &queues_[queue]->jobs : nullptr;
}

size_t ready_queues::memory_bytes() const noexcept {
  size_t sum = queues_.capacity() * sizeof(queues_[0]);
  for (const auto& q : queues_)
    if (q)
      sum += sizeof(named) - sizeof(job_queue) + q->jobs.memory_bytes();
  return sum;
}

void ready_queues::sanity_check() const {
  size_t in_all = 0;
  for (const auto& q : queues_) {
    if (!q)
      continue;
    q->jobs.sanity_check();
    CB_INVARIANT(q->served <= pops_, "no queue was served by a pop to come");
    in_all += q->jobs.size();
  }
  CB_INVARIANT(in_all == size_, "the size is that of the queues");
}

} // namespace callboard
