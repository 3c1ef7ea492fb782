#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace callboard {

/// Counts the events of the last hour: of the 59 whole minutes before the present one, and of what has passed of that.
class hour_count {
public:
  static constexpr size_t window_minutes = 60;

  /// Counts one event at `now`; one of an earlier minute than the latest is counted at that.
  void record(steady_point now) noexcept {
    latest_ = std::max(latest_, minute_of(now));
    auto& b = ring_[slot(latest_)];
    if (b.minute != latest_)
      b = bucket{latest_, 0};
    ++b.events;
  }

  uint64_t count(steady_point now) const noexcept {
    const int64_t minute = std::max(latest_, minute_of(now));
    uint64_t events = 0;
    for (const auto& b : ring_)
      if (b.minute > minute - static_cast<int64_t>(window_minutes))
        events += b.events;
    return events;
  }

private:
  /// Before all times, and far enough from the least number that the window below it is one, too.
  static constexpr int64_t never = INT64_MIN / 2;

  struct bucket {
    int64_t minute = never;
    uint64_t events = 0;
  };
  static int64_t minute_of(steady_point t) noexcept {
    return std::chrono::floor<std::chrono::minutes>(t).time_since_epoch().count();
  }
  static size_t slot(int64_t minute) noexcept {
    constexpr auto n = static_cast<int64_t>(window_minutes);
    return static_cast<size_t>(((minute % n) + n) % n);
  }

  std::array<bucket, window_minutes> ring_{};
  int64_t latest_ = never;
};

} // namespace callboard
