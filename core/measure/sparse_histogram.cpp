#include "core/measure/sparse_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace callboard {

namespace {

uint64_t add_up_to_max(uint64_t a, uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint16_t bucket_of(uint64_t value) noexcept {
  constexpr auto bits = sparse_histogram::sub_bits;
  constexpr uint64_t subs = sparse_histogram::sub_count;
  if (value < subs)
    return static_cast<uint16_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - bits;
  return static_cast<uint16_t>(subs + shift * subs + ((value >> shift) & (subs - 1)));
}

uint64_t middle_of(uint16_t bucket) noexcept {
  constexpr uint64_t subs = sparse_histogram::sub_count;
  if (bucket < subs)
    return bucket;
  const auto shift = static_cast<unsigned>((bucket - subs) / subs);
  const uint64_t lowest = (subs + (bucket - subs) % subs) << shift;
  return lowest + ((uint64_t{1} << shift) - 1) / 2;
}

} // namespace

void sparse_histogram::add(uint16_t number, uint64_t times) {
  const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), number,
                                   [](const bucket& b, uint16_t wanted) { return b.first < wanted; });
  if (at != buckets_.end() && at->first == number)
    at->second += times;
  else
    buckets_.insert(at, {number, times});
  count_ += times;
}

void sparse_histogram::record(uint64_t value) {
  add(bucket_of(value), 1);
  sum_ = add_up_to_max(sum_, value);
  max_ = std::max(max_, value);
}

void sparse_histogram::merge(const sparse_histogram& other) {
  std::vector<bucket> both;
  both.reserve(buckets_.size() + other.buckets_.size());
  auto a = buckets_.cbegin();
  auto b = other.buckets_.cbegin();
  while (a != buckets_.cend() || b != other.buckets_.cend()) {
    if (b == other.buckets_.cend() || (a != buckets_.cend() && a->first < b->first)) {
      both.push_back(*a++);
    } else if (a == buckets_.cend() || b->first < a->first) {
      both.push_back(*b++);
    } else {
      both.emplace_back(a->first, a->second + b->second);
      ++a;
      ++b;
    }
  }
  count_ += other.count_;
  sum_ = add_up_to_max(sum_, other.sum_);
  max_ = std::max(max_, other.max_);
  buckets_ = std::move(both);
}

uint64_t sparse_histogram::quantile(double q) const noexcept {
  if (count_ == 0)
    return 0;
  const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(share)), 1, count_);
  uint64_t seen = 0;
  for (const auto& [number, times] : buckets_) {
    seen += times;
    if (seen >= rank)
      return std::min(middle_of(number), max_);
  }
  return max_;
}

bool sparse_histogram::restore(std::vector<bucket> buckets, uint64_t sum, uint64_t max) {
  *this = sparse_histogram{};
  uint64_t count = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const auto& [number, times] = buckets[i];
    if (number >= bucket_count || times == 0 || times > UINT64_MAX - count || (i > 0 && number <= buckets[i - 1].first))
      return false;
    count += times;
  }
  buckets_ = std::move(buckets);
  count_ = count;
  sum_ = sum;
  max_ = max;
  return true;
}

} // namespace callboard
