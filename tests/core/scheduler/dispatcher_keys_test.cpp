// Who is placed when jobs of a queue have concurrency keys.
#include "tests/core/scheduler/plan.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace callboard;
using callboard::test::nowhere;
using callboard::test::plan;
using namespace std::chrono_literals;

TEST_CASE_METHOD(plan, "dispatcher x keys: each key has its limit, and others pass it", "[dispatcher][limits]") {
  worker().slots(10).add();
  limit(limit_kind::queue, "q", {.per_key = {1, {}}});
  const auto a = job().queue("q").key("a").priority(9).add();
  const auto a2 = job().queue("q").key("a").priority(9).add();
  const auto b = job().queue("q").key("b").priority(1).add();
  const auto n = job().queue("q").priority(0).add();
  run();
  CHECK(order == std::vector{a, b, n});
  end(b);
  CHECK_FALSE(of(a2));
  end(a);
  CHECK(of(a2));
}

TEST_CASE_METHOD(plan, "dispatcher x keys: a key without jobs that comes late has its turn", "[dispatcher][limits]") {
  worker().slots(1).add();
  std::vector<job_id> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(job().queue("q").key("many").add());
  run();
  end(many[0]);
  end(many[1]);
  const auto few = job().queue("q").key("few").add(), few2 = job().queue("q").key("few").add();
  while (!of(few2))
    end(order.back());
  // Its two jobs start among the next four: lanes take turns from when both have jobs.
  CHECK(order.size() <= 7);
  CHECK(of(few));
}

TEST_CASE_METHOD(plan, "dispatcher x keys: a weight of a key", "[dispatcher][limits]") {
  worker().slots(1).add();
  limit(limit_kind::key, "q", {.weight = 3}, "heavy");
  const auto first = job().add();
  run();
  std::map<std::string, std::vector<job_id>> of_key;
  for (const auto* key : {"heavy", "light"})
    for (int i = 0; i < 40; ++i)
      of_key[key].push_back(job().queue("q").key(key).add());
  end(first);
  while (order.size() < 41)
    end(order.back());
  const auto started = [&](const std::string& key) {
    return std::count_if(of_key[key].begin(), of_key[key].end(), [&](job_id id) { return of(id) != nowhere; });
  };
  CHECK(started("heavy") == 30);
  CHECK(started("light") == 10);
}

TEST_CASE_METHOD(plan, "dispatcher x keys: a paused key keeps its lane", "[dispatcher][limits]") {
  worker().slots(10).add();
  limit(limit_kind::key, "q", {.paused = true}, "a");
  const auto low = job().queue("q").key("a").priority(1).add();
  const auto high = job().queue("q").key("a").priority(9).add();
  const auto other = job().queue("q").key("b").add();
  run();
  CHECK(order == std::vector{other});
  limit(limit_kind::key, "q", {}, "a");
  CHECK(order == std::vector{other, high, low});
}

TEST_CASE_METHOD(plan, "dispatcher x keys: a rate of each key opens it as its tokens come", "[dispatcher][limits]") {
  worker().slots(100).add();
  limit(limit_kind::queue, "q", {.per_key = {0, rate_limit{1, 1s, 1}}});
  for (int i = 0; i < 4; ++i) {
    job().queue("q").key("a").add();
    job().queue("q").key("b").add();
  }
  run();
  CHECK(order.size() == 2);
  now.steady += 999ms;
  run();
  CHECK(order.size() == 2);
  now.steady += 1ms;
  run();
  CHECK(order.size() == 4);
}

TEST_CASE("limits: ever other keys are held to their limit, whatever numbers they get", "[dispatcher][limits]") {
  plan p;
  p.worker().slots(1).add();
  p.limit(limit_kind::queue, "default", {.per_key = {1, {}}});
  // More than the table of names and the book of limits remember.
  constexpr int keys = 6000;
  p.checked = false;
  for (int i = 0; i < keys; ++i) {
    const auto first = p.job().key("k" + std::to_string(i)).add();
    p.run();
    if (p.of(first) == nowhere)
      FAIL("key " << i << " is closed though it uses nothing");
    p.end(first);
  }
  p.checked = true;
  p.worker("w2").slots(9).add();
  const auto a = p.job().key("k1").add(), b = p.job().key("k1").add(), c = p.job().key("k5999").add();
  p.run();
  CHECK(p.of(a) != nowhere);
  CHECK(p.of(b) == nowhere);
  CHECK(p.of(c) != nowhere);
  p.end(a);
  CHECK(p.of(b) != nowhere);
}
