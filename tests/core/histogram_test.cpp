#include "core/measure/histogram.hpp"
#include "tests/core/exact_quantile.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace callboard;
using namespace callboard::test;

namespace {

bool close(uint64_t told, uint64_t exact) {
  const auto difference = static_cast<double>(told > exact ? told - exact : exact - told);
  return difference <= static_cast<double>(exact) * histogram::error_max;
}

} // namespace

TEST_CASE("quantiles are within the error of the exact ones", "[histogram]") {
  CHECK(rc::check("numbers of every magnitude", [](const std::vector<std::pair<uint64_t, uint8_t>>& raw) {
    RC_PRE(!raw.empty());
    histogram h;
    std::vector<uint64_t> values;
    std::mt19937_64 random{raw.size()};
    for (const auto& [bits, shift] : raw) {
      const uint64_t value = (bits ^ random()) >> (shift % 64);
      values.push_back(value);
      h.record(value);
    }
    h.sanity_check();
    RC_ASSERT(h.count() == values.size());
    RC_ASSERT(h.max() == *std::max_element(values.begin(), values.end()));
    for (const double q : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0})
      RC_ASSERT(close(h.quantile(q), exact_quantile(values, q)));
  }));
}

TEST_CASE("edges of buckets are within the error", "[histogram]") {
  for (unsigned power = 0; power < 64; ++power)
    for (const int64_t around : {-1, 0, 1}) {
      const uint64_t value = (uint64_t{1} << power) + static_cast<uint64_t>(around);
      histogram h;
      h.record(value);
      INFO(value);
      CHECK(close(h.quantile(0.5), value));
      CHECK(h.max() == value);
    }
  histogram h;
  h.record(UINT64_MAX);
  CHECK(close(h.quantile(1), UINT64_MAX));
}

TEST_CASE("small numbers are exact", "[histogram]") {
  histogram h;
  for (uint64_t v = 0; v <= 16; ++v)
    h.record(v);
  for (uint64_t v = 0; v <= 16; ++v)
    CHECK(h.quantile(static_cast<double>(v + 1) / 17) == v);
  CHECK(h.mean() == Approx(8));
}

TEST_CASE("merging is recording both", "[histogram]") {
  CHECK(rc::check("two lists", [](const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
    histogram left, right, both;
    for (const auto v : a) {
      left.record(v);
      both.record(v);
    }
    for (const auto v : b) {
      right.record(v);
      both.record(v);
    }
    left.merge(right);
    left.sanity_check();
    RC_ASSERT(left.count() == both.count());
    RC_ASSERT(left.sum() == both.sum());
    RC_ASSERT(left.max() == both.max());
    for (const double q : {0.1, 0.5, 0.99})
      RC_ASSERT(left.quantile(q) == both.quantile(q));
  }));
}

TEST_CASE("a full bucket halves all and keeps the shape", "[histogram]") {
  histogram h;
  h.record(100, UINT32_MAX);
  h.record(10'000, UINT32_MAX / 2);
  h.record(100, 10);
  h.sanity_check();
  CHECK(h.count() == uint64_t{UINT32_MAX} + UINT32_MAX / 2 + 10);
  CHECK(close(h.quantile(0.6), 100));
  CHECK(close(h.quantile(0.7), 10'000));
  h.merge(h);
  h.sanity_check();
  CHECK(close(h.quantile(0.6), 100));
  CHECK(close(h.quantile(0.7), 10'000));
  h.record(1, UINT32_MAX);
  h.record(1, UINT32_MAX);
  h.sanity_check();
}

TEST_CASE("an empty histogram is all zero, and sums do not wrap", "[histogram]") {
  histogram h;
  CHECK(h.quantile(0.5) == 0);
  CHECK(h.mean() == 0);
  CHECK(h.view().count == 0);
  h.record(UINT64_MAX);
  h.record(UINT64_MAX, 3);
  CHECK(h.sum() == UINT64_MAX);
  h.record(5, 0);
  CHECK(h.count() == 4);
  h.clear();
  CHECK(h.count() == 0);
  CHECK(h.max() == 0);
}

TEST_CASE("the view tells the usual quantiles", "[histogram]") {
  histogram h;
  for (uint64_t v = 1; v <= 1000; ++v)
    h.record(v);
  const auto v = h.view();
  CHECK(v.count == 1000);
  CHECK(v.sum_us == 500'500);
  CHECK(v.mean_us == Approx(500.5));
  CHECK(close(v.p50_us, 500));
  CHECK(close(v.p90_us, 900));
  CHECK(close(v.p99_us, 990));
  CHECK(close(v.p999_us, 999));
  CHECK(v.max_us == 1000);
}

TEST_CASE("durations are counted at the fixed bounds, exactly and for ever") {
  histogram a, b;
  for (const auto bound : latency_bounds_us) {
    a.record(bound, UINT32_MAX);
    a.record(bound + 1, UINT32_MAX); // the buckets are halved by now
    b.record(bound);
  }
  a.merge(b);
  const auto v = a.view();
  for (size_t i = 0; i < latency_bounds_us.size(); ++i)
    CHECK(v.at_most[i] == (2 * i + 1) * uint64_t{UINT32_MAX} + i + 1);
  CHECK(std::is_sorted(latency_bounds_us.begin(), latency_bounds_us.end()));
  a.clear();
  CHECK(a.view().at_most.back() == 0);
}
