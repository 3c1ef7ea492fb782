#pragma once

#include "core/base/blob.hpp"
#include "core/base/time.hpp"
#include "core/job/job_log.hpp"
#include "core/placement/resources.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// How an attempt ended, as the worker tells it. Travels on the wire: never renumber.
enum class outcome_kind : uint8_t {
  succeeded = 0,        ///< a result
  failed_retryable = 1, ///< charged; tried again while retries are left
  failed_final = 2,     ///< charged; trying again cannot help
  timed_out = 3,        ///< charged; ran longer than its timeout and was stopped
  snoozed = 4,          ///< the handler asks to be run again later; not charged
  cancelled = 5,        ///< stopped because a cancel arrived
  returned = 6,         ///< handed back unfinished or unstarted (drain, prefetch); not charged
};

struct attempt_outcome {
  outcome_kind kind = outcome_kind::succeeded;
  /// For failures: a stable code and words for people.
  std::string code;
  std::string message;
  /// JSON text; also a failure may have one (exit code, captured output).
  blob result;
  /// For snoozed: how long.
  duration snooze{0};
  /// For failures that are tried again: whoever refused the work asked to be left alone this long. The next attempt
  /// comes not before that, nor before the back-off of the job's policy. 0: nothing was asked for.
  duration retry_after{0};
  /// Last lines the handler logged.
  log_lines log;
  /// When the attempt started and ended, by the worker's clock; started is the epoch if it never did.
  time_point started_at{};
  time_point finished_at{};
  attempt_usage usage;
  /// The last checkpoint that it saved, if it saved any.
  std::optional<blob> checkpoint;
};

} // namespace callboard
