// What the core does about time: deadlines, holds, members that are awaited, the end.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(hand_world, "scheduler: a modified deadline moves the timer that wakes it", "[scheduler]") {
  start();
  const auto id = submit(job_builder{}.deadline(now.wall + 1h).spec());
  CHECK(core.next_wake().wall == now.wall + 1h);
  modify_call c{id, {}, {}};
  c.patch.deadline = now.wall + 2h;
  ask(std::move(c));
  settle();
  CHECK(core.next_wake().wall == now.wall + 2h);
  pass(2h);
  CHECK(disk.at(id).error->code == job_error_code::deadline_missed);
  CHECK(core.next_wake().wall == time_point::max());
}

TEST_CASE_METHOD(hand_world, "scheduler: a deadline that passes while a later one is being written is not missed",
                 "[scheduler]") {
  start();
  const auto id = submit(job_builder{}.deadline(now.wall + 1s).spec());
  disk_held = true;
  modify_call c{id, {}, {}};
  c.patch.deadline = now.wall + 1h;
  ask(std::move(c));
  pass(2s);
  disk_held = false;
  settle();
  CHECK(disk.at(id).state == job_state::queued);
  CHECK(core.next_wake().wall == now.wall - 2s + 1h);
  pass(1h);
  CHECK(disk.at(id).error->code == job_error_code::deadline_missed);
}

TEST_CASE_METHOD(hand_world, "scheduler: after a restart waits for the former workers, a lease at most",
                 "[scheduler]") {
  start({"north"});
  const auto w = join("w1");
  const auto id = submit();
  CHECK_FALSE(has(w, id));
  CHECK(core.next_wake().steady == now.steady + 30s);
  pass(30s);
  CHECK(has(w, id));
  CHECK(std::count(trace.begin(), trace.end(), "remove member/north") == 1);
}

TEST_CASE_METHOD(hand_world, "scheduler: a wall clock that steps ends no hold", "[scheduler]") {
  start({"north"});
  const auto w = join("w1");
  const auto id = submit();
  now.wall += 10h;
  core.on_time(now);
  end_turn();
  settle();
  CHECK_FALSE(has(w, id));
}

TEST_CASE_METHOD(hand_world, "scheduler: a foreign worker gets work when its membership is on the disk",
                 "[scheduler]") {
  start();
  const auto id = submit();
  disk_full = true;
  const auto w = join("far", 1, false);
  CHECK_FALSE(has(w, id));
  disk_full = false;
  pass(2s);
  CHECK(has(w, id));
}

TEST_CASE_METHOD(hand_world, "scheduler: drained when nothing is under way", "[scheduler]") {
  start();
  disk_held = true;
  auto got = send(job_builder{}.spec());
  run_job();
  core.drain();
  end_turn();
  CHECK_FALSE(core.drained());
  disk_held = false;
  settle();
  CHECK((**got)->front());
  CHECK(core.drained());
  auto late = send(job_builder{}.spec());
  CHECK((**late).err().code == ec::shutting_down);
}

TEST_CASE_METHOD(hand_world, "scheduler: a hold that ends while nothing waits wakes it once", "[scheduler]") {
  start({"north"});
  CHECK(core.next_wake().steady == now.steady + 30s);
  SECTION("nobody has come back") {
  }
  SECTION("the former worker has") {
    join("north");
  }
  pass(30s);
  CHECK(core.next_wake().steady == steady_point::max());
}
