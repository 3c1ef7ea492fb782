#include "core/job/job_life.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;
using enum callboard::job_state;

namespace {

const life_limits limits;

} // namespace

TEST_CASE("a loss before the start moves and counts nothing", "[job_life]") {
  auto rec = job_builder{}.placed("w1", 1);
  const auto r = lose(rec, fence_token{1}, "lease expired", noon, limits);
  REQUIRE(r);
  CHECK(r->before == scheduled);
  CHECK(r->after == scheduled);
  CHECK_FALSE(r->durable);
  CHECK(rec.loss_count == 0);
  CHECK_FALSE(rec.current_fence);
}

TEST_CASE("losses are counted apart and end at their limit", "[job_life]") {
  life_limits three;
  three.losses_max = 3;
  auto rec = job_builder{}.retries(0).created();
  for (uint64_t attempt = 1; attempt <= 3; ++attempt) {
    REQUIRE(place(rec, {"w1", fence_token{attempt}}, noon, three));
    REQUIRE(start(rec, fence_token{attempt}, noon, three));
    const auto r = lose(rec, fence_token{attempt}, "lease expired", noon + 1s, three);
    REQUIRE(r);
    CHECK(r->durable);
    CHECK(rec.loss_count == attempt);
    CHECK(rec.retry_count == 0);
    CHECK(rec.state == (attempt < 3 ? retrying : failed));
    CHECK(rec.error->code == (attempt < 3 ? "WORKER_LOST" : "WORKER_LOST_LIMIT"));
    if (attempt < 3)
      CHECK(rec.retry_at == noon + 1s);
  }
  CHECK(rec.error->message.find("3 times") != std::string::npos);
  CHECK(rec.error->message.find("lease expired") != std::string::npos);
  CHECK(rec.worker == "w1");
}

TEST_CASE("an operator's retry counts anew and forgets a passed deadline", "[job_life]") {
  auto rec = job_builder{}.deadline(noon + 1s).retries(2).failed();
  rec.retry_count = 2;
  rec.loss_count = 1;
  const auto lines = rec.history.size();
  const auto r = retry(rec, noon + 5s, limits);
  REQUIRE(r);
  CHECK(r->after == retrying);
  CHECK(r->durable);
  CHECK(rec.retry_at == noon + 5s);
  CHECK(rec.retry_count == 0);
  CHECK(rec.loss_count == 0);
  CHECK(rec.attempt == 1);
  CHECK_FALSE(rec.error);
  CHECK_FALSE(rec.finished_at);
  CHECK_FALSE(rec.spec.deadline);
  REQUIRE(rec.history.size() == lines + 1);
  CHECK(rec.history[lines - 1].reason == "BROKEN: it broke");

  auto in_time = job_builder{}.deadline(noon + 1h).failed();
  REQUIRE(retry(in_time, noon + 5s, limits));
  CHECK(in_time.spec.deadline == noon + 1h);

  for (const auto s : {queued, scheduled, running, retrying, completed, cancelled}) {
    auto other = job_builder{}.in(s);
    CHECK(retry(other, noon, limits).err().code == ec::invalid_state);
  }
}

TEST_CASE("a waiting job is changed", "[job_life]") {
  auto rec = job_builder{}.created();
  const auto r = modify(rec, {9, noon + 1h, noon + 2h}, noon, limits);
  REQUIRE(r);
  CHECK(r->durable);
  CHECK(r->after == queued);
  CHECK(rec.spec.priority == 9);
  CHECK(rec.spec.schedule_at == noon + 1h);
  CHECK(rec.spec.deadline == noon + 2h);
  CHECK(rec.history.back().reason == "changed: priority 5 to 9 scheduleAt deadline");

  auto partly = job_builder{}.priority(3).deadline(noon + 1h).created();
  REQUIRE(modify(partly, {{}, {}, noon + 2h}, noon, limits));
  CHECK(partly.spec.priority == 3);
  CHECK_FALSE(partly.spec.schedule_at);

  auto again = job_builder{}.in(retrying);
  REQUIRE(modify(again, {{}, noon + 3h, {}}, noon, limits));
  CHECK(again.retry_at == noon + 3h);
}

TEST_CASE("a job with a slot, or that ended, is not changed", "[job_life]") {
  for (const auto s : {scheduled, running, completed, failed, cancelled}) {
    INFO(to_string(s));
    auto rec = job_builder{}.in(s);
    CHECK(modify(rec, {9, {}, {}}, noon, limits).err().code == ec::invalid_state);
    CHECK(rec.spec.priority == 5);
  }
  auto rec = job_builder{}.created();
  const auto r = modify(rec, {10, {}, {}}, noon, limits);
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::out_of_range);
  CHECK(r.err().field == "priority");
  CHECK(rec.spec.priority == 5);
}

TEST_CASE("a running attempt is adopted after a restart", "[job_life]") {
  for (const auto s : {queued, retrying}) {
    INFO(to_string(s));
    auto rec = job_builder{}.in(s);
    const auto r = adopt(rec, {"w7", fence_token{77}}, 4, noon + 1s, noon + 9s, limits);
    REQUIRE(r);
    CHECK(r->before == s);
    CHECK(r->after == running);
    CHECK_FALSE(r->durable);
    CHECK(rec.worker == "w7");
    CHECK(rec.current_fence == fence_token{77});
    CHECK(rec.attempt == 4);
    CHECK(rec.started_at == noon + 1s);
    CHECK_FALSE(rec.retry_at);
    CHECK(rec.history.back().attempt == 4);
    CHECK(finish(rec, fence_token{77}, {}, noon + 10s, 0, limits));
  }
  auto known = job_builder{}.running("w1", 5);
  const auto lines = known.history.size();
  REQUIRE(adopt(known, {"w1", fence_token{5}}, 1, noon, noon + 1s, limits));
  CHECK(known.attempt == 1);
  CHECK(known.history.size() == lines);
}

TEST_CASE("a slot is adopted without a start", "[job_life]") {
  for (const auto s : {queued, retrying}) {
    auto rec = job_builder{}.in(s);
    const auto attempts = rec.attempt, losses = rec.loss_count;
    const auto begun = rec.started_at;
    REQUIRE(adopt(rec, {"w7", fence_token{77}}, attempts + 1, time_point{}, noon + 9s, limits));
    CHECK(rec.state == (s == queued ? scheduled : retrying));
    CHECK(rec.worker == "w7");
    CHECK(rec.attempt == attempts);
    CHECK(rec.started_at == begun);
    CHECK(rec.history.back().at >= noon);
    REQUIRE(lose(rec, fence_token{77}, "gone", noon + 10s, limits));
    CHECK(rec.loss_count == losses);
    CHECK_FALSE(rec.current_fence);
  }
}

TEST_CASE("an attempt that is not the latest is not adopted", "[job_life]") {
  auto newer = job_builder{}.placed("w2", 9);
  CHECK(adopt(newer, {"w1", fence_token{8}}, 1, noon, noon, limits).err().code == ec::stale_fence);
  CHECK(newer.worker == "w2");
  // Of before a restart: the record counts the attempts that are over.
  auto over = job_builder{}.in(retrying);
  over.attempt = 4;
  CHECK(adopt(over, {"w1", fence_token{8}}, 4, noon, noon, limits).err().code == ec::stale_fence);
  CHECK(over.state == retrying);
  CHECK(adopt(over, {"w1", fence_token{8}}, 5, noon, noon, limits));
  for (const auto s : {completed, failed, cancelled}) {
    auto ended = job_builder{}.in(s);
    CHECK(adopt(ended, {"w1", fence_token{8}}, 1, noon, noon, limits).err().code == ec::invalid_state);
  }
}

TEST_CASE("history keeps its first line and the latest", "[job_life]") {
  life_limits short_history;
  short_history.history_entries_max = 5;
  auto rec = job_builder{}.created();
  for (uint64_t i = 1; i <= 20; ++i) {
    const auto now = noon + i * 1s;
    REQUIRE(place(rec, {"w1", fence_token{i}}, now, short_history));
    REQUIRE(start(rec, fence_token{i}, now, short_history));
    attempt_outcome o;
    o.kind = outcome_kind::snoozed;
    REQUIRE(finish(rec, fence_token{i}, o, now, 0, short_history));
    CHECK(rec.history.size() <= 5);
  }
  REQUIRE(rec.history.size() == 5);
  CHECK(rec.history.front().state == queued);
  CHECK(rec.history.front().reason == "accepted");
  CHECK(rec.history.back().attempt == 20);
  CHECK(rec.history[1].attempt == 19);
  // A limit that was lowered takes effect with the next line; below two it counts as two.
  short_history.history_entries_max = 0;
  REQUIRE(cancel(rec, "CANCELLED", "", noon + 1h, short_history));
  REQUIRE(rec.history.size() == 2);
  CHECK(rec.history.front().state == queued);
  CHECK(rec.history.back().state == cancelled);
}
