#include "core/measure/rate_meter.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;

TEST_CASE("a steady rate is told as it is", "[rate_meter]") {
  rate_meter m;
  for (auto t = later_on; t < later_on + 30s; t += 10ms)
    m.record(t);
  CHECK(m.per_second(later_on + 30s - 1us) == Approx(100).epsilon(0.01));
  CHECK(m.total() == 3000);
}

TEST_CASE("what lies ten seconds back is forgotten", "[rate_meter]") {
  rate_meter m;
  m.record(later_on, 90);
  CHECK(m.per_second(later_on) == Approx(10));
  CHECK(m.per_second(later_on + 9s) == Approx(10));
  CHECK(m.per_second(later_on + 10s) == 0);
  CHECK(m.per_second(later_on + 10h) == 0);
  m.record(later_on + 10h, 9);
  CHECK(m.per_second(later_on + 10h) == Approx(1));
  m.sanity_check();
}

TEST_CASE("a meter that counted nothing tells zero", "[rate_meter]") {
  CHECK(rate_meter{}.per_second(later_on) == 0);
  CHECK(rate_meter{}.per_second(steady_point{}) == 0);
}

TEST_CASE("the rate agrees with counting", "[rate_meter]") {
  CHECK(rc::check("random events", [](const std::vector<std::pair<uint16_t, uint8_t>>& events) {
    rate_meter m;
    std::vector<std::pair<steady_point, uint64_t>> all;
    auto now = later_on;
    for (const auto& [gap, n] : events) {
      now += std::chrono::milliseconds{gap};
      m.record(now, n);
      all.emplace_back(now, n);
      const auto second = std::chrono::floor<std::chrono::seconds>(now);
      uint64_t within = 0;
      for (const auto& [t, k] : all)
        if (std::chrono::floor<std::chrono::seconds>(t) > second - 10s)
          within += k;
      const double passed = 9 + std::chrono::duration<double>(now - second).count();
      RC_ASSERT(std::abs(m.per_second(now) - static_cast<double>(within) / passed) < 1e-9);
    }
    m.sanity_check();
  }));
}

TEST_CASE("a clock that is set back loses nothing", "[rate_meter]") {
  rate_meter m;
  m.record(later_on + 1h, 9);
  m.record(later_on, 9);
  CHECK(m.total() == 18);
  CHECK(m.per_second(later_on + 1h) == Approx(2));
  m.sanity_check();
}
