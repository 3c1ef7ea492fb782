#include "core/index/backoff_queue.hpp"

namespace callboard {

bool backoff_queue::add(const pause& p) {
  return pauses_.insert(p);
}

bool backoff_queue::remove(const pause& p) {
  return pauses_.erase(p);
}

std::optional<steady_point> backoff_queue::next_end() const {
  if (pauses_.empty())
    return std::nullopt;
  return pauses_.front().end;
}

std::vector<job_id> backoff_queue::pop_over(steady_point now, size_t max) {
  std::vector<job_id> over;
  while (over.size() < max && !pauses_.empty() && pauses_.front().end <= now)
    over.push_back(pauses_.pop_front().id);
  return over;
}

} // namespace callboard
