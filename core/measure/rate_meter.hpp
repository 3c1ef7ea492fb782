#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace callboard {

/// Events per second over the last ten seconds: nine whole ones and what has passed of the present one.
class rate_meter {
public:
  static constexpr size_t window_seconds = 10;

  /// Counts `events` at `now`; those of an earlier second than the latest are counted at that.
  void record(steady_point now, uint64_t events = 1) noexcept;

  double per_second(steady_point now) const noexcept;

  /// Events since the beginning.
  uint64_t total() const noexcept {
    return total_;
  }

  /// Throws std::logic_error when a bucket holds more than the total.
  void sanity_check() const;

private:
  struct bucket {
    int64_t second = INT64_MIN;
    uint64_t events = 0;
  };
  static size_t slot(int64_t second) noexcept;

  std::array<bucket, window_seconds> ring_{};
  int64_t latest_ = INT64_MIN;
  uint64_t total_ = 0;
};

} // namespace callboard
