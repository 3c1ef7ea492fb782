// What an attempt saves for the next one: durable at once, kept whatever ends the attempt, gone with the job's success.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

attempt_outcome ended(outcome_kind kind) {
  attempt_outcome o;
  o.kind = kind;
  o.code = "E";
  return o;
}

} // namespace

TEST_CASE_METHOD(hand_world,
                 "checkpoint: is on the disk before its attempt ends, and the job is written as before that attempt",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  worker_news news{w, {}, {}, {}};
  news.started.push_back({id.value, order_of(w, id)->fence, (now.wall + 24h).time_since_epoch().count()});
  happen(std::move(news));
  settle();
  CHECK(order_of(w, id)->checkpoint.empty());
  CHECK(order_of(w, id)->checkpoint_bytes_max == 64u << 10);
  save(w, id, "half");
  CHECK(disk.at(id).checkpoint.view() == "half");
  CHECK(disk.at(id).state == job_state::scheduled);
  CHECK(disk.at(id).attempt == 0);
  CHECK_FALSE(disk.at(id).retry_at); // whatever the worker's clock says
  CHECK(live(id)->state == job_state::running);
}

TEST_CASE_METHOD(hand_world,
                 "checkpoint: the next attempt begins with it after a failure, a loss, a time-out and a return",
                 "[scheduler]") {
  start();
  const auto id = submit();
  size_t n = 0;
  for (const auto kind : {outcome_kind::failed_retryable, outcome_kind::timed_out, outcome_kind::returned}) {
    const auto w = join("w" + std::to_string(++n));
    begin(w, id);
    CHECK(order_of(w, id)->checkpoint == (n == 1 ? "" : "step " + std::to_string(n - 1)));
    save(w, id, "step " + std::to_string(n));
    now.wall += 1s;
    auto o = ended(kind);
    o.started_at = now.wall;
    happen(worker_changed{w, false}); // the next attempt is elsewhere
    end(w, id, o);
    pass(10s);
  }
  const auto lost = join("lost");
  begin(lost, id);
  CHECK(order_of(lost, id)->checkpoint == "step 3");
  save(lost, id, "step 4");
  leave(lost);
  const auto last = join("last");
  REQUIRE(has(last, id));
  CHECK(order_of(last, id)->checkpoint == "step 4");
}

TEST_CASE_METHOD(hand_world, "checkpoint: the end of an attempt brings the last one, also one that is handed back",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  auto o = ended(outcome_kind::returned);
  o.started_at = now.wall;
  o.checkpoint = blob{std::string{"late"}};
  end(w, id, o);
  CHECK(disk.at(id).checkpoint.view() == "late");
  CHECK(disk.at(id).retry_count == 0);
  CHECK(order_of(w, id)->checkpoint == "late");
}

TEST_CASE_METHOD(hand_world, "checkpoint: is dropped with success, and kept after the final failure for a retry",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto good = submit();
  begin(w, good);
  save(w, good, "x");
  end(w, good);
  CHECK(disk.at(good).state == job_state::completed);
  CHECK(disk.at(good).checkpoint.empty());
  const auto bad = submit();
  begin(w, bad);
  save(w, bad, "y");
  end(w, bad, ended(outcome_kind::failed_final));
  CHECK(disk.at(bad).state == job_state::failed);
  CHECK(disk.at(bad).checkpoint.view() == "y");
  ask(retry_call{bad, {}});
  settle();
  CHECK(order_of(w, bad)->checkpoint == "y");
}

TEST_CASE_METHOD(hand_world, "checkpoint: of a former attempt, or of another worker, is refused and counted",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  const auto old = order_of(w, id)->fence;
  auto o = ended(outcome_kind::failed_retryable);
  end(w, id, o);
  pass(10s);
  begin(w, id);
  save(w, id, "new");
  worker_news late{w, {}, {}, {}};
  late.checkpoints.push_back({{id.value, old}, blob{std::string{"old"}}});
  worker_news stranger{join("w2"), {}, {}, {}};
  stranger.checkpoints.push_back({{id.value, order_of(w, id)->fence}, blob{std::string{"strange"}}});
  const auto before = stale_refused;
  happen(std::move(late));
  happen(std::move(stranger));
  settle();
  CHECK(stale_refused == before + 2);
  CHECK(disk.at(id).checkpoint.view() == "new");
}

TEST_CASE_METHOD(hand_world,
                 "checkpoint: while the store fails the latest one waits, and is written when it works again",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  disk_full = true;
  for (int n = 0; n < 5; ++n)
    save(w, id, "n" + std::to_string(n));
  CHECK(disk.at(id).checkpoint.empty());
  disk_full = false;
  pass(2s);
  CHECK(disk.at(id).checkpoint.view() == "n4");
  CHECK(live(id)->state == job_state::running);
  end(w, id);
  CHECK(disk.at(id).state == job_state::completed);
}

TEST_CASE_METHOD(hand_world, "checkpoint: one that says the same is not written again", "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  save(w, id, "x");
  const auto n = written.size();
  save(w, id, "x");
  CHECK(written.size() == n);
}

TEST_CASE("checkpoint: one that is too long is refused with its limit", "[job]") {
  auto rec = job_builder{}.running("w1", 1);
  life_limits l;
  l.checkpoint_bytes_max = 3;
  const auto r = save_checkpoint(rec, fence_token{1}, blob{std::string{"1234"}}, l);
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::out_of_range);
  CHECK(r.err().message.find("jobs.checkpoint_bytes_max") != std::string::npos);
  CHECK(rec.checkpoint.empty());
  auto waits = job_builder{}.placed("w1", 1);
  CHECK_FALSE(save_checkpoint(waits, fence_token{1}, blob{std::string{"1"}}, l));
}
