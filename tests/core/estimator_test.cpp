#include "core/placement/estimator.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;
using test::noon;

TEST_CASE("the mean starts with the first value and follows by an eighth", "[estimator]") {
  moving_average a;
  a.record(80);
  CHECK(a.mean() == Approx(80));
  a.record(160);
  CHECK(a.mean() == Approx(90));
  for (int i = 0; i < 200; ++i)
    a.record(10);
  CHECK(a.mean() == Approx(10).epsilon(0.01));
}

TEST_CASE("run times are known by type and over all", "[estimator]") {
  estimator e;
  CHECK_FALSE(e.mean_run());
  CHECK_FALSE(e.mean_run(3));
  e.record_run(3, 8ms);
  e.record_run(1, 16ms);
  e.record_run(1, -5ms);
  CHECK(e.mean_run(3) == duration{8ms});
  CHECK(e.mean_run(1) == duration{16ms});
  CHECK_FALSE(e.mean_run(0));
  CHECK(e.mean_run() == duration{9ms});
}

TEST_CASE("short types are prefetched once they are known", "[estimator]") {
  estimator e;
  for (uint64_t i = 0; i + 1 < estimator::prefetch_samples_min; ++i)
    e.record_run(0, 1ms);
  CHECK_FALSE(e.prefetches(0, 5ms));
  e.record_run(0, 1ms);
  CHECK(e.prefetches(0, 5ms));
  CHECK_FALSE(e.prefetches(0, 1ms));
  CHECK_FALSE(e.prefetches(1, 5ms));
}

TEST_CASE("a start is estimated by the jobs ahead, the slots and the mean", "[estimator]") {
  CHECK(estimator::estimate_start(noon, 0, 4, 1s) == noon);
  CHECK(estimator::estimate_start(noon, 8, 4, 1s) == noon + 2s);
  CHECK(estimator::estimate_start(noon, 8, 0, 1s) == noon + 8s);
  CHECK(estimator::estimate_start(noon, 8, 4, -1s) == noon);
  CHECK(estimator::estimate_start(noon, UINT64_MAX, 1, duration::max()) == time_point::max());
}

TEST_CASE("an estimate uses what was measured", "[estimator]") {
  estimator e;
  CHECK(e.estimate(noon, 2, 4, 3) == noon);
  // Those ahead take all three free slots: it needs one more start.
  CHECK(e.estimate(noon, 3, 4, 3) == noon + 250ms);
  // Three are ahead and none is free: the fourth start is its own, a second per run on two slots.
  CHECK(e.estimate(noon, 3, 2, 0) == noon + 2s);
  e.record_run(0, 3s);
  CHECK(e.estimate(noon, 3, 2, 0) == noon + 6s);
  e.record_start(later_on, true);
  CHECK(e.estimate(noon, 3, 2, 0) == noon + 6s);
  e.record_start(later_on + 100ms, true);
  CHECK(e.estimate(noon, 3, 2, 0) == noon + 400ms);
}

TEST_CASE("time between starts counts under a backlog only", "[estimator]") {
  estimator e;
  const auto next_start = [&] { return e.estimate(noon, 0, 1, 0) - noon; };
  e.record_start(later_on, true);
  e.record_start(later_on + 10s, false);
  e.record_start(later_on + 20s, true);
  CHECK(next_start() == estimator::unknown_run);
  e.record_start(later_on + 19s, true);
  CHECK(next_start() == estimator::unknown_run);
  e.record_start(later_on + 21s, true);
  CHECK(next_start() == duration{2s});
}
