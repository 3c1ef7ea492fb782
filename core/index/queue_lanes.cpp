#include "core/index/queue_lanes.hpp"

#include <utility>

namespace callboard {

queue_lanes::queue_lanes(duration aging_step, const line_rules& lanes)
  : aging_step_(aging_step), rules_(&lanes), sole_(aging_step) {
}

void queue_lanes::split() {
  if (lanes_)
    return;
  lanes_ = std::make_unique<by_lane>(aging_step_, *rules_, [step = aging_step_] { return job_queue{step}; });
  if (!sole_.empty())
    lanes_->add_line(0, std::exchange(sole_, job_queue{aging_step_}));
}

bool queue_lanes::add(const ready_entry& e) {
  if (e.lane != 0)
    split();
  return lanes_ ? lanes_->add(e.lane, e) : sole_.add(e);
}

bool queue_lanes::remove(const ready_entry& e) {
  return lanes_ ? lanes_->remove(e.lane, e) : e.lane == 0 && sole_.remove(e);
}

std::optional<queue_lanes::pick> queue_lanes::peek(steady_point now, const type_set& types) {
  if (!lanes_)
    return sole_.peek(now, types);
  auto best = lanes_->peek(now, types);
  if (!best)
    return std::nullopt;
  best->entry.lane = best->line;
  return pick{best->entry, best->effective};
}

void queue_lanes::take(const pick& p) {
  if (lanes_)
    lanes_->take({p.entry.lane, p.entry, p.effective});
  else
    sole_.take(p);
}

const job_queue* queue_lanes::lane(uint32_t number) const {
  if (lanes_)
    return lanes_->find(number);
  return number == 0 && !sole_.empty() ? &sole_ : nullptr;
}

size_t queue_lanes::keys() const {
  return lanes_ ? lanes_->lines() - (lanes_->find(0) != nullptr ? 1 : 0) : 0;
}

size_t queue_lanes::place_of(const ready_entry& e) const {
  const auto* jobs = lane(e.lane);
  CB_INVARIANT(jobs, "the job is in its lane");
  return jobs->place_of(e);
}

std::optional<steady_point> queue_lanes::oldest_ready() const {
  std::optional<steady_point> oldest;
  for_each_lane([&](const job_queue& jobs) {
    if (const auto since = jobs.oldest_ready(); since && (!oldest || *since < *oldest))
      oldest = since;
  });
  return oldest;
}

size_t queue_lanes::memory_bytes() const noexcept {
  return sizeof *this - sizeof sole_ + sole_.memory_bytes() + (lanes_ ? sizeof *lanes_ + lanes_->memory_bytes() : 0);
}

void queue_lanes::sanity_check() const {
  sole_.sanity_check();
  CB_INVARIANT(!lanes_ || sole_.empty(), "the jobs are in the lanes once there are some");
  if (lanes_)
    lanes_->sanity_check();
}

} // namespace callboard
