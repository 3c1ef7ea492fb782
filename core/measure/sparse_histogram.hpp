#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace callboard {

/// A distribution of whole numbers of any size, with a relative error of at most 1/16 (6.3 %), in memory that grows
/// with the number of different sizes that occur: for many distributions of which most are narrow. Not thread-safe.
///
/// Log-linear buckets: numbers below 8 have their own; above, each power of two is divided into 8 equal buckets, and a
/// quantile is told as the middle of its bucket. Source: G. Tene, HdrHistogram (hdrhistogram.org).
class sparse_histogram {
public:
  /// Largest relative error of a quantile.
  static constexpr double error_max = 1.0 / 16;
  static constexpr unsigned sub_bits = 3;
  static constexpr uint16_t sub_count = 1u << sub_bits;
  static constexpr uint16_t bucket_count = sub_count + (64 - sub_bits) * sub_count;

  /// A bucket that is not empty, and how many numbers are in it.
  using bucket = std::pair<uint16_t, uint64_t>;

  void record(uint64_t value);
  /// Adds what another one has recorded.
  void merge(const sparse_histogram& other);

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
  /// Sorted by number.
  const std::vector<bucket>& buckets() const noexcept {
    return buckets_;
  }

  /// As it was written down. Nothing in it is trusted: false, and it is empty, when the buckets are not sorted or do
  /// not exist, or one is empty.
  bool restore(std::vector<bucket> buckets, uint64_t sum, uint64_t max);

  friend bool operator==(const sparse_histogram&, const sparse_histogram&) = default;

private:
  void add(uint16_t bucket, uint64_t times);

  std::vector<bucket> buckets_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

} // namespace callboard
