#include "core/job/job_failure.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;
using enum callboard::job_state;

namespace {

const life_limits limits;

constexpr auto retryable = outcome_kind::failed_retryable;
constexpr auto final_one = outcome_kind::failed_final;
constexpr auto too_long = outcome_kind::timed_out;

attempt_outcome outcome(outcome_kind kind, std::string code = {}, duration retry_after = duration{0}) {
  attempt_outcome o;
  o.kind = kind;
  o.code = std::move(code);
  o.message = "words";
  o.retry_after = retry_after;
  o.result = blob{"[1]"};
  return o;
}

retry_policy policy(std::vector<failure_rule> rules, duration total = duration{0}) {
  retry_policy p{backoff::fixed, 5s, 1min, false};
  p.rules = std::move(rules);
  p.total = total;
  return p;
}

/// Another attempt, which begins at `from` and ends as `o` says at `to`.
void attempt(job_record& rec, uint64_t fence, const attempt_outcome& o, time_point from, time_point to) {
  REQUIRE(place(rec, {"w1", fence_token{fence}}, from, limits));
  REQUIRE(start(rec, fence_token{fence}, from, limits));
  REQUIRE(finish(rec, fence_token{fence}, o, to, 0, limits));
}

attempt_outcome snooze_of(duration d) {
  auto o = outcome(outcome_kind::snoozed);
  o.snooze = d;
  return o;
}

} // namespace

TEST_CASE("the first rule that fits a code decides", "[job_failure]") {
  struct row {
    std::vector<std::string> rules;
    std::string code;
    std::optional<size_t> wanted;
  };
  const row rows[] = {
    {{}, "A", std::nullopt},
    {{"A"}, "A", 0},
    {{"A"}, "AB", std::nullopt},
    {{"AB"}, "A", std::nullopt},
    {{"A*"}, "A", 0},
    {{"A*"}, "ABC", 0},
    {{"A*"}, "BA", std::nullopt},
    {{"A*"}, "", std::nullopt},
    {{"*"}, "", 0},
    {{"*"}, "A", 0},
    {{"A", "*"}, "B", 1},
    {{"*", "A"}, "A", 0},
    {{"DB_*", "DB_BUSY"}, "DB_BUSY", 0},
    {{"DB_BUSY", "DB_*"}, "DB_BUSY", 0},
    {{"DB_BUSY", "DB_*"}, "DB_GONE", 1},
    {{"db_*"}, "DB_GONE", std::nullopt},
  };
  for (const auto& x : rows) {
    std::vector<failure_rule> rules;
    for (const auto& code : x.rules)
      rules.push_back({code, failure_action::fail, duration{0}});
    const auto p = policy(rules);
    CAPTURE(x.rules, x.code);
    const auto* found = rule_for(p, x.code);
    REQUIRE((found != nullptr) == x.wanted.has_value());
    if (found)
      CHECK(static_cast<size_t>(found - p.rules.data()) == *x.wanted);
  }
}

TEST_CASE("what a rule says goes before what the outcome says", "[job_failure]") {
  using enum failure_action;
  struct row {
    const char* what;
    std::optional<failure_rule> rule;
    attempt_outcome o;
    uint32_t retries; // that the job may have
    job_state after;
    uint32_t charged;
    duration wait;
    std::string says;
  };
  const auto rule = [](failure_action a, duration wait = duration{0}, std::string code = "E_1") {
    return failure_rule{std::move(code), a, wait};
  };
  const row rows[] = {
    {"no rule", std::nullopt, outcome(retryable, "E_1"), 1, retrying, 1, 5s, "E_1: words; retry 1 of 1 in 5 s"},
    {"no rule, final", std::nullopt, outcome(final_one, "E_1"), 1, failed, 0, 0s, "E_1: words"},
    {"of another code", rule(fail, 0s, "E_2"), outcome(retryable, "E_1"), 1, retrying, 1, 5s,
     "E_1: words; retry 1 of 1 in 5 s"},
    {"of another code, final", rule(retry, 0s, "E_2"), outcome(final_one, "E_1"), 1, failed, 0, 0s, "E_1: words"},
    {"fail", rule(fail), outcome(retryable, "E_1"), 9, failed, 0, 0s,
     "E_1: words; not tried again, by the rule for 'E_1'"},
    {"fail of many", rule(fail, 0s, "E*"), outcome(retryable, "E_1"), 9, failed, 0, 0s,
     "E_1: words; not tried again, by the rule for 'E*'"},
    {"retry", rule(retry), outcome(retryable, "E_1"), 2, retrying, 1, 5s,
     "E_1: words; retry 1 of 2 in 5 s, by the rule for 'E_1'"},
    {"retry of a final one", rule(retry), outcome(final_one, "E_1"), 2, retrying, 1, 5s,
     "E_1: words; retry 1 of 2 in 5 s, by the rule for 'E_1'"},
    {"retry, none left", rule(retry), outcome(final_one, "E_1"), 0, failed, 0, 0s,
     "E_1: words; none of 0 retries is left, by the rule for 'E_1'"},
    {"retry after what was asked", rule(retry), outcome(retryable, "E_1", 8s), 2, retrying, 1, 8s,
     "E_1: words; retry 1 of 2 in 8 s, by the rule for 'E_1'"},
    {"snooze", rule(snooze, 30s), outcome(retryable, "E_1"), 0, retrying, 0, 30s,
     "E_1: words; not charged, again in 30 s, by the rule for 'E_1'"},
    {"snooze of a final one", rule(snooze, 30s), outcome(final_one, "E_1"), 0, retrying, 0, 30s,
     "E_1: words; not charged, again in 30 s, by the rule for 'E_1'"},
    {"snooze at least as long as asked", rule(snooze, 30s), outcome(retryable, "E_1", 40s), 0, retrying, 0, 40s,
     "E_1: words; not charged, again in 40 s, by the rule for 'E_1'"},
    {"a time-out", rule(fail, 0s, "TIMEOUT"), outcome(too_long), 9, failed, 0, 0s,
     "TIMEOUT: words; not tried again, by the rule for 'TIMEOUT'"},
    {"a time-out that is not charged", rule(snooze, 1s, "T*"), outcome(too_long), 9, retrying, 0, 1s,
     "TIMEOUT: words; not charged, again in 1 s, by the rule for 'T*'"},
    {"without a code", rule(fail, 0s, "HANDLER_EXCEPTION"), outcome(retryable), 9, failed, 0, 0s,
     "HANDLER_EXCEPTION: words; not tried again, by the rule for 'HANDLER_EXCEPTION'"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.what);
    auto p = policy(x.rule ? std::vector{*x.rule} : std::vector<failure_rule>{});
    auto rec = job_builder{}.retries(x.retries).policy(p).running("w1", 1);
    const auto r = finish(rec, fence_token{1}, x.o, noon, 0, limits);
    REQUIRE(r);
    CHECK(r->durable);
    CHECK(rec.state == x.after);
    CHECK(rec.retry_count == x.charged);
    CHECK(rec.history.back().reason == x.says);
    CHECK(rec.error->message == "words");
    CHECK(rec.retry_at == (x.after == retrying ? std::optional{noon + x.wait} : std::nullopt));
    CHECK(rec.result.empty() == (x.after == retrying));
  }
}

TEST_CASE("a failure that is not charged may come back for ever, beside retries that are", "[job_failure]") {
  auto rec = job_builder{}.retries(1).policy(policy({{"BUSY", failure_action::snooze, 1s}})).created();
  for (uint64_t i = 1; i <= 20; ++i)
    attempt(rec, i, outcome(retryable, "BUSY"), noon, noon);
  CHECK(rec.retry_count == 0);
  attempt(rec, 21, outcome(retryable, "X"), noon, noon);
  CHECK(rec.retry_count == 1);
  CHECK(rec.retry_at == noon + 5s); // the back-off of the first failure that counts
  attempt(rec, 22, outcome(final_one, "BUSY"), noon, noon);
  CHECK(rec.state == retrying);
  attempt(rec, 23, outcome(retryable, "X"), noon, noon);
  CHECK(rec.state == failed);
  CHECK(rec.retry_count == 1);
}

TEST_CASE("a loss with the worker is no failure: no rule is for it", "[job_failure]") {
  auto rec = job_builder{}.retries(0).policy(policy({{"*", failure_action::fail, 0s}})).running("w1", 1);
  REQUIRE(lose(rec, fence_token{1}, "gone", noon, limits));
  CHECK(rec.state == retrying);
}

TEST_CASE("more memory is asked for after a rule, too", "[job_failure]") {
  for (const auto action : {failure_action::retry, failure_action::snooze, failure_action::fail}) {
    auto p = policy({{"OUT_OF_MEMORY", action, 1s}});
    p.memory_growth_percent = 200;
    auto rec = job_builder{}.policy(p).running("w1", 1);
    rec.spec.resources.memory_bytes = 1000;
    REQUIRE(finish(rec, fence_token{1}, outcome(retryable, "OUT_OF_MEMORY"), noon, 0, limits));
    CHECK(rec.spec.resources.memory_bytes == (action == failure_action::fail ? 1000u : 2000u));
  }
}

TEST_CASE("no attempt is waited for that would begin after the total time", "[job_failure]") {
  struct row {
    duration ends; // the first attempt, which begins at noon
    duration total;
    bool again;
  };
  const row rows[] = {
    {1s, 0s, true},   {1s, 1h, true}, {1s, 6s, true},  {1s, 5999ms, false},
    {10s, 1s, false}, {0s, 5s, true}, {0s, 4s, false}, {-1h, 5s, true}, // a clock that was set back takes no time away
  };
  for (const auto& x : rows) {
    CAPTURE(x.ends.count(), x.total.count());
    auto rec = job_builder{}.retries(5).policy(policy({}, x.total)).running("w1", 1);
    REQUIRE(finish(rec, fence_token{1}, outcome(retryable, "E"), noon + x.ends, 0, limits));
    CHECK(rec.state == (x.again ? retrying : failed));
    CHECK(rec.retry_count == (x.again ? 1u : 0u));
    CHECK(rec.error == job_error{"E", "words", noon + x.ends});
    CHECK((rec.history.back().reason.find("no attempt may begin after") == std::string::npos) == x.again);
  }
}

TEST_CASE("the total time bounds what is not charged as well", "[job_failure]") {
  const auto p = policy({{"BUSY", failure_action::snooze, 10s}}, 1min);
  auto by_rule = job_builder{}.policy(p).created();
  uint64_t fence = 0;
  for (auto t = noon; by_rule.state != failed; t += 10s) {
    REQUIRE(++fence < 10);
    attempt(by_rule, fence, outcome(retryable, "BUSY"), t, t);
  }
  CHECK(fence == 7); // at 0, 10, ... 60 s
  CHECK(by_rule.error->code == "BUSY");
  CHECK(by_rule.history.back().reason == "BUSY: words; no attempt may begin after 60 s from the start of the first");

  auto by_handler = job_builder{}.policy(p).created();
  attempt(by_handler, 1, snooze_of(1min), noon, noon);
  CHECK(by_handler.state == retrying);
  attempt(by_handler, 2, snooze_of(1s), noon + 1min, noon + 1min);
  CHECK(by_handler.state == failed);
  CHECK(by_handler.error->code == "TOTAL_TIME_OVER");
  CHECK_THAT(by_handler.history.back().reason,
             Catch::StartsWith("TOTAL_TIME_OVER: snoozed for 1 s; no attempt may begin after 60 s"));
}

TEST_CASE("the total time begins with the first attempt, however much of the history is kept", "[job_failure]") {
  life_limits short_history;
  short_history.history_entries_max = 2;
  auto rec = job_builder{}.retries(100).policy(policy({}, 1h)).created();
  CHECK_FALSE(rec.first_started_at);
  auto t = noon + 10min; // it waited before
  uint64_t fence = 0;
  for (; rec.state != failed; t += 5min) {
    REQUIRE(place(rec, {"w1", fence_token{++fence}}, t, short_history));
    REQUIRE(start(rec, fence_token{fence}, t, short_history));
    CHECK(rec.first_started_at == noon + 10min);
    REQUIRE(finish(rec, fence_token{fence}, outcome(retryable, "E"), t + 1min, 0, short_history));
  }
  CHECK(fence == 13);
}

TEST_CASE("an operator's retry begins the total time anew", "[job_failure]") {
  auto rec = job_builder{}.retries(1).policy(policy({}, 10s)).created();
  attempt(rec, 1, outcome(retryable, "E"), noon, noon + 6s);
  REQUIRE(rec.state == failed);
  REQUIRE(retry(rec, noon + 1h, limits));
  CHECK_FALSE(rec.first_started_at);
  attempt(rec, 2, outcome(retryable, "E"), noon + 2h, noon + 2h + 1s);
  CHECK(rec.state == retrying);
  CHECK(rec.first_started_at == noon + 2h);
}

TEST_CASE("a job without a total time remembers no first start", "[job_failure]") {
  CHECK_FALSE(job_builder{}.running("w1", 1).first_started_at);
  CHECK_FALSE(job_builder{}.failed().first_started_at);
}

TEST_CASE("a start that nobody reported begins the total time, and one from before a restart", "[job_failure]") {
  auto rec = job_builder{}.policy(policy({}, 10s)).placed("w1", 1);
  auto o = outcome(retryable, "E");
  o.started_at = noon - 30s;
  REQUIRE(finish(rec, fence_token{1}, o, noon, 0, limits));
  CHECK(rec.state == failed);
  auto adopted = job_builder{}.policy(policy({}, 10s)).created();
  REQUIRE(adopt(adopted, {"w1", fence_token{5}}, 1, noon - 3s, noon, limits));
  CHECK(adopted.first_started_at == noon - 3s);
}
