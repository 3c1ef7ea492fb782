#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace callboard {

/// An exponentially weighted moving average: m += (x - m) / 8, starting with the first value.
/// Source of the gain of 1/8: V. Jacobson, "Congestion Avoidance and Control", 1988 (RFC 6298 for round trips).
class moving_average {
public:
  static constexpr double gain = 0.125;

  void record(double x) noexcept {
    mean_ = samples_++ == 0 ? x : mean_ + gain * (x - mean_);
  }
  double mean() const noexcept {
    return mean_;
  }
  uint64_t samples() const noexcept {
    return samples_;
  }

private:
  double mean_ = 0;
  uint64_t samples_ = 0;
};

/// Learns how long attempts run and how fast they start, and tells when a job will probably start.
class estimator {
public:
  /// Assumed mean run time of a type of which nothing is known.
  static constexpr duration unknown_run = std::chrono::seconds{1};
  /// Attempts to have seen before a type's mean decides about prefetch.
  static constexpr uint64_t prefetch_samples_min = 8;

  /// An attempt of this type ended after `ran`.
  void record_run(uint16_t type, duration ran);

  /// An attempt started. The time between starts counts only while others waited (`backlog`): otherwise it tells
  /// how often jobs come, not how fast they can be started.
  void record_start(steady_point now, bool backlog);

  /// Mean run time of a type, of all types; nothing before the first attempt ended.
  std::optional<duration> mean_run(uint16_t type) const;
  /// The same, or `unknown_run` while none has run.
  duration usual_run(uint16_t type) const {
    return mean_run(type).value_or(unknown_run);
  }
  std::optional<duration> mean_run() const;

  /// True when the type is known well enough and so short that fetching attempts ahead pays.
  bool prefetches(uint16_t type, duration below) const;

  /// When a job with `ahead` jobs before it will start, on `slots` slots (0 counts as 1) of which `slots_free` are
  /// free. The measured time between starts wins over the computed one.
  time_point estimate(time_point now, uint64_t ahead, uint64_t slots, uint64_t slots_free) const;

  /// now + ahead * mean / slots: slots / mean jobs start per unit of time, and Little's law (J. Little, "A Proof for
  /// the Queuing Formula L = λW", 1961) gives the wait W of the L = ahead jobs. Never beyond the end of time.
  static time_point estimate_start(time_point now, uint64_t ahead, uint64_t slots, duration mean);

private:
  std::vector<moving_average> run_us_; // by type
  moving_average all_run_us_;
  moving_average between_starts_us_;
  std::optional<steady_point> last_start_; // nothing unless a backlog has lasted since
};

} // namespace callboard
