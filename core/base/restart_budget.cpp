#include "core/base/restart_budget.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>

namespace callboard {

restart_budget::restart_budget(uint32_t intensity, duration period) : intensity_(intensity), period_(period) {
  CB_INVARIANT(period > duration{0}, "a period is positive");
}

bool restart_budget::spend(steady_point now) {
  restarts_.push_back(now);
  while (now - restarts_.front() > period_ || restarts_.size() > size_t{intensity_} + 1)
    restarts_.pop_front();
  return restarts_.size() <= intensity_;
}

uint32_t restart_budget::spent(steady_point now) const {
  return static_cast<uint32_t>(
    std::count_if(restarts_.begin(), restarts_.end(), [&](steady_point at) { return now - at <= period_; }));
}

void restart_budget::sanity_check() const {
  CB_INVARIANT(restarts_.size() <= size_t{intensity_} + 1, "no more restarts are remembered than decide");
  CB_INVARIANT(std::is_sorted(restarts_.begin(), restarts_.end()), "restarts are remembered in order");
}

} // namespace callboard
