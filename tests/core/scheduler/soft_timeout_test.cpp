// The soft timeout of a job goes along with each of its attempts.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct soft_timeout_world : hand_world {
  soft_timeout_world() {
    start();
  }
  static job_spec spec(duration soft_timeout = 20s) {
    auto s = job_builder{}.spec();
    s.timeout = 30s;
    s.soft_timeout = soft_timeout;
    return s;
  }
  void check_order(worker_id w, job_id id, uint32_t number) const {
    const auto* o = order_of(w, id);
    REQUIRE(o);
    CHECK(o->number == number);
    CHECK(duration{o->timeout_us} == 30s);
    CHECK(duration{o->soft_timeout_us} == 20s);
  }
  /// As a worker ends an attempt at its soft timeout.
  attempt_outcome softly() const {
    attempt_outcome o;
    o.kind = outcome_kind::timed_out;
    o.code = "TIMEOUT";
    o.message = "ended at its soft timeout of 20 s";
    o.started_at = now.wall;
    return o;
  }
};

} // namespace

TEST_CASE_METHOD(soft_timeout_world, "soft timeout: an order of a job without one says so", "[soft_timeout]") {
  const auto w = join("w1");
  const auto id = submit();
  CHECK(order_of(w, id)->soft_timeout_us == 0);
}

TEST_CASE_METHOD(soft_timeout_world, "soft timeout: an end by it is retried as a time-out, and every attempt has it",
                 "[soft_timeout]") {
  const auto w = join("w1");
  const auto id = submit(spec());
  begin(w, id);
  check_order(w, id, 1);
  end(w, id, softly());
  CHECK(disk.at(id).state == job_state::retrying);
  CHECK(disk.at(id).retry_count == 1);
  CHECK(disk.at(id).error->code == "TIMEOUT");
  CHECK(disk.at(id).error->message == "ended at its soft timeout of 20 s");
  pass(1min);
  begin(w, id);
  check_order(w, id, 2);
}

TEST_CASE_METHOD(soft_timeout_world, "soft timeout x rules by code: an end by it has the code TIMEOUT",
                 "[soft_timeout]") {
  const auto w = join("w1");
  auto s = spec();
  s.max_retries = 0;
  s.retry.rules = {{"TIMEOUT", failure_action::snooze, 5s}};
  const auto id = submit(s);
  begin(w, id);
  end(w, id, softly());
  CHECK(disk.at(id).state == job_state::retrying);
  CHECK(disk.at(id).retry_count == 0);
  pass(6s);
  check_order(w, id, 2);
}

TEST_CASE_METHOD(soft_timeout_world,
                 "soft timeout x loss, drain, operator's retry: the attempts that follow have it as well",
                 "[soft_timeout]") {
  auto s = spec();
  s.max_retries = 0;
  const auto lost = join("lost");
  const auto id = submit(s);
  begin(lost, id);
  leave(lost);
  const auto drained = join("drained");
  check_order(drained, id, 2);
  begin(drained, id);
  happen(worker_changed{drained, false});
  attempt_outcome o;
  o.kind = outcome_kind::returned;
  o.started_at = now.wall;
  end(drained, id, o);
  const auto last = join("last");
  check_order(last, id, 3);
  begin(last, id);
  end(last, id, softly());
  CHECK(disk.at(id).state == job_state::failed);
  ask(retry_call{id, {}});
  settle();
  check_order(last, id, 4);
}

TEST_CASE_METHOD(soft_timeout_world, "soft timeout x checkpoint: the next attempt has what was saved when it was told",
                 "[soft_timeout]") {
  const auto w = join("w1");
  const auto id = submit(spec());
  begin(w, id);
  auto o = softly();
  o.kind = outcome_kind::snoozed;
  o.snooze = 10s;
  o.checkpoint = blob{std::string{"half"}};
  end(w, id, o);
  CHECK(disk.at(id).retry_count == 0);
  pass(11s);
  check_order(w, id, 2);
  CHECK(order_of(w, id)->checkpoint == "half");
}

TEST_CASE_METHOD(soft_timeout_world, "soft timeout x result references: the order whose payload is filled in has it",
                 "[soft_timeout]") {
  const auto w = join("w1");
  const auto parent = submit();
  auto s = spec();
  s.dependencies = {parent};
  s.workflow = workflow_part{"w", "w", "child", false};
  s.payload = blob{R"({"x":"${jobs.parent.result}"})"};
  const auto child = submit(s);
  end(w, parent);
  check_order(w, child, 1);
  CHECK(order_of(w, child)->payload != s.payload.view());
}
