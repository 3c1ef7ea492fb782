#include "core/index/timer_queue.hpp"

namespace callboard {

bool timer_queue::add(const timer& t) {
  return timers_.insert(t);
}

bool timer_queue::remove(const timer& t) {
  return timers_.erase(t);
}

std::optional<time_point> timer_queue::next_deadline() const {
  if (timers_.empty())
    return std::nullopt;
  return timers_.front().at;
}

std::vector<timer> timer_queue::pop_due(time_point now, size_t max) {
  std::vector<timer> due;
  while (due.size() < max && !timers_.empty() && timers_.front().at <= now)
    due.push_back(timers_.pop_front());
  return due;
}

} // namespace callboard
