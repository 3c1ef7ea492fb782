#include "core/placement/shape_table.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("the same shape has the same number", "[shape_table]") {
  shape_table t;
  const auto a = t.acquire({1, {}}), b = t.acquire({1, {.slots = 2}}), c = t.acquire({2, {}});
  CHECK(a != b);
  CHECK(a != c);
  const auto version = t.version();
  CHECK(t.acquire({1, {}}) == a);
  CHECK(t.version() == version);
  CHECK(t.jobs(*a) == 2);
  CHECK(t.at(*b).request.slots == 2);
  CHECK(t.size() == 3);
  t.sanity_check();
}

TEST_CASE("a shape that comes again soon keeps its number and nothing has to be worked out anew", "[shape_table]") {
  shape_table t;
  const auto a = t.acquire({1, {}});
  t.release(*a);
  CHECK(t.size() == 0);
  const auto version = t.version();
  CHECK(t.acquire({1, {}}) == a);
  CHECK(t.version() == version);
  t.sanity_check();
}

TEST_CASE("shapes that come once do not use up the table", "[shape_table]") {
  shape_table t;
  const auto kept = t.acquire({7, {}});
  for (uint32_t i = 1; i < 100'000; ++i) {
    const auto n = t.acquire({0, {1, i, 0, {}, {}}});
    REQUIRE(n);
    REQUIRE(t.at(*n).request.cpu_milli == i);
    t.release(*n);
  }
  CHECK(t.end() <= shape_table::idle_kept);
  CHECK(t.at(*kept).type == 7);
  t.sanity_check();
}

TEST_CASE("a full table says so and goes on when there is room", "[shape_table]") {
  shape_table t;
  for (uint32_t i = 0; i < shape_table::shapes_max; ++i)
    REQUIRE(t.acquire({0, {1, i, 0, {}, {}}}));
  CHECK_FALSE(t.acquire({1, {}}));
  t.release(17);
  CHECK(t.acquire({1, {}}) == 17);
  CHECK_THROWS([&] {
    t.release(17);
    t.release(17);
  }());
  t.sanity_check();
}
