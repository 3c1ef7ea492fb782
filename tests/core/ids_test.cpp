#include "core/base/ids.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

using namespace callboard;
using namespace std::chrono_literals;
using test::noon;

TEST_CASE("printed ids are read back and sort as numbers", "[ids]") {
  CHECK(rc::check("print, parse, order", [](uint64_t a, uint64_t b) {
    RC_PRE(a != 0 && b != 0);
    const job_id x{a}, y{b};
    RC_ASSERT(to_string(x).size() == 17u);
    RC_ASSERT(parse_job_id(to_string(x)) == std::optional{x});
    RC_ASSERT((x < y) == (to_string(x) < to_string(y)));
  }));
  CHECK(rc::check("high numbers too", [](uint32_t a, uint32_t b) {
    const job_id x{UINT64_MAX - a}, y{UINT64_MAX - b};
    RC_ASSERT(parse_job_id(to_string(x)) == std::optional{x});
    RC_ASSERT((x < y) == (to_string(x) < to_string(y)));
  }));
  CHECK(to_string(job_id{1}) == "job_0000000000001");
  CHECK(to_string(job_id{UINT64_MAX}) == "job_fzzzzzzzzzzzz");
}

TEST_CASE("upper case is read, everything else is refused", "[ids]") {
  CHECK(parse_job_id("job_000000000001Z") == job_id{63});
  CHECK(parse_job_id("JOB_000000000001z") == job_id{63});
  for (const auto* bad :
       {"", "job_", "job_000000000001", "job_00000000000011", "jab_0000000000001", "0000000000001", "job-0000000000001",
        "job_000000000000i", "job_000000000000l", "job_000000000000o", "job_000000000000u", "job_000000000000-",
        "job_ 000000000001", " job_000000000001", "job_g000000000000", "job_zzzzzzzzzzzzz", "job_0000000000000"}) {
    INFO(bad);
    CHECK_FALSE(parse_job_id(bad));
  }
  CHECK_FALSE(parse_job_id(std::string_view{"job_00000000000\0001", 17}));
}

TEST_CASE("an id tells when its job was accepted", "[ids]") {
  id_generator ids{5};
  const auto t = noon + 123456us;
  const auto x = ids.next(t);
  CHECK(created_at(x) == noon + 123ms);
  CHECK(first_id_at(t) <= x);
  CHECK(first_id_at(t + 1ms) > x);
  CHECK(created_at(first_id_at(t)) == noon + 123ms);
  CHECK(first_id_at(time_point{}) == job_id{0});
}

TEST_CASE("ids are unique and ascend, whatever the clock does", "[ids]") {
  CHECK(rc::check("steps of the clock, also backwards", [](const std::vector<int16_t>& steps) {
    id_generator ids{static_cast<unsigned>(steps.size() % 64)};
    auto now = noon;
    job_id last;
    for (const auto step : steps) {
      now += std::chrono::microseconds{step * 100};
      const auto x = ids.next(now);
      RC_ASSERT(x > last);
      last = x;
    }
  }));
}

TEST_CASE("more ids than fit a millisecond run ahead of the clock", "[ids]") {
  id_generator ids;
  job_id last;
  constexpr size_t many = 3 * 65'536;
  for (size_t i = 0; i < many; ++i) {
    const auto x = ids.next(noon);
    REQUIRE(x > last);
    last = x;
  }
  CHECK(created_at(last) == noon + 2ms);
}

TEST_CASE("shards never give the same id", "[ids]") {
  std::set<job_id> seen;
  for (unsigned shard = 0; shard < 64; ++shard) {
    id_generator ids{shard};
    for (int i = 0; i < 10; ++i)
      CHECK(seen.insert(ids.next(noon)).second);
  }
  CHECK_THROWS_AS(id_generator{64}, std::logic_error);
}

TEST_CASE("a bound is reserved a window ahead, again at half a window", "[ids]") {
  id_generator ids;
  CHECK_FALSE(ids.bound_to_reserve(10s));
  const auto first = ids.next(noon);
  const auto bound = ids.bound_to_reserve(10s);
  REQUIRE(bound);
  CHECK(*bound > first);
  CHECK(created_at(*bound) == noon + 10s);
  CHECK_FALSE(ids.bound_to_reserve(10s));
  ids.next(noon + 4s);
  CHECK_FALSE(ids.bound_to_reserve(10s));
  ids.next(noon + 5s);
  const auto second = ids.bound_to_reserve(10s);
  REQUIRE(second);
  CHECK(created_at(*second) == noon + 15s);
}

TEST_CASE("after a crash nothing that was issued is issued again", "[ids]") {
  CHECK(rc::check("crash, with the clock set back", [](const std::vector<uint16_t>& steps, uint16_t back) {
    id_generator before{3};
    auto now = noon;
    job_id last, durable;
    for (const auto step : steps) {
      now += std::chrono::milliseconds{step};
      last = before.next(now);
      // The bound goes to disk in the same commit as the id.
      if (const auto bound = before.bound_to_reserve())
        durable = *bound;
      RC_ASSERT(last < durable);
    }
    id_generator after{3, durable};
    const auto x = after.next(now - std::chrono::seconds{back});
    RC_ASSERT(x > last);
    RC_ASSERT(x >= durable);
  }));
}
