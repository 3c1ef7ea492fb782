#include "core/measure/hour_count.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

constexpr steady_point start{20min + 30s};

} // namespace

TEST_CASE("events are counted for an hour", "[measure]") {
  hour_count c;
  CHECK(c.count(start) == 0);
  c.record(start);
  c.record(start + 10s);
  c.record(start + 30min);
  CHECK(c.count(start + 30min) == 3);
  CHECK(c.count(start + 59min) == 3);
  CHECK(c.count(start + 60min) == 1); // the minute of the first two is an hour old
  CHECK(c.count(start + 90min) == 0);
}

TEST_CASE("a minute that comes again in the ring forgets the one before", "[measure]") {
  hour_count c;
  for (int i = 0; i < 5; ++i)
    c.record(start);
  c.record(start + 60min);
  CHECK(c.count(start + 60min) == 1);
}

TEST_CASE("an event of an earlier minute is counted at the latest", "[measure]") {
  hour_count c;
  c.record(start + 10min);
  c.record(start);
  CHECK(c.count(start + 69min) == 2);
  CHECK(c.count(start) == 2);
  CHECK(c.count(start + 70min) == 0);
}

TEST_CASE("times before the clock's beginning are no trouble", "[measure]") {
  hour_count c;
  c.record(steady_point{-90min});
  CHECK(c.count(steady_point{-90min}) == 1);
  CHECK(c.count(steady_point{0min}) == 0);
}
