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
  start({{"north", {1, {}}}});
  const auto w = join("w1");
  const auto id = submit();
  CHECK_FALSE(has(w, id));
  CHECK(core.next_wake().steady == now.steady + 30s);
  pass(30s);
  CHECK(has(w, id));
  CHECK(std::count(trace.begin(), trace.end(), "remove member/north") == 1);
}

TEST_CASE_METHOD(hand_world, "scheduler: a wall clock that steps ends no hold", "[scheduler]") {
  start({{"north", {1, {}}}});
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
  start({{"north", {1, {}}}});
  CHECK(core.next_wake().steady == now.steady + 30s);
  SECTION("nobody has come back") {
  }
  SECTION("the former worker has") {
    join("north");
  }
  pass(30s);
  CHECK(core.next_wake().steady == steady_point::max());
}

TEST_CASE_METHOD(hand_world, "scheduler: after a restart nobody else gets what a node may be about to start (P2)",
                 "[scheduler]") {
  open({{"north", {1, {}}}}, 2);
  recovered_job f;
  f.id = job_id{5};
  f.type = "noop";
  f.queue = "default";
  core.on_recovered({f}, now);
  core.on_recovery_complete(now);
  end_turn();
  disk[f.id].id = f.id;
  disk[f.id].spec = job_builder{}.spec();
  const auto other = join("south");
  worker_arrival x;
  x.worker = worker_id{77};
  x.registration.slots = 1;
  x.registration.boot_epoch = 1;
  x.registration.types = {"noop"};
  x.registration.held.push_back({5, (uint64_t{1} << 32) + 1, 1, 0}); // given out by the former scheduler, not started
  x.name = std::make_shared<const std::string>("north");
  happen(std::move(x));
  settle();
  CHECK_FALSE(has(other, f.id));
  CHECK(told[worker_id{77}].cancelled.empty());
  CHECK(live(f.id)->state == job_state::scheduled);
  SECTION("it starts there") {
    worker_news news{worker_id{77}, {}, {}, {}};
    news.started.push_back({5, (uint64_t{1} << 32) + 1, now.wall.time_since_epoch().count()});
    happen(std::move(news));
    settle();
    CHECK(live(f.id)->state == job_state::running);
  }
  SECTION("it is handed back, and goes to another") {
    worker_news news{worker_id{77}, {}, {}, {}};
    news.ended.push_back({{5, (uint64_t{1} << 32) + 1}, {.kind = outcome_kind::returned}});
    leave(worker_id{77});
    happen(std::move(news));
    settle();
    CHECK(has(other, f.id));
  }
}

TEST_CASE_METHOD(hand_world, "scheduler: a wanted end gives the latest start, by how long its type runs",
                 "[scheduler]") {
  start();
  auto spec = job_builder{}.spec();
  spec.finish_by = now.wall + 1h;
  const auto id = submit(spec);
  CHECK(disk.at(id).spec.deadline == now.wall + 1h - estimator::unknown_run);
  SECTION("an earlier deadline stays") {
    spec.deadline = now.wall + 10min;
    CHECK(disk.at(submit(spec)).spec.deadline == now.wall + 10min);
  }
  SECTION("a later one does not") {
    spec.deadline = now.wall + 2h;
    CHECK(disk.at(submit(spec)).spec.deadline == now.wall + 1h - estimator::unknown_run);
  }
  SECTION("it is missed as a deadline is") {
    pass(1h);
    CHECK(disk.at(id).error->code == job_error_code::deadline_missed);
  }
}
