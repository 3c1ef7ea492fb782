#include "core/alerts/usual_ratio.hpp"

#include <algorithm>
#include <cmath>

namespace callboard {

void usual_ratio::see(steady_point now, double ratio) {
  if (!last_) {
    last_ = now;
    mean_ = ratio;
    return;
  }
  const auto passed = std::clamp(now - *last_, duration{0}, pause_max);
  last_ = now;
  if (passed == duration{0})
    return;
  seen_ += passed;
  const auto us = [](duration d) { return static_cast<double>(d.count()); };
  const auto weight = std::max(us(passed) / us(seen_), 1 - std::exp2(-us(passed) / us(half_life)));
  mean_ += (ratio - mean_) * weight;
}

std::optional<double> usual_ratio::value() const {
  return seen_ >= known_after ? std::optional{mean_} : std::nullopt;
}

} // namespace callboard
