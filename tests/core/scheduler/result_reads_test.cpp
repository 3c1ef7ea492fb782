// Payloads that stand for results of other jobs: they are filled in between the placement and the worker.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct results_world : hand_world {
  results_world() {
    start();
    w = join("w1");
    parent = submit();
    child = submit(reading(parent));
    grandchild = submit(job_builder{}.after(child).spec());
  }
  static job_spec reading(job_id from) {
    auto s = job_builder{}.after(from).spec();
    s.workflow = workflow_part{"w", "w", "child", false};
    s.payload = blob{R"({"x":"${jobs.parent.result}"})"};
    s.max_retries = 0;
    return s;
  }
  /// The child has its slot, and the answer of the store is on its way.
  void place_child() {
    reader_held = true;
    end(w, parent, {.started_at = now.wall - 10s});
    CHECK(live(child)->has(job_flag::placed));
    CHECK_FALSE(has(w, child));
  }
  void answer_reader() {
    reader_held = false;
    settle();
  }
  uint32_t taken() const {
    return core.state().ledger.busy_slots();
  }

  worker_id w;
  job_id parent, child, grandchild;
};

} // namespace

TEST_CASE_METHOD(results_world, "results: the worker gets the payload with them", "[results]") {
  place_child();
  answer_reader();
  REQUIRE(has(w, child));
  CHECK(order_of(w, child)->payload == R"({"x":"${jobs.parent.result}"}1)");
  end(w, child);
  CHECK(disk.at(child).state == job_state::completed);
  CHECK(disk.at(child).spec.payload.view() == R"({"x":"${jobs.parent.result}"})"); // as it was written
  CHECK(has(w, grandchild));
}

TEST_CASE_METHOD(results_world, "results: a job without the mark, or of no workflow, is not looked at", "[results]") {
  const auto before = reads;
  auto s = job_builder{}.spec();
  s.payload = blob{R"({"x":"${jobs.parent.result}"})"};
  end(w, parent);
  end(w, child);
  end(w, grandchild);
  const auto id = submit(s);
  CHECK(order_of(w, id)->payload == s.payload.view());
  CHECK(reads == before + 1); // of the child
}

TEST_CASE_METHOD(results_world, "results: one that is missing fails the job and what waits for it", "[results]") {
  place_child();
  const auto& measured = core.state().dispatch.measured();
  const auto usual = measured.mean_run(core.state().index.type_of(live(child)->shape));
  CHECK(usual > duration{0});
  disk.erase(parent); // purged
  answer_reader();
  CHECK_FALSE(has(w, child));
  CHECK(disk.at(child).state == job_state::failed);
  CHECK(disk.at(child).error->code == job_error_code::missing_result);
  CHECK(disk.at(grandchild).error->code == job_error_code::upstream_failed);
  CHECK(disk.at(child).ran == duration{0});
  CHECK(measured.mean_run(0) == usual); // no handler ran
  CHECK(taken() == 0);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(results_world, "results x failed write: the failure is kept until it can be written", "[results]") {
  place_child();
  disk.erase(parent);
  disk_full = true;
  answer_reader();
  CHECK(disk.at(child).state == job_state::queued);
  disk_full = false;
  pass(2s);
  CHECK(disk.at(child).state == job_state::failed);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(results_world, "results x cancel: the slot is free, and no worker runs it", "[results]") {
  place_child();
  ask(cancel_call{child, "", {}});
  settle();
  answer_reader();
  CHECK(disk.at(child).state == job_state::cancelled);
  CHECK_FALSE(has(w, child));
  CHECK(taken() == 0);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(results_world, "results x loss: another worker gets it, once", "[results]") {
  place_child();
  leave(w);
  const auto other = join("w2");
  answer_reader();
  REQUIRE(has(other, child));
  CHECK_FALSE(has(w, child));
  CHECK(taken() == 1);
  end(other, child);
  CHECK(disk.at(child).state == job_state::completed);
}

TEST_CASE_METHOD(results_world, "results x restart of a worker's connection: what it never heard of is placed again",
                 "[results]") {
  place_child();
  worker_arrival again;
  again.worker = w;
  again.registration.slots = 1;
  again.registration.local = true;
  again.registration.types = {"noop"};
  again.registration.boot_epoch = 1;
  again.name = std::make_shared<const std::string>("w1");
  happen(std::move(again));
  answer_reader();
  REQUIRE(has(w, child));
  CHECK(taken() == 1);
  end(w, child);
  CHECK(disk.at(child).state == job_state::completed);
}
