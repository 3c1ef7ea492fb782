#pragma once

#include "core/base/time.hpp"

#include <optional>

namespace callboard {

/// A ratio as it usually is: the mean over time of what is seen, in which older values count less and less once the
/// mean is over more than its half-life (an exponentially weighted moving average). It is known once it was seen for
/// `known_after`, so that the first minutes of a new job type are nobody's history.
class usual_ratio {
public:
  static constexpr duration half_life = std::chrono::hours{12};
  static constexpr duration known_after = std::chrono::hours{1};
  /// A pause in which nothing was seen counts as no more than this.
  static constexpr duration pause_max = std::chrono::minutes{1};

  void see(steady_point now, double ratio);
  /// Nothing: it was not seen for long enough.
  std::optional<double> value() const;

private:
  double mean_ = 0;
  duration seen_{0};
  std::optional<steady_point> last_;
};

} // namespace callboard
