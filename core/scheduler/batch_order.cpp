#include "core/scheduler/batch_order.hpp"

#include <numeric>

namespace callboard {

batch_order::batch_order(size_t n, const std::vector<batch_dependency>& edges) {
  if (edges.empty()) {
    positions_.resize(n);
    std::iota(positions_.begin(), positions_.end(), size_t{0});
    return;
  }
  waits_for_.resize(n);
  std::vector<std::vector<size_t>> waiters(n);
  std::vector<size_t> open(n);
  for (const auto& d : edges) {
    waits_for_[d.job].push_back({d.depends_on, d.on});
    waiters[d.depends_on].push_back(d.job);
    ++open[d.job];
  }
  positions_.reserve(n);
  for (size_t i = 0; i < n; ++i)
    if (open[i] == 0)
      positions_.push_back(i);
  for (size_t at = 0; at < positions_.size(); ++at)
    for (auto j : waiters[positions_[at]])
      if (--open[j] == 0)
        positions_.push_back(j);
}

const std::vector<batch_order::inner>& batch_order::waits_for(size_t i) const {
  static const std::vector<inner> none;
  return waits_for_.empty() ? none : waits_for_[i];
}

} // namespace callboard
