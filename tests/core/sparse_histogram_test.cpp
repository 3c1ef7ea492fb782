#include "core/measure/sparse_histogram.hpp"
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
  return difference <= static_cast<double>(exact) * sparse_histogram::error_max;
}

sparse_histogram of(const std::vector<uint64_t>& values) {
  sparse_histogram h;
  for (const auto v : values)
    h.record(v);
  return h;
}

} // namespace

TEST_CASE("quantiles of a sparse histogram are within its error", "[sparse_histogram]") {
  CHECK(rc::check("numbers of every magnitude", [](const std::vector<std::pair<uint64_t, uint8_t>>& raw) {
    RC_PRE(!raw.empty());
    std::vector<uint64_t> values;
    std::mt19937_64 random{raw.size()};
    for (const auto& [bits, shift] : raw)
      values.push_back((bits ^ random()) >> (shift % 64));
    const auto h = of(values);
    RC_ASSERT(h.count() == values.size());
    RC_ASSERT(h.max() == *std::max_element(values.begin(), values.end()));
    for (const double q : {0.0, 0.5, 0.95, 0.99, 1.0})
      RC_ASSERT(close(h.quantile(q), exact_quantile(values, q)));
  }));
}

TEST_CASE("two sparse histograms put together are as one that saw everything", "[sparse_histogram]") {
  CHECK(rc::check("any two", [](std::vector<uint64_t> a, const std::vector<uint64_t>& b) {
    auto both = of(a);
    both.merge(of(b));
    a.insert(a.end(), b.begin(), b.end());
    RC_ASSERT(both == of(a));
    sparse_histogram again;
    RC_ASSERT(again.restore(both.buckets(), both.sum(), both.max()));
    RC_ASSERT(again == both);
  }));
}

TEST_CASE("an empty sparse histogram has no sizes, and what is no histogram is not restored", "[sparse_histogram]") {
  sparse_histogram h;
  CHECK((h.count() == 0 && h.quantile(0.5) == 0 && h.max() == 0));
  h.record(0);
  CHECK((h.count() == 1 && h.quantile(1) == 0));
  using buckets = std::vector<sparse_histogram::bucket>;
  for (const auto& bad : {buckets{{3, 1}, {3, 1}}, buckets{{4, 1}, {3, 1}}, buckets{{3, 0}},
                          buckets{{sparse_histogram::bucket_count, 1}}, buckets{{1, UINT64_MAX}, {2, 1}}}) {
    CHECK_FALSE(h.restore(bad, 1, 1));
    CHECK(h.count() == 0);
  }
}
