#include "core/base/restart_budget.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;

TEST_CASE("one restart more than the intensity within the period is too many", "[restart_budget]") {
  restart_budget budget{3, 10s};
  CHECK(budget.spend(later_on));
  CHECK(budget.spend(later_on + 1s));
  CHECK(budget.spend(later_on + 2s));
  CHECK_FALSE(budget.spend(later_on + 10s)); // the first is exactly a period old: it counts
  CHECK(budget.spent(later_on + 10s) == 4);
  CHECK(budget.spent(later_on + 13s) == 1);
}

TEST_CASE("restarts are forgotten after the period", "[restart_budget]") {
  restart_budget budget{1, 10s};
  CHECK(budget.spend(later_on));
  CHECK(budget.spend(later_on + 10s + 1us));
  CHECK_FALSE(budget.spend(later_on + 11s));
}

TEST_CASE("an intensity of zero allows none", "[restart_budget]") {
  restart_budget budget{0, 1s};
  CHECK_FALSE(budget.spend(later_on));
  CHECK_THROWS_AS((restart_budget{1, 0s}), std::logic_error);
}

TEST_CASE("the budget agrees with counting", "[restart_budget]") {
  CHECK(rc::check("random restarts", [](uint8_t intensity, uint8_t period, const std::vector<uint8_t>& gaps) {
    const uint32_t most = intensity % 6;
    const auto window = std::chrono::seconds{period % 30 + 1};
    restart_budget budget{most, window};
    std::vector<steady_point> all;
    auto now = later_on;
    for (const auto gap : gaps) {
      now += std::chrono::seconds{gap % 10};
      all.push_back(now);
      const auto within = std::count_if(all.begin(), all.end(), [&](steady_point t) { return now - t <= window; });
      RC_ASSERT(budget.spend(now) == (within <= most));
      budget.sanity_check();
    }
  }));
}
