#pragma once

#include "core/job/views.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace callboard {

/// A distribution of whole numbers (microseconds) of any size in less than 4 KB, with a relative error of at most
/// 1/32 (3.1 %). Not thread-safe.
///
/// Log-linear buckets: numbers below 16 have their own; above, each power of two is divided into 16 equal buckets,
/// and a quantile is told as the middle of its bucket. Source: G. Tene, HdrHistogram (hdrhistogram.org).
/// A bucket counts to 2^32 - 1. When one is full, all are halved: the shape stays; count, sum and max stay exact.
class histogram {
public:
  /// Largest relative error of a quantile.
  static constexpr double error_max = 1.0 / 32;

  void record(uint64_t value) noexcept {
    record(value, 1);
  }
  void record(uint64_t value, uint32_t times) noexcept;

  /// Adds what another one has recorded.
  void merge(const histogram& other) noexcept;

  void clear() noexcept;

  /// The smallest recorded number that a share of `q` (0..1) of all does not exceed, within the error; 0 when empty.
  uint64_t quantile(double q) const noexcept;

  uint64_t count() const noexcept {
    return count_;
  }
  /// Stays at its largest number when it would exceed 64 bits.
  uint64_t sum() const noexcept {
    return sum_;
  }
  uint64_t max() const noexcept {
    return max_;
  }
  double mean() const noexcept {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  latency_view view() const;

  /// Throws std::logic_error when the buckets contradict the count.
  void sanity_check() const;

private:
  static constexpr unsigned sub_bits = 4;
  static constexpr size_t sub_count = size_t{1} << sub_bits;
  static constexpr size_t bucket_count = sub_count + (64 - sub_bits) * sub_count;

  static size_t bucket_of(uint64_t value) noexcept;
  static uint64_t middle_of(size_t bucket) noexcept;
  void halve() noexcept;

  std::array<uint32_t, bucket_count> buckets_{};
  uint64_t weight_ = 0; // sum of the buckets: count_, unless they were halved
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
  /// Per bound of `latency_bounds_us`, what lies above the one before and not above this one. Kept apart from the
  /// buckets, because these are never halved: monitoring takes a smaller count for a restart.
  std::array<uint64_t, latency_bounds_us.size()> bounded_{};
};
static_assert(sizeof(histogram) < 4096);

} // namespace callboard
