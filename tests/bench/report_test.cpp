#include "bench/report.hpp"

#include <catch2/catch.hpp>

using namespace callboard::bench;
using namespace std::chrono_literals;

TEST_CASE("a percentile is the smallest value that at least this share does not exceed") {
  latencies taken;
  REQUIRE(taken.percentile(0.5) == 0);
  for (auto us = 100; us >= 1; --us)
    taken.add(std::chrono::microseconds{us});
  CHECK(taken.percentile(0) == 1);
  CHECK(taken.percentile(0.5) == 50);
  CHECK(taken.percentile(0.99) == 99);
  CHECK(taken.percentile(0.999) == 100);
  CHECK(taken.percentile(1) == 100);
  taken.add(-1s); // clocks of two processes may differ
  CHECK(taken.percentile(0) == 0);
}

TEST_CASE("a median is the middle, or between the two in the middle") {
  CHECK(median({}) == 0);
  CHECK(median({3}) == 3);
  CHECK(median({9, 1, 5}) == 5);
  CHECK(median({4, 1, 2, 9}) == 3);
}

TEST_CASE("rates and times are rounded as they are shown") {
  CHECK(per_second(1000, 250ms) == 4000);
  CHECK(per_second(1, 0ns) == 0);
  CHECK(to_ms(1'234'567ns) == 1.23);
  CHECK(to_seconds(1'234'567'891ns) == 1.235);
}
