#include "core/measure/recent_max.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE("recent max: the longest of this minute and the one before") {
  recent_max m;
  const steady_point start{10min};
  CHECK(m.longest(start) == 0us);
  m.record(start + 5s, 3ms);
  m.record(start + 59s, 2ms);
  CHECK(m.longest(start + 59s) == 3ms);
  CHECK(m.longest(start + 119s) == 3ms);
  m.record(start + 61s, 1ms);
  CHECK(m.longest(start + 119s) == 3ms);
  CHECK(m.longest(start + 121s) == 1ms);
  CHECK(m.longest(start + 181s) == 0us);
  m.record(start + 10min, 1us);
  CHECK(m.longest(start + 10min) == 1us);
}
