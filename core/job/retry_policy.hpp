#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Shape of the wait between attempts. Values are stored: never renumber.
enum class backoff : uint8_t { fixed = 0, linear = 1, exponential = 2 };

std::string_view to_string(backoff b);
std::optional<backoff> parse_backoff(std::string_view text);

/// What follows from a failure with a certain code. Values are stored: never renumber.
enum class failure_action : uint8_t {
  retry = 0,  ///< charged and tried again while retries are left, also where the handler says that it cannot help
  fail = 1,   ///< the job fails, however many retries are left
  snooze = 2, ///< not charged; tried again after `wait`
};

std::string_view to_string(failure_action a);
std::optional<failure_action> parse_failure_action(std::string_view text);

/// What a job wants done about failures with this code.
struct failure_rule {
  std::string code; ///< of the failure; `*` at its end: any that begins so; `*` alone: any
  failure_action action = failure_action::retry;
  duration wait{0}; ///< of `snooze`
  friend bool operator==(const failure_rule&, const failure_rule&) = default;
};

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
  /// The first rule whose code fits decides; none: what the outcome says. Those of REST begin with what says most.
  std::vector<failure_rule> rules;
  /// No attempt begins later than this after the job's first one began, for failures and snoozes; 0: no bound.
  duration total{0};

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
};

/// The wait after the `failures`-th failure (1 is the first), at least 1 ms, at most the cap.
/// @param seed  any number; the same seed gives the same wait.
duration backoff_delay(const retry_policy& p, uint32_t failures, uint64_t seed) noexcept;

} // namespace callboard
