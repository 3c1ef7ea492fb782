#include "core/job/job_life.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;

namespace {

const life_limits limits;

attempt_outcome outcome(outcome_kind kind, std::string code = {}, std::string message = {}) {
  attempt_outcome o;
  o.kind = kind;
  o.code = std::move(code);
  o.message = std::move(message);
  return o;
}

std::vector<job_state> states(const job_record& rec) {
  std::vector<job_state> all;
  for (const auto& h : rec.history)
    all.push_back(h.state);
  return all;
}

void check_change(const result<life_change>& r, job_state before, job_state after, bool durable) {
  REQUIRE(r);
  CHECK(r->before == before);
  CHECK(r->after == after);
  CHECK(r->durable == durable);
}

using enum job_state;

} // namespace

TEST_CASE("a job is born queued, or scheduled when its time lies ahead", "[job_life]") {
  const auto now_job = job_builder{}.created();
  CHECK(now_job.state == queued);
  CHECK(now_job.created_at == noon);
  CHECK(states(now_job) == std::vector{queued});
  CHECK(job_builder{}.schedule_at(noon).created().state == queued);

  const auto later = job_builder{}.schedule_at(noon + 1s).created();
  CHECK(later.state == scheduled);
  CHECK(states(later) == std::vector{queued, scheduled});

  const auto waits = job_builder{}.schedule_at(noon + 1s).after(job_id{9}).created();
  CHECK(waits.state == queued);
}

TEST_CASE("a job is created of its id and of what was asked, once", "[job_life]") {
  job_record rec;
  rec.id = job_id{7};
  rec.spec = job_builder{}.priority(7).payload("[1]").spec();
  create(rec, noon + 1h);
  CHECK(rec.id == job_id{7});
  CHECK(rec.spec.priority == 7);
  CHECK(rec.spec.payload_bytes == 3);
  CHECK(rec.created_at == noon + 1h);
  CHECK(rec.state == queued);
  CHECK(rec.history.size() == 1);
  CHECK_THROWS_WITH(create(rec, noon + 2h), Catch::Contains("a job is created once"));
}

TEST_CASE("arming needs a queued job with its time ahead", "[job_life]") {
  auto rec = job_builder{}.schedule_at(noon + 1s).after(job_id{9}).created();
  check_change(arm(rec, noon, limits), queued, scheduled, false);
  CHECK(arm(rec, noon, limits).err().code == ec::invalid_state);
  auto no_time = job_builder{}.created();
  CHECK(arm(no_time, noon, limits).err().code == ec::invalid_state);
  auto past = job_builder{}.schedule_at(noon + 1s).after(job_id{9}).created();
  CHECK(arm(past, noon + 1s, limits).err().code == ec::invalid_state);
}

TEST_CASE("the straight way: placed, started, succeeded", "[job_life]") {
  auto rec = job_builder{}.created();
  check_change(place(rec, {"w1", fence_token{10}}, noon + 1s, limits), queued, scheduled, false);
  CHECK(rec.worker == "w1");
  CHECK(rec.current_fence == fence_token{10});
  CHECK(rec.attempt == 0);
  check_change(start(rec, fence_token{10}, noon + 2s, limits), scheduled, running, false);
  CHECK(rec.attempt == 1);
  CHECK(rec.started_at == noon + 2s);
  auto o = outcome(outcome_kind::succeeded);
  o.result = blob{"[1]"};
  o.log = {12, {"hello"}};
  check_change(finish(rec, fence_token{10}, o, noon + 3s, 0, limits), running, completed, true);
  CHECK(rec.result.view() == "[1]");
  CHECK(rec.log == job_log{{12, {"hello"}}, rec.attempt});
  CHECK(rec.finished_at == noon + 3s);
  CHECK(rec.worker == "w1");
  CHECK_FALSE(rec.current_fence);
  CHECK_FALSE(rec.error);
  CHECK(states(rec) == std::vector{queued, scheduled, running, completed});
  CHECK(rec.history[2] == history_entry{running, noon + 2s, 1, "w1", "started"});
}

TEST_CASE("a slot is reserved once", "[job_life]") {
  auto rec = job_builder{}.placed("w1", 1);
  const auto again = place(rec, {"w2", fence_token{2}}, noon, limits);
  REQUIRE_FALSE(again);
  CHECK(again.err().code == ec::invalid_state);
  CHECK(again.err().message.find("w1") != std::string::npos);
  CHECK(rec.worker == "w1");
  auto armed = job_builder{}.schedule_at(noon + 1s).created();
  check_change(place(armed, {"w1", fence_token{1}}, noon + 1s, limits), scheduled, scheduled, false);
  CHECK(armed.history.size() == 2);
  CHECK_THROWS_AS(place(rec, {"w1", fence_token{}}, noon, limits), std::logic_error);
}

TEST_CASE("only the current fence counts", "[job_life]") {
  auto rec = job_builder{}.placed("w1", 5);
  for (const uint64_t late : {0u, 4u, 6u}) {
    CHECK(start(rec, fence_token{late}, noon, limits).err().code == ec::stale_fence);
    CHECK(finish(rec, fence_token{late}, {}, noon, 0, limits).err().code == ec::stale_fence);
    CHECK(lose(rec, fence_token{late}, "", noon, limits).err().code == ec::stale_fence);
  }
  CHECK(rec.state == scheduled);
  // Without an attempt there is no fence that fits, not even none.
  auto idle = job_builder{}.created();
  CHECK(start(idle, fence_token{}, noon, limits).err().code == ec::stale_fence);
}

TEST_CASE("a start is confirmed once", "[job_life]") {
  auto rec = job_builder{}.running("w1", 1);
  CHECK(start(rec, fence_token{1}, noon, limits).err().code == ec::invalid_state);
  CHECK(rec.attempt == 1);
}

TEST_CASE("failures are charged until the retries are used up", "[job_life]") {
  auto rec = job_builder{}.retries(3).created();
  const auto o = outcome(outcome_kind::failed_retryable, "SMTP_450", "try later");
  for (uint64_t attempt = 1; attempt <= 4; ++attempt) {
    REQUIRE(place(rec, {"w1", fence_token{attempt}}, noon, limits));
    REQUIRE(start(rec, fence_token{attempt}, noon, limits));
    check_change(finish(rec, fence_token{attempt}, o, noon, 0, limits), running, attempt < 4 ? retrying : failed, true);
    CHECK(rec.attempt == attempt);
    CHECK(rec.retry_count == std::min<uint64_t>(attempt, 3));
    REQUIRE(rec.error);
    CHECK(*rec.error == job_error{"SMTP_450", "try later", noon});
    CHECK(rec.retry_at == (attempt < 4 ? std::optional{noon + 1s} : std::nullopt));
    CHECK(rec.finished_at == (attempt < 4 ? std::nullopt : std::optional{noon}));
  }
  CHECK(rec.history.back().reason.find("SMTP_450: try later") == 0);
}

TEST_CASE("the wait follows the policy and the number of failures", "[job_life]") {
  const retry_policy p{backoff::exponential, 2s, 1min, true};
  auto rec = job_builder{}.policy(p).running("w1", 1);
  REQUIRE(finish(rec, fence_token{1}, outcome(outcome_kind::timed_out), noon, 99, limits));
  CHECK(rec.retry_at == noon + backoff_delay(p, 1, 99));
  CHECK(rec.error->code == "TIMEOUT");
  REQUIRE(place(rec, {"w1", fence_token{2}}, noon, limits));
  REQUIRE(start(rec, fence_token{2}, noon, limits));
  CHECK_FALSE(rec.retry_at);
  REQUIRE(finish(rec, fence_token{2}, outcome(outcome_kind::failed_retryable), noon, 99, limits));
  CHECK(rec.retry_at == noon + backoff_delay(p, 2, 99));
  CHECK(rec.error->code == "HANDLER_EXCEPTION");
}

TEST_CASE("the next attempt waits for the back-off and for what was asked, whichever is longer", "[job_life]") {
  const retry_policy p{backoff::fixed, 5s, 1min, false};
  const auto due = [&](outcome_kind kind, duration asked) {
    auto rec = job_builder{}.policy(p).running("w1", 1);
    auto o = outcome(kind, "HTTP_STATUS");
    o.retry_after = asked;
    REQUIRE(finish(rec, fence_token{1}, o, noon, 0, limits));
    return rec;
  };
  CHECK(due(outcome_kind::failed_retryable, 0s).retry_at == noon + 5s);
  CHECK(due(outcome_kind::failed_retryable, 3s).retry_at == noon + 5s);
  const auto later = due(outcome_kind::failed_retryable, 90s);
  CHECK(later.retry_at == noon + 90s);
  CHECK(later.history.back().reason.find("in 90 s") != std::string::npos);
  CHECK(due(outcome_kind::failed_retryable, -3s).retry_at == noon + 5s);
  CHECK(due(outcome_kind::failed_retryable, duration::max()).retry_at == time_point::max());
  CHECK_FALSE(due(outcome_kind::failed_final, 90s).retry_at);
}

TEST_CASE("a final failure uses no retry", "[job_life]") {
  auto rec = job_builder{}.running("w1", 1);
  auto o = outcome(outcome_kind::failed_final, "BAD_ADDRESS");
  o.result = blob{"{\"exit\":1}"};
  check_change(finish(rec, fence_token{1}, o, noon, 0, limits), running, failed, true);
  CHECK(rec.retry_count == 0);
  CHECK(rec.result.view() == "{\"exit\":1}");
}

TEST_CASE("snoozing is not charged", "[job_life]") {
  auto rec = job_builder{}.retries(0).running("w1", 1);
  auto o = outcome(outcome_kind::snoozed);
  o.snooze = 90s;
  check_change(finish(rec, fence_token{1}, o, noon, 0, limits), running, retrying, true);
  CHECK(rec.retry_at == noon + 90s);
  CHECK(rec.retry_count == 0);
  CHECK_FALSE(rec.error);
  auto endless = job_builder{}.running("w1", 1);
  o.snooze = duration::max();
  REQUIRE(finish(endless, fence_token{1}, o, noon, 0, limits));
  CHECK(endless.retry_at == time_point::max());
}

TEST_CASE("an outcome implies a start that was not reported", "[job_life]") {
  auto rec = job_builder{}.placed("w1", 1);
  auto o = outcome(outcome_kind::succeeded);
  o.started_at = noon + 7s;
  check_change(finish(rec, fence_token{1}, o, noon + 8s, 0, limits), scheduled, completed, true);
  CHECK(rec.attempt == 1);
  CHECK(rec.started_at == noon + 7s);
  CHECK(states(rec) == std::vector{queued, scheduled, running, completed});
  // A failure that names no start began now: the job must not be stuck.
  auto unnamed = job_builder{}.placed("w1", 1);
  check_change(finish(unnamed, fence_token{1}, outcome(outcome_kind::failed_final, "UNKNOWN_TYPE"), noon, 0, limits),
               scheduled, failed, true);
  CHECK(unnamed.started_at == noon);
}

TEST_CASE("handing back is not charged and not durable", "[job_life]") {
  auto unstarted = job_builder{}.placed("w1", 1);
  check_change(finish(unstarted, fence_token{1}, outcome(outcome_kind::returned), noon, 0, limits), scheduled,
               scheduled, false);
  CHECK_FALSE(unstarted.current_fence);
  CHECK(unstarted.worker.empty());
  CHECK(unstarted.history.size() == 2);
  CHECK(place(unstarted, {"w2", fence_token{2}}, noon, limits));

  auto started = job_builder{}.running("w1", 1);
  check_change(finish(started, fence_token{1}, outcome(outcome_kind::returned), noon + 1s, 0, limits), running,
               retrying, false);
  CHECK(started.retry_at == noon + 1s);
  CHECK(started.retry_count == 0);
  CHECK(started.loss_count == 0);
}

TEST_CASE("an attempt that was stopped by a cancel ends cancelled, started or not", "[job_life]") {
  auto rec = job_builder{}.running("w1", 1);
  check_change(finish(rec, fence_token{1}, outcome(outcome_kind::cancelled), noon, 0, limits), running, cancelled,
               true);
  CHECK(rec.error->code == "CANCELLED");
  auto unstarted = job_builder{}.placed("w1", 1);
  check_change(finish(unstarted, fence_token{1}, outcome(outcome_kind::cancelled), noon, 0, limits), scheduled,
               cancelled, true);
  CHECK(unstarted.attempt == 0);
}

TEST_CASE("a cancel ends everything but completed and cancelled", "[job_life]") {
  for (const auto s : {queued, scheduled, running, retrying, failed}) {
    INFO(to_string(s));
    auto rec = job_builder{}.in(s);
    check_change(cancel(rec, "UPSTREAM_FAILED", "job_x failed", noon + 1s, limits), s, cancelled, true);
    CHECK(*rec.error == job_error{"UPSTREAM_FAILED", "job_x failed", noon + 1s});
    CHECK(rec.finished_at == noon + 1s);
    CHECK_FALSE(rec.current_fence);
    CHECK_FALSE(rec.retry_at);
    CHECK(rec.history.back().reason == "UPSTREAM_FAILED: job_x failed");
  }
  for (const auto s : {completed, cancelled}) {
    auto rec = job_builder{}.in(s);
    const auto r = cancel(rec, "CANCELLED", "", noon, limits);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::invalid_state);
    CHECK(r.err().message.find(to_string(s)) != std::string::npos);
  }
}

TEST_CASE("a missed deadline fails a job that waits", "[job_life]") {
  auto rec = job_builder{}.deadline(noon).created();
  CHECK(miss_deadline(rec, noon - 1s, noon, limits).err().field == "deadline"); // it was moved meanwhile
  check_change(miss_deadline(rec, noon, noon, limits), queued, failed, true);
  CHECK(states(rec) == std::vector{queued, scheduled, failed});
  CHECK(rec.error->code == "DEADLINE_MISSED");
  for (const auto s : {scheduled, retrying}) {
    auto waiting = job_builder{}.deadline(noon).in(s);
    check_change(miss_deadline(waiting, noon, noon, limits), s, failed, true);
    CHECK_FALSE(waiting.current_fence);
  }
  for (const auto s : {running, completed, failed, cancelled}) {
    auto other = job_builder{}.deadline(noon).in(s);
    CHECK(miss_deadline(other, noon, noon, limits).err().code == ec::invalid_state);
  }
}

TEST_CASE("an attempt that ran out of memory is tried again with more, where the policy says so", "[job_life]") {
  const auto memory_after = [](uint64_t memory, uint32_t percent, uint64_t most, std::string code) {
    auto rec = job_builder{7}.running("w1", 1);
    rec.spec.resources.memory_bytes = memory;
    rec.spec.retry.memory_growth_percent = percent;
    rec.spec.retry.memory_growth_max = most;
    attempt_outcome o;
    o.kind = outcome_kind::failed_retryable;
    o.code = std::move(code);
    o.started_at = noon;
    REQUIRE(finish(rec, rec.current_fence, o, noon, 1, limits));
    CHECK(rec.state == job_state::retrying);
    return rec.spec.resources.memory_bytes;
  };
  const std::string oom{job_error_code::out_of_memory};
  CHECK(memory_after(1000, 150, 0, oom) == 1500);
  CHECK(memory_after(1001, 150, 0, oom) == 1502);
  CHECK(memory_after(1000, 150, 1200, oom) == 1200);
  CHECK(memory_after(1000, 150, 900, oom) == 1000);
  CHECK(memory_after(1000, 100, 0, oom) == 1000);
  CHECK(memory_after(0, 150, 0, oom) == 0);
  CHECK(memory_after(1000, 150, 0, "EXIT_STATUS") == 1000);
  CHECK(memory_after(UINT64_MAX - 5, 1000, 0, oom) == UINT64_MAX);
}

TEST_CASE("what attempts have used adds up", "[job_life]") {
  auto rec = job_builder{7}.running("w1", 1);
  attempt_outcome o;
  o.kind = outcome_kind::failed_retryable;
  o.started_at = noon;
  o.finished_at = noon + 2s;
  o.usage = {1'500'000, 4096};
  REQUIRE(finish(rec, rec.current_fence, o, noon, 1, limits));
  REQUIRE(place(rec, placement{"w", fence_token{77}}, noon, limits));
  o.kind = outcome_kind::succeeded;
  o.usage = {500'000, 1024};
  REQUIRE(finish(rec, fence_token{77}, o, noon, 1, limits));
  CHECK(rec.usage == attempt_usage{2'000'000, 4096});
  CHECK(rec.ran == 4s);
}
