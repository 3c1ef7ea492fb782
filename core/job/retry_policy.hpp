#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace callboard {

/// Shape of the wait between attempts. Values are stored: never renumber.
enum class backoff : uint8_t { fixed = 0, linear = 1, exponential = 2 };

std::string_view to_string(backoff b);
std::optional<backoff> parse_backoff(std::string_view text);

/// When a failed attempt is tried again.
struct retry_policy {
  backoff kind = backoff::exponential;
  /// The wait after the first failure (fixed: after each).
  duration base = std::chrono::seconds{1};
  /// No wait is longer.
  duration cap = std::chrono::minutes{10};
  /// Full jitter: a wait is drawn evenly from (0, w] instead of being w, so that jobs that failed together
  /// do not come back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015.
  bool jitter = true;
  /// An attempt that ran out of its requested memory (OUT_OF_MEMORY) is retried with this share of it, in percent:
  /// 150 gives half as much again each time; 100 changes nothing.
  uint32_t memory_growth_percent = 100;
  /// A grown request is never larger; 0: no bound.
  uint64_t memory_growth_max = 0;

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
};

/// The wait after the `failures`-th failure (1 is the first), at least 1 ms, at most the cap.
/// @param seed  any number; the same seed gives the same wait.
duration backoff_delay(const retry_policy& p, uint32_t failures, uint64_t seed) noexcept;

} // namespace callboard
