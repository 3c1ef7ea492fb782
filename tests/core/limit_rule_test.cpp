#include "core/placement/limit_rule.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <deque>

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE("limit rule: as text", "[limits]") {
  const limit_rule full{true,
                        7,
                        rate_limit{100, 60s, 20},
                        3,
                        {2, rate_limit{5, 1s, 3}},
                        1'000'000'000'000,
                        2'000'000'000'000,
                        true,
                        uint8_t{9},
                        rate_limit{30, 2s, 4},
                        queue_objective{60s, 990'000, 999'000, 24h * 7},
                        rate_limit{7, 3s, 1},
                        5min,
                        {"payload.card.number", "result.a=b"},
                        "{}"};
  const limit_rule some[] = {{},
                             full,
                             {.concurrency = 1},
                             {.rate = rate_limit{1, 1h, 1}},
                             {.per_key = {3, {}}},
                             {.per_key = {0, rate_limit{1, 100ms, 1}}},
                             {.waiting_max = 1},
                             {.waiting_max = 5, .full_accepts_from = uint8_t{0}},
                             {.retry_rate = rate_limit{1, 1s, 1}},
                             {.concurrency = 2, .defaults = R"({"queue":"a b=c paused=1","timeout":3})"},
                             {.preemption = rate_limit{10, 60s, 1}},
                             {.waiting_bytes_max = 5},
                             {.objective = queue_objective{0s, 0, 999'000, 24h}},
                             {.objective = queue_objective{1ms, 500'000, 0, 24h * 90}},
                             {.sheds = true},
                             {.cache_for = 0s},
                             {.redact = {"payload"}}};
  for (const auto& r : some) {
    const auto back = parse_limit_rule(to_text(r));
    REQUIRE(back);
    CHECK(*back == r);
  }
  CHECK(parse_limit_rule(to_text(full) + " later=1"));                               // of a later program
  CHECK(to_text(limit_rule{.concurrency = 1}) == "paused=0 concurrency=1 weight=1"); // as earlier programs wrote it
  CHECK(*parse_limit_rule("paused=1 concurrency=0 weight=2 period=1000000 jobs=5 burst=1") ==
        limit_rule{.paused = true, .rate = rate_limit{5, 1s, 1}, .weight = 2});
  for (const auto* bad : {"",
                          "paused=2",
                          "concurrency=-1",
                          "weight=0",
                          "weight=1001",
                          "jobs=1",
                          "period=0 jobs=1",
                          "period=5 jobs=0",
                          "period=5 burst=0",
                          "x",
                          "key_concurrency=-1",
                          "key_jobs=1",
                          "key_period=0 key_jobs=1",
                          "key_period=5 key_jobs=0",
                          "waiting_max=x",
                          "full_accepts_from=10",
                          "retry_jobs=1",
                          "retry_period=5 retry_burst=0",
                          "waiting_bytes_max=-1",
                          "sheds=2",
                          "cache_for=-1",
                          "cache_for=x",
                          "redact=",
                          "objective_wait=5",
                          "objective_window=0",
                          "objective_window=5 objective_wait=0",
                          "objective_window=5 objective_wait_share=1000000",
                          "objective_window=5 objective_success_share=x"})
    CHECK_FALSE(parse_limit_rule(bad));
}

TEST_CASE("limit rule: whatever says something is not plain", "[limits]") {
  CHECK(limit_rule{}.is_plain());
  for (const auto& r : {limit_rule{.per_key = {1, {}}}, limit_rule{.per_key = {0, rate_limit{}}},
                        limit_rule{.waiting_max = 1}, limit_rule{.full_accepts_from = uint8_t{9}},
                        limit_rule{.retry_rate = rate_limit{}}, limit_rule{.weight = 2}, limit_rule{.defaults = "{}"}})
    CHECK_FALSE(r.is_plain());
}

TEST_CASE("limit rule: the keys of a queue follow each other by name, whatever other queues are called", "[limits]") {
  CHECK(key_name("a", "z") < key_name("b", "a"));
  CHECK(key_name("a", "z") < key_name("aa", "a"));
  CHECK(key_name("a", "b") < key_name("a", "ba"));
  CHECK(key_name("ab", "c") != key_name("a", "bc"));
}

TEST_CASE("token bucket: never more than the burst and what has come in since", "[limits]") {
  CHECK(rc::check("starts within any time", [] {
    const rate_limit r{*rc::gen::inRange(1u, 20u), *rc::gen::element<duration>(100ms, 1s, 3s),
                       *rc::gen::inRange(1u, 5u)};
    steady_point now{1000h};
    token_bucket bucket{r, now};
    std::deque<steady_point> starts;
    RC_ASSERT(bucket.has_one(now)); // a rule that has just come lets one start
    for (const auto us : *rc::gen::container<std::vector<int>>(100, rc::gen::inRange(0, 400'000))) {
      now += duration{us};
      if (!bucket.has_one(now)) {
        RC_ASSERT(bucket.ready_at() > now);
        continue;
      }
      bucket.take(now);
      starts.push_back(now);
      while (starts.front() <= now - r.period)
        starts.pop_front();
      RC_ASSERT(starts.size() <= r.jobs + r.burst);
    }
    // After a rest of the whole burst, that many and no more.
    now += r.period * r.burst;
    for (uint32_t i = 0; i < r.burst; ++i) {
      RC_ASSERT(bucket.has_one(now));
      bucket.take(now);
    }
    RC_ASSERT(!bucket.has_one(now));
  }));
}

TEST_CASE("token bucket: the largest numbers do not run over", "[limits]") {
  const steady_point now{1000h};
  token_bucket bucket{{1, 24h * 366, 1'000'000}, now};
  CHECK(bucket.ready_at() == now);
  bucket.take(now);
  CHECK(bucket.ready_at() == now + 24h * 366);
}

TEST_CASE("token bucket: a start without a token delays the next one", "[limits]") {
  steady_point now{1000h};
  token_bucket bucket{{1, 1s, 1}, now};
  for (int i = 0; i < 5; ++i)
    bucket.take(now);
  CHECK(bucket.ready_at() == now + 5s);
}
