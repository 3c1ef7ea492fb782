#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

job_spec after(job_id dep) {
  return job_builder{}.after(dep).spec();
}

const attempt_outcome broken{.kind = outcome_kind::failed_final, .code = "X", .message = "no"};

} // namespace

TEST_CASE_METHOD(hand_world, "scheduler: accepts once its store is open, dispatches once it has read all",
                 "[scheduler]") {
  auto early = send(job_builder{}.spec());
  REQUIRE(*early);
  CHECK((**early).err().code == ec::starting);
  open();
  const auto id = submit();
  CHECK(live(id)->state == job_state::queued);
  const auto w = join("w1");
  CHECK_FALSE(has(w, id));
  core.on_recovery_complete(now);
  end_turn();
  settle();
  CHECK(has(w, id));
}

TEST_CASE_METHOD(hand_world, "scheduler: a job is written before it is answered, and answered before it runs",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  auto got = send(job_builder{}.spec());
  CHECK_FALSE(*got);
  run_job();
  CHECK_FALSE(*got);
  CHECK(disk.empty());
  run_disk();
  REQUIRE(*got);
  const auto id = (**got)->front()->id;
  CHECK(disk.count(id) == 1);
  CHECK_FALSE(has(w, id));
  settle();
  CHECK(has(w, id));
  CHECK(trace == std::vector<std::string>{"write id_bound", "write 1", "run noop"});
  CHECK(submitted == 1);
}

TEST_CASE_METHOD(hand_world, "scheduler: an outcome is acknowledged when it is on the disk", "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  disk_held = true;
  end(w, id);
  CHECK(told[w].acknowledged.empty());
  CHECK(live(id) != nullptr);
  disk_held = false;
  settle();
  REQUIRE(told[w].acknowledged.size() == 1);
  CHECK(told[w].acknowledged[0].job == id.value);
  CHECK(disk.at(id).state == job_state::completed);
  CHECK(live(id) == nullptr);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(hand_world, "scheduler: the slot is free when the outcome comes, not when it is written",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto first = submit(), second = submit();
  CHECK_FALSE(has(w, second));
  disk_held = true;
  end(w, first);
  CHECK(has(w, second));
}

TEST_CASE_METHOD(hand_world, "scheduler: a lost job runs elsewhere with a higher fence, and the old outcome is late",
                 "[scheduler]") {
  start();
  const auto first = join("w1");
  const auto id = submit();
  begin(first, id);
  const auto old = order_of(first, id)->fence;
  leave(first);
  CHECK(live(id)->state == job_state::retrying);
  const auto second = join("w2");
  REQUIRE(has(second, id));
  CHECK(order_of(second, id)->fence > old);
  worker_news late{second, {}, {}, {}};
  late.ended.push_back({{id.value, old}, {}});
  happen(std::move(late));
  settle();
  CHECK(stale_refused == 1);
  CHECK(live(id) != nullptr);
  end(second, id);
  CHECK(disk.at(id).state == job_state::completed);
  CHECK(disk.at(id).loss_count == 1);
}

TEST_CASE_METHOD(hand_world, "scheduler: a running job that is cancelled keeps its slot until its worker is done",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit(), next = submit();
  begin(w, id);
  auto got = ask(cancel_call{id, "not wanted", {}});
  settle();
  REQUIRE(*got);
  CHECK((***got)->state == job_state::cancelled);
  REQUIRE(told[w].cancelled.size() == 1);
  CHECK(told[w].cancelled[0].job == id.value);
  CHECK_FALSE(has(w, next));
  end(w, id, {.kind = outcome_kind::cancelled});
  CHECK(has(w, next));
}

TEST_CASE_METHOD(
  hand_world, "scheduler: a job that lives again does not run while a worker may still begin its former attempt (P2)",
  "[scheduler]") {
  start();
  const auto slow = join("slow");
  const auto id = submit(job_builder{}.deadline(now.wall + 1s).spec());
  REQUIRE(has(slow, id));
  pass(1s); // the order is still on its way
  REQUIRE(disk.at(id).state == job_state::failed);
  REQUIRE(told[slow].cancelled.size() == 1);
  happen(worker_changed{slow, false});
  const auto other = join("other");
  auto got = ask(retry_call{id, {}});
  settle();
  REQUIRE(*got);
  CHECK((***got)->state == job_state::retrying);
  CHECK_FALSE(has(other, id));
  SECTION("the worker is done with it") {
    end(slow, id, {.kind = outcome_kind::cancelled});
  }
  SECTION("the worker is lost") {
    happen(worker_gone{slow, "its lease is over"});
    settle();
  }
  SECTION("its priority is changed meanwhile, and then the worker is done with it") {
    modify_call c{id, {}, {}};
    c.patch.priority = 9;
    ask(std::move(c));
    settle();
    CHECK_FALSE(has(other, id));
    end(slow, id, {.kind = outcome_kind::cancelled});
  }
  SECTION("it is cancelled meanwhile: there is nothing to run any more") {
    ask(cancel_call{id, "", {}});
    settle();
    end(slow, id, {.kind = outcome_kind::cancelled});
    CHECK(live(id) == nullptr);
    CHECK(core.state().ledger.attempts() == 0);
    return;
  }
  REQUIRE(has(other, id));
  begin(other, id);
  end(other, id);
  CHECK(disk.at(id).state == job_state::completed);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(hand_world, "scheduler: a slot that was chosen before the job ended and lived again is not for it",
                 "[scheduler]") {
  start();
  const auto id = submit(job_builder{}.deadline(now.wall + 1s).spec());
  disk_full = true;
  pass(1s); // it failed, which cannot be written
  disk_full = false;
  auto got = ask(retry_call{id, {}});
  const auto w = join("w1"); // for the scheduler the job still waits: it gets a slot
  settle();
  pass(10s); // the failure is written, then the retry, and only then the job hears of its slot
  REQUIRE(*got);
  REQUIRE(**got);
  CHECK((***got)->state == job_state::retrying);
  REQUIRE(has(w, id));
  begin(w, id);
  end(w, id);
  CHECK(disk.at(id).state == job_state::completed);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(hand_world,
                 "scheduler: purge x retry: a job that is purged while its retry is being written stays gone",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  end(w, id, broken);
  REQUIRE(disk.at(id).state == job_state::failed);
  disk_held = true;
  auto retried = ask(retry_call{id, {}});
  auto cancelled = ask(cancel_call{id, "", {}}); // waits behind it
  settle();
  disk.erase(id);
  disk_held = false;
  settle();
  for (const auto& got : {retried, cancelled}) {
    REQUIRE(*got);
    REQUIRE_FALSE(**got);
    CHECK((**got).err().code == ec::unknown_job);
  }
  CHECK(live(id) == nullptr);
  CHECK(disk.count(id) == 0);
  CHECK_FALSE(core.state().store_error); // the disk is well
  pass(1min);
  CHECK(disk.count(id) == 0);
}

TEST_CASE_METHOD(hand_world, "scheduler: a placement that the job refuses gives its slot back", "[scheduler]") {
  start();
  const auto id = submit();
  disk_held = true;
  auto got = ask(cancel_call{id, "", {}});
  const auto w = join("w1"); // the job is still in the line: its placement waits behind the cancellation
  CHECK(core.state().ledger.attempts() == 1);
  disk_held = false;
  settle();
  CHECK((***got)->state == job_state::cancelled);
  CHECK_FALSE(has(w, id));
  CHECK(core.state().ledger.attempts() == 0);
  CHECK(has(w, submit()));
}

TEST_CASE_METHOD(hand_world, "scheduler: dependants run when all is done, and are cancelled in the write of a failure",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto a = submit();
  const auto b = submit(after(a));
  const auto c = submit(after(b));
  CHECK_FALSE(has(w, b));
  end(w, a);
  REQUIRE(has(w, b));
  end(w, b, broken);
  CHECK(disk.at(c).state == job_state::cancelled);
  CHECK(written.back() == std::vector<job_id>{b, c});
  CHECK_FALSE(has(w, c));
}

TEST_CASE_METHOD(hand_world, "scheduler: a dependant that is submitted while the failure is being written is cancelled",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto a = submit();
  disk_held = true;
  end(w, a, broken);
  auto got = send(after(a));
  settle();
  CHECK_FALSE(*got);
  disk_held = false;
  settle();
  REQUIRE(*got);
  const auto b = (**got)->front()->id;
  CHECK(disk.at(b).state == job_state::cancelled);
  CHECK(disk.at(b).error->code == job_error_code::upstream_failed);
  CHECK_FALSE(has(w, b));
}

TEST_CASE_METHOD(hand_world, "scheduler: a dependant that is being written joins the write of the failure",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto a = submit();
  disk_held = true;
  auto got = send(after(a));
  run_reader();
  run_job(); // its first version is on the way to the disk
  end(w, a, broken);
  CHECK_FALSE(*got);
  disk_held = false;
  settle();
  const auto b = (**got)->front()->id;
  CHECK(written.back() == std::vector<job_id>{a, b});
  CHECK(disk.at(b).state == job_state::cancelled);
  CHECK(core.state().groups.size() == 0);
}

TEST_CASE_METHOD(hand_world, "scheduler: an atomic batch is one part, and leaves nothing behind when it is not written",
                 "[scheduler]") {
  start();
  submit_request r;
  r.jobs = {job_builder{}.queue("a").spec(), job_builder{}.queue("b").spec()};
  r.atomic = true;
  auto good = send(r);
  settle();
  REQUIRE(**good);
  CHECK(written.back().size() == 2);
  disk_full = true;
  r.jobs = {job_builder{}.queue("c").spec(), job_builder{}.queue("d").spec()};
  auto bad = send(r);
  settle();
  for (const auto& a : ***bad)
    CHECK(a.err().code == ec::storage_unavailable);
  CHECK(disk.size() == 2);
  CHECK(core.state().index.table().size() == 2);
  CHECK(core.state().requests.unborn() == 0);
  CHECK(core.state().desk.size() == 2);
}

TEST_CASE_METHOD(hand_world,
                 "scheduler: a job that rests with a missed deadline can be placed meanwhile and still ends",
                 "[scheduler]") {
  start();
  const auto id = submit(job_builder{}.deadline(now.wall + 1s).spec());
  disk_full = true;
  pass(2s);
  REQUIRE(core.state().desk.find(id) == job_desk::presence::resting);
  const auto w = join("w1"); // local: needs no write
  disk_full = false;
  pass(2s);
  CHECK(disk.at(id).state == job_state::failed);
  CHECK(disk.at(id).attempt == 0);
  CHECK(live(id) == nullptr);
  CHECK(core.state().ledger.attempts() == 0);
  CHECK_FALSE(has(w, id));
  CHECK(has(w, submit()));
}

TEST_CASE_METHOD(hand_world, "scheduler: an attempt that did not start is not taken for one after a failed write",
                 "[scheduler]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  REQUIRE(has(w, id));
  disk_full = true;
  auto got = ask(cancel_call{id, "", {}});
  settle();
  CHECK((**got).err().code == ec::storage_unavailable);
  disk_full = false;
  end(w, id, {.kind = outcome_kind::returned});
  CHECK(disk.at(id).attempt == 0);
  REQUIRE(has(w, id)); // in the line again, and placed again
  begin(w, id);
  end(w, id);
  const auto& rec = disk.at(id);
  CHECK(rec.state == job_state::completed);
  CHECK(rec.attempt == 1);
  CHECK(rec.started_at >= noon);
  for (const auto& h : rec.history)
    CHECK(h.at >= noon);
}
