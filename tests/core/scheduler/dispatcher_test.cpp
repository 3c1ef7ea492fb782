#include "tests/core/scheduler/plan.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using callboard::test::noon;
using callboard::test::nowhere;
using callboard::test::plan;
using namespace std::chrono_literals;

namespace {} // namespace

TEST_CASE_METHOD(plan, "dispatcher: priority first, then first come", "[dispatcher]") {
  const auto a = job().add(), b = job().priority(9).add(), c = job().add();
  const auto w = worker().slots(2).add();
  run();
  CHECK(order == std::vector{b, a});
  CHECK(of(c) == nowhere);
  end(b);
  CHECK(of(c) == w);
}

TEST_CASE_METHOD(plan, "dispatcher: nothing without a worker that runs the type and may", "[dispatcher]") {
  const auto a = job().type("exec").add(), b = job().add();
  const auto w = worker().slots(4).add();
  worker("new").types({"exec"}).unwritten().add();
  run();
  CHECK(of(a) == nowhere); // though it is first
  CHECK(of(b) == w);
}

TEST_CASE_METHOD(plan, "dispatcher: queues of equal priority share the slots", "[dispatcher]") {
  std::vector<job_id> mine, theirs;
  for (int i = 0; i < 3; ++i)
    mine.push_back(job().queue("mine").add());
  for (int i = 0; i < 3; ++i)
    theirs.push_back(job().queue("theirs").add());
  worker().slots(4).add();
  run();
  CHECK(of(mine[1]) != nowhere);
  CHECK(of(theirs[1]) != nowhere);
  CHECK(of(mine[2]) == nowhere);
  CHECK(of(theirs[2]) == nowhere);
}

TEST_CASE_METHOD(plan, "dispatcher: a worker is kept for a large job, and small ones go elsewhere", "[dispatcher]") {
  const auto north = worker("north").slots(2).add();
  const auto first = job().add();
  run();
  REQUIRE(of(first) == north);
  const auto large = job().slots(2).add(), small = job().add();
  run();
  CHECK(of(large) == nowhere);
  CHECK(of(small) == nowhere); // the free slot is kept
  const auto south = worker("south").add();
  run();
  CHECK(of(small) == south);
  end(first);
  CHECK(of(large) == north);
}

TEST_CASE_METHOD(plan, "dispatcher: what no worker could ever run holds up nobody", "[dispatcher]") {
  const auto w = worker().memory(1000).add();
  const auto huge = job().priority(9).memory(2000).add(), plain = job().add();
  run();
  CHECK(of(huge) == nowhere);
  CHECK(of(plain) == w);
}

TEST_CASE("dispatcher: short jobs are given ahead, evenly, as far as the settings say", "[dispatcher]") {
  plan p{dispatch_settings{3, 100ms}};
  const auto a = p.worker("a").add(), b = p.worker("b").add();
  std::vector<job_id> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(p.job().add());
  SECTION("not while nothing is known of their type") {
    p.run();
    CHECK(p.order.size() == 2);
  }
  SECTION("not when they are long") {
    p.learn("noop", 200ms);
    p.run();
    CHECK(p.order.size() == 2);
  }
  SECTION("up to the number") {
    p.learn("noop", 1ms);
    p.run();
    CHECK(p.order.size() == 2 * (1 + 3));
    CHECK(p.of(all[2]) != p.of(all[3]));
    CHECK(p.ledger().of_worker(a).size() == 4);
    CHECK(p.ledger().of_worker(b).size() == 4);
    CHECK(p.order == std::vector<job_id>(all.begin(), all.begin() + 8)); // the line's order
  }
  SECTION("up to the work ahead") {
    p.learn("noop", 20ms); // two of them in the 50 ms that a worker holds ahead
    p.run();
    CHECK(p.order.size() == 2 * (1 + 2));
  }
  SECTION("to none that is kept back") {
    p.learn("noop", 1ms);
    p.ledger().set_accepts(b, false, p.now);
    p.run();
    CHECK(p.ledger().of_worker(b).empty());
    CHECK(p.order.size() == 4);
  }
}

TEST_CASE_METHOD(plan, "dispatcher: the estimate counts who is ahead", "[dispatcher]") {
  const auto busy = job().add();
  worker().add();
  run();
  REQUIRE(of(busy) != nowhere);
  learn("noop", 2s);
  CHECK(decides().estimate(priority_default, now) <= noon + 2s);
  for (int i = 0; i < 10; ++i)
    job().priority(3).add();
  CHECK(decides().estimate(9, now) <= noon + 2s);
  const auto low = decides().estimate(3, now);
  CHECK(low >= noon + 20s);
  CHECK(low <= noon + 24s);
}

TEST_CASE_METHOD(plan, "dispatcher x limits: a queue at its concurrency waits, others go on", "[dispatcher][limits]") {
  worker().slots(10).add();
  limit(limit_kind::queue, "slow", {.concurrency = 2});
  const auto a = job().queue("slow").priority(9).add();
  const auto b = job().queue("slow").priority(9).add();
  const auto c = job().queue("slow").priority(9).add();
  const auto d = job().queue("fast").priority(1).add();
  run();
  CHECK(order == std::vector{a, b, d});
  end(d);
  CHECK(order.size() == 3);
  end(a);
  CHECK(order == std::vector{a, b, d, c});
}

TEST_CASE_METHOD(plan, "dispatcher x limits: a type at its concurrency is passed in its queue",
                 "[dispatcher][limits]") {
  worker().slots(10).types({"noop", "rare"}).add();
  limit(limit_kind::type, "rare", {.concurrency = 1});
  const auto a = job().type("rare").add();
  const auto b = job().type("rare").add();
  const auto c = job().add();
  run();
  CHECK(order == std::vector{a, c});
  end(a);
  CHECK(order == std::vector{a, c, b});
}

TEST_CASE_METHOD(plan, "dispatcher x limits: a paused queue keeps its order", "[dispatcher][limits]") {
  worker().slots(10).add();
  limit(limit_kind::queue, "q", {.paused = true});
  const auto low = job().queue("q").priority(1).add();
  const auto high = job().queue("q").priority(9).add();
  run();
  CHECK(order.empty());
  limit(limit_kind::queue, "q", {});
  CHECK(order == std::vector{high, low});
}

TEST_CASE_METHOD(plan, "dispatcher x limits: a rate opens a queue as its tokens come", "[dispatcher][limits]") {
  worker().slots(100).add();
  limit(limit_kind::queue, "q", {.rate = rate_limit{2, 1s, 2}});
  for (int i = 0; i < 10; ++i)
    job().queue("q").add();
  run();
  CHECK(order.size() == 1); // it begins with one token
  now.steady += 499ms;
  run();
  CHECK(order.size() == 1);
  now.steady += 1ms;
  run();
  CHECK(order.size() == 2);
  now.steady += 10s; // no more than the burst is saved up
  run();
  CHECK(order.size() == 4);
}

TEST_CASE("dispatcher x limits x jobs given ahead: a limit counts them", "[dispatcher][limits]") {
  plan p{{.ahead_max = 50, .ahead_below = 5ms}};
  p.worker().slots(1).add();
  p.limit(limit_kind::queue, "q", {.concurrency = 3});
  p.job().queue("q").add();
  p.learn("noop", 1us);
  for (int i = 0; i < 9; ++i)
    p.job().queue("q").add();
  p.run();
  CHECK(p.order.size() == 3);
}

TEST_CASE_METHOD(plan, "dispatcher x limits: a number that names another queue has that one's rule",
                 "[dispatcher][limits]") {
  worker().slots(10).add();
  limit(limit_kind::queue, "b", {.paused = true});
  // The names that are forgotten first are those that have been idle longest; their numbers are given out again.
  for (int i = 0; i < 5'000; ++i) {
    const auto id = job().queue("a" + std::to_string(i)).add();
    run();
    REQUIRE(of(id));
    end(id);
  }
  const auto b = job().queue("b").add();
  run();
  CHECK_FALSE(of(b));
  limit(limit_kind::queue, "b", {});
  CHECK(of(b));
}
