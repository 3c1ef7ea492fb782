#include "tests/core/alerts/watched.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using enum alert_rule;

TEST_CASE("burn rates are those of the workbook", "[alerts]") {
  CHECK(burn_rate({1, 100}, 0.99) == Approx(1));
  CHECK(burn_rate({0, 0}, 0.99) == 0);
  CHECK(fast_threshold(24h * 30, 0.999) == Approx(14.4));
  CHECK(slow_threshold(24h * 30, 0.999) == Approx(6));
  CHECK(fast_threshold(24h * 7, 0.999) == Approx(3.36));
  // At an objective of 90 percent no rate is above 10.
  CHECK(fast_threshold(24h * 30, 0.9) == Approx(9));
}

TEST_CASE("the objective of a queue for success burns", "[alerts]") {
  watched w;
  auto& q = w.v.queues["mail"];
  q.objective = queue_objective{0s, 0, 999'000, 24h * 30};
  w.look();
  const auto jobs = [&](uint64_t bad) {
    return [&q, bad] {
      q.failed += bad;
      q.completed += 1000 - bad;
    };
  };
  CHECK(w.over(7h, jobs(1)).holding.empty()); // burns as it may
  // 20 of 1000 fail: the short window sees it at once, the long one when it weighs enough there.
  CHECK_FALSE(find(w.over(5min, jobs(20)), success_burns_fast, "queue/mail"));
  const auto s = w.over(45min, jobs(20));
  REQUIRE(find(s, success_burns_fast, "queue/mail"));
  CHECK(find(s, success_burns_fast, "queue/mail")->threshold == Approx(14.4));
  CHECK_FALSE(find(s, success_burns_slow, "queue/mail"));
  // It is over: the short window says so long before the long one.
  CHECK_FALSE(find(w.over(7min, jobs(0)), success_burns_fast, "queue/mail"));
  // Less, for longer.
  const auto slow = w.over(6h, jobs(8));
  CHECK(find(slow, success_burns_slow, "queue/mail"));
  CHECK_FALSE(find(slow, success_burns_fast, "queue/mail"));
  const auto shown = w.watch.objectives(w.now.steady);
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].kind == objective_kind::success);
  CHECK(shown[0].rates.fast_long == Approx(8).margin(0.1));
}

TEST_CASE("the objective of a queue for waiting burns, and few jobs say nothing", "[alerts]") {
  watched w;
  auto& q = w.v.queues["mail"];
  q.objective = queue_objective{60s, 990'000, 0, 24h * 30};
  w.look();
  const auto starts = [&](uint64_t bad, uint64_t good) {
    q.waits += bad + good;
    q.waits_good += good;
    w.pass(10s);
    return w.look();
  };
  CHECK_FALSE(find(starts(9, 0), wait_burns_fast, "queue/mail"));
  const auto s = starts(1, 0);
  REQUIRE(find(s, wait_burns_fast, "queue/mail"));
  CHECK(find(s, wait_burns_fast, "queue/mail")->value == Approx(100));
  CHECK(find(s, wait_burns_slow, "queue/mail"));
  // Another objective is counted anew.
  q.objective->wait = 600s;
  q.waits = q.waits_good = 0;
  w.pass(10s);
  CHECK(w.look().holding.empty());
  q.objective.reset();
  CHECK(w.look().holding.empty());
  CHECK(w.watch.objectives(w.now.steady).empty());
}

TEST_CASE("when a queue will be empty", "[alerts]") {
  watched w;
  auto& q = w.v.queues["mail"];
  q.ready = 1000;
  w.look();
  CHECK(w.watch.drains().empty()); // nothing is known yet
  w.over(1min, [&] { q.ready -= 10; });
  REQUIRE(w.watch.drains().contains("mail"));
  CHECK(w.watch.drains()["mail"] == 940s);
  w.over(10min);
  CHECK(w.watch.drains().empty()); // it does not become empty
  w.over(1min, [&] { q.ready += 10; });
  CHECK(w.watch.drains().empty());
  q.ready = 0;
  w.pass(10s);
  w.look();
  CHECK(w.watch.drains().empty());
}
