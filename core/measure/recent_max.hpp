#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace callboard {

/// The longest of the durations that were recorded in the present minute and the one before, so that it tells of now
/// and not of last week. One thread at a time records; any thread reads, and may see the two minutes of a moment ago.
class recent_max {
public:
  static constexpr std::chrono::minutes window{1};

  void record(steady_point now, duration x) noexcept {
    const auto minute = minute_of(now);
    if (const auto last = minute_.load(std::memory_order_relaxed); minute != last) {
      before_.store(minute == last + 1 ? present_.load(std::memory_order_relaxed) : 0, std::memory_order_relaxed);
      present_.store(0, std::memory_order_relaxed);
      minute_.store(minute, std::memory_order_release);
    }
    if (x.count() > present_.load(std::memory_order_relaxed))
      present_.store(x.count(), std::memory_order_relaxed);
  }

  /// 0 when nothing was recorded that recently.
  duration longest(steady_point now) const noexcept {
    const auto age = minute_of(now) - minute_.load(std::memory_order_acquire);
    const auto present = present_.load(std::memory_order_relaxed), before = before_.load(std::memory_order_relaxed);
    return duration{age <= 0 ? std::max(present, before) : age == 1 ? present : 0};
  }

private:
  static int64_t minute_of(steady_point t) noexcept {
    return std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
  }

  std::atomic<int64_t> minute_{-2}, present_{0}, before_{0};
};

} // namespace callboard
