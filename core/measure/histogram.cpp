#include "core/measure/histogram.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace callboard {

namespace {

uint64_t add_up_to_max(uint64_t a, uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t multiply_up_to_max(uint64_t a, uint64_t b) noexcept {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

} // namespace

size_t histogram::bucket_of(uint64_t value) noexcept {
  if (value < sub_count)
    return static_cast<size_t>(value);
  const auto power = static_cast<unsigned>(std::bit_width(value)) - 1; // at least sub_bits
  const unsigned shift = power - sub_bits;
  return sub_count + size_t{shift} * sub_count + static_cast<size_t>((value >> shift) & (sub_count - 1));
}

uint64_t histogram::middle_of(size_t bucket) noexcept {
  if (bucket < sub_count)
    return bucket;
  const auto shift = static_cast<unsigned>((bucket - sub_count) / sub_count);
  const uint64_t lowest = (sub_count + (bucket - sub_count) % sub_count) << shift;
  return lowest + ((uint64_t{1} << shift) - 1) / 2;
}

void histogram::record(uint64_t value, uint32_t times) noexcept {
  if (times == 0)
    return;
  auto& bucket = buckets_[bucket_of(value)];
  while (bucket > UINT32_MAX - times)
    halve();
  bucket += times;
  weight_ += times;
  count_ += times;
  sum_ = add_up_to_max(sum_, multiply_up_to_max(value, times));
  const auto bound = std::lower_bound(latency_bounds_us.begin(), latency_bounds_us.end(), value);
  if (bound != latency_bounds_us.end())
    bounded_[static_cast<size_t>(bound - latency_bounds_us.begin())] += times;
  max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) noexcept {
  const histogram from = other; // it may be this one
  for (size_t i = 0; i < bucket_count; ++i) {
    if (from.buckets_[i] == 0)
      continue;
    while (buckets_[i] > UINT32_MAX - from.buckets_[i])
      halve();
    buckets_[i] += from.buckets_[i];
    weight_ += from.buckets_[i];
  }
  for (size_t i = 0; i < bounded_.size(); ++i)
    bounded_[i] += from.bounded_[i];
  count_ += from.count_;
  sum_ = add_up_to_max(sum_, from.sum_);
  max_ = std::max(max_, from.max_);
}

void histogram::clear() noexcept {
  *this = histogram{};
}

void histogram::halve() noexcept {
  weight_ = 0;
  for (auto& bucket : buckets_) {
    bucket /= 2;
    weight_ += bucket;
  }
}

uint64_t histogram::quantile(double q) const noexcept {
  if (weight_ == 0)
    return 0;
  const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(weight_);
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(share)), 1, weight_);
  uint64_t seen = 0;
  for (size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i];
    if (seen >= rank)
      return std::min(middle_of(i), max_);
  }
  return max_;
}

latency_view histogram::view() const {
  latency_view v;
  v.count = count_;
  v.mean_us = mean();
  v.p50_us = quantile(0.5);
  v.p90_us = quantile(0.9);
  v.p99_us = quantile(0.99);
  v.p999_us = quantile(0.999);
  v.max_us = max_;
  v.sum_us = sum_;
  std::partial_sum(bounded_.begin(), bounded_.end(), v.at_most.begin());
  return v;
}

void histogram::sanity_check() const {
  uint64_t weight = 0;
  for (const auto bucket : buckets_)
    weight += bucket;
  CB_INVARIANT(weight == weight_, "the weight is the sum of the buckets");
  CB_INVARIANT(weight <= count_ && (weight == 0) == (count_ == 0), "the buckets hold what was recorded");
}

} // namespace callboard
