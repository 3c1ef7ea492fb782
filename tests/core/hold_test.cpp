// A hold in a job's life.
#include "core/job/job_reaction.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;
using enum callboard::job_state;

namespace {

const life_limits limits;

job_patch hold(std::string reason = {}) {
  job_patch p;
  p.held = true;
  p.reason = std::move(reason);
  return p;
}

job_patch release() {
  job_patch p;
  p.held = false;
  return p;
}

attempt_outcome failure() {
  attempt_outcome o;
  o.kind = outcome_kind::failed_retryable;
  o.code = "X";
  o.started_at = noon;
  o.finished_at = noon + 1s;
  return o;
}

} // namespace

TEST_CASE("a hold and a release are written, with time and reason in the history", "[job_life][hold]") {
  auto rec = job_builder{}.created();
  CHECK_FALSE(is_held(rec.spec));
  const auto r = modify(rec, hold("audit"), noon + 1s, limits);
  REQUIRE(r);
  CHECK(r->before == queued);
  CHECK(r->after == queued);
  CHECK(r->durable);
  CHECK(rec.spec.hold == job_hold{true, noon + 1s, "audit"});
  CHECK(rec.history.back().reason == "held: audit");
  REQUIRE(modify(rec, release(), noon + 2s, limits));
  CHECK_FALSE(is_held(rec.spec));
  CHECK(rec.spec.hold == job_hold{false, noon + 2s, ""});
  CHECK(rec.history.back().reason == "released");
}

TEST_CASE("to hold what is held changes nothing, but for another reason", "[job_life][hold]") {
  auto rec = job_builder{}.created();
  REQUIRE(modify(rec, hold("audit"), noon + 1s, limits));
  const auto lines = rec.history.size();
  CHECK_FALSE(modify(rec, hold("audit"), noon + 2s, limits)->durable);
  CHECK_FALSE(modify(rec, hold(), noon + 3s, limits)->durable);
  CHECK(rec.history.size() == lines);
  CHECK(modify(rec, hold("the disk"), noon + 4s, limits)->durable);
  CHECK(rec.spec.hold == job_hold{true, noon + 1s, "the disk"});
  REQUIRE(modify(rec, release(), noon + 5s, limits));
  CHECK_FALSE(modify(rec, release(), noon + 6s, limits)->durable);
}

TEST_CASE("a job is held in every state that is not terminal", "[job_life][hold]") {
  for (auto rec : {job_builder{}.created(), job_builder{}.schedule_at(noon + 1h).created(),
                   job_builder{}.placed("w1", 1), job_builder{}.running("w1", 1), job_builder{}.finished(failure())}) {
    CAPTURE(to_string(rec.state));
    const auto before = rec.state;
    const auto r = modify(rec, hold(), noon + 2s, limits);
    REQUIRE(r);
    CHECK(rec.state == before);
    CHECK(is_held(rec.spec));
  }
  auto over = job_builder{}.retries(0).finished(failure());
  CHECK(over.state == failed);
  const auto r = modify(over, hold(), noon + 2s, limits);
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::invalid_state);
  CHECK(r.err().message.find("it cannot be held; allowed: queued, scheduled, running or retrying") !=
        std::string::npos);
}

TEST_CASE("held goes with other changes where those are allowed only", "[job_life][hold]") {
  auto both = hold();
  both.priority = 9;
  auto waits = job_builder{}.created();
  REQUIRE(modify(waits, both, noon, limits));
  CHECK(waits.spec.priority == 9);
  CHECK(is_held(waits.spec));
  auto runs = job_builder{}.running("w1", 1);
  CHECK(modify(runs, both, noon, limits).err().code == ec::invalid_state);
  CHECK_FALSE(is_held(runs.spec));
}

TEST_CASE("held at submit says so", "[job_life][hold]") {
  job_record rec;
  rec.id = job_id{1};
  rec.spec.hold = job_hold{};
  create(rec, noon + 1s);
  CHECK(rec.spec.hold == job_hold{true, noon + 1s, ""});
  CHECK(rec.history.back().reason == "accepted; held");
}

TEST_CASE("a hold outlives an attempt that is tried again and a failure, and ends with any other end",
          "[job_life][hold]") {
  auto rec = job_builder{}.retries(1).running("w1", 1);
  REQUIRE(modify(rec, hold(), noon, limits));
  REQUIRE(finish(rec, fence_token{1}, failure(), noon + 1s, 0, limits));
  CHECK(rec.state == retrying);
  CHECK(is_held(rec.spec));
  auto once = job_builder{}.retries(0).running("w1", 1);
  REQUIRE(modify(once, hold(), noon, limits));
  REQUIRE(finish(once, fence_token{1}, failure(), noon + 1s, 0, limits));
  CHECK(once.state == failed);
  CHECK(is_held(once.spec));
  REQUIRE(retry(once, noon + 2s, limits));
  CHECK(is_held(once.spec));
  REQUIRE(cancel(once, "CANCELLED", "", noon + 3s, limits));
  CHECK_FALSE(once.spec.hold);
  auto good = job_builder{}.running("w1", 1);
  REQUIRE(modify(good, hold(), noon, limits));
  attempt_outcome o;
  o.started_at = noon;
  o.finished_at = noon + 1s;
  REQUIRE(finish(good, fence_token{1}, o, noon + 1s, 0, limits));
  CHECK(good.state == completed);
  CHECK_FALSE(good.spec.hold);
}

TEST_CASE("what is written while an attempt runs is the job before that attempt", "[job_life][hold]") {
  auto first = job_builder{}.running("w1", 1);
  REQUIRE(modify(first, hold(), noon + 1s, limits));
  const auto before = before_attempt(first, noon + 9s);
  CHECK(before.state == scheduled);
  CHECK(before.attempt == 0);
  CHECK_FALSE(before.started_at);
  CHECK(is_held(before.spec));
  // A worker that still runs it is believed.
  auto found = before;
  found.current_fence = {};
  REQUIRE(adopt(found, {"w1", fence_token{1}}, 1, noon, noon + 5s, limits));
  CHECK(found.state == running);
  CHECK(found.attempt == 1);

  auto second = job_builder{}.finished(failure());
  REQUIRE(place(second, {"w1", fence_token{2}}, noon + 2s, limits));
  REQUIRE(start(second, fence_token{2}, noon + 3s, limits));
  REQUIRE(modify(second, hold(), noon + 4s, limits));
  const auto former = before_attempt(second, noon + 9s);
  CHECK(former.state == retrying);
  CHECK(former.attempt == 1);
  CHECK(former.retry_count == 1);
  CHECK(former.retry_at == noon + 9s); // whatever the worker's clock says

  // One that an operator brought back before it had ever begun.
  auto revived = job_builder{}.deadline(noon + 1s).created();
  REQUIRE(miss_deadline(revived, noon + 1s, noon + 2s, limits));
  REQUIRE(retry(revived, noon + 3s, limits));
  REQUIRE(place(revived, {"w1", fence_token{3}}, noon + 3s, limits));
  REQUIRE(start(revived, fence_token{3}, noon + 4s, limits));
  CHECK(before_attempt(revived, noon + 9s).state == retrying);
  CHECK(before_attempt(revived, noon + 9s).attempt == 0);
}

TEST_CASE("log x what is written while an attempt runs: another attempt of the same number begins its log anew",
          "[job_life][hold][log]") {
  auto rec = job_builder{}.finished(failure());
  attempt_outcome logged = failure();
  append(rec.log, 1, {0, {"of one"}}, limits.log_bytes_max);
  REQUIRE(place(rec, {"w1", fence_token{2}}, noon + 2s, limits));
  REQUIRE(start(rec, fence_token{2}, noon + 3s, limits));
  CHECK(before_attempt(rec, noon + 9s).log.lines == std::vector<std::string>{"of one"});
  take_progress(rec, {fence_token{2}, {}, {}, {0, {"of two", "of two"}}}, limits);
  auto found = before_attempt(rec, noon + 9s);
  CHECK(found.log == job_log{});
  // After a restart, and the loss of that worker.
  found.current_fence = {};
  REQUIRE(place(found, {"w2", fence_token{9}}, noon + 9s, limits));
  REQUIRE(start(found, fence_token{9}, noon + 9s, limits));
  REQUIRE(found.attempt == rec.attempt);
  logged.log = {0, {"anew"}};
  REQUIRE(finish(found, fence_token{9}, logged, noon + 10s, 0, limits));
  CHECK(found.log.lines == std::vector<std::string>{"anew"});
}
