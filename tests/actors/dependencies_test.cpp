#include "tests/actors/scheduler_fixture.hpp"

#include <algorithm>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

job_spec after(std::vector<dependency> deps) {
  auto s = scheduler_fixture::spec();
  s.dependencies = std::move(deps);
  return s;
}

} // namespace

TEST_CASE_METHOD(scheduler_fixture, "a job waits until all its dependencies completed") {
  start();
  auto& n = add_node("w1", 2);
  const auto a = submit();
  const auto b = submit();
  const auto c = submit(after({a, b}));
  CHECK(state(c) == job_state::queued);
  end(n, a);
  CHECK_FALSE(n.has(c));
  end(n, b);
  CHECK(n.has(c));
  end(n, c);
  CHECK(state(c) == job_state::completed);
}

TEST_CASE_METHOD(scheduler_fixture, "a failure cancels all that waits for it, in one write") {
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  const auto b = submit(after({a}));
  const auto c = submit(after({b}));
  const auto other = submit();
  const auto d = submit(after({other, c}));
  end(n, a, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  for (auto id : {b, c, d}) {
    const auto rec = get(id);
    CHECK(rec.state == job_state::cancelled);
    CHECK(rec.error->code == job_error_code::upstream_failed);
  }
  auto last = disk->batches.back();
  std::sort(last.begin(), last.end());
  CHECK(last == std::vector<job_id>{a, b, c, d});
  CHECK(n.has(other));
}

TEST_CASE_METHOD(scheduler_fixture, "a retried failure cancels nothing") {
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  const auto b = submit(after({a}));
  end(n, a, {.kind = outcome_kind::failed_retryable, .code = "X", .message = "no"});
  CHECK(state(b) == job_state::queued);
  advance(1100ms);
  end(n, a);
  CHECK(n.has(b));
}

TEST_CASE_METHOD(scheduler_fixture, "cancelling cancels the dependants, whatever is under way with them") {
  start();
  const auto a = submit();
  const auto b = submit(after({a}));
  const auto c = submit(after({b}));
  // Both cancellations are in the mailbox before either is written: their groups meet.
  std::vector<job_state> answers;
  for (auto id : {b, a}) {
    cancel_call call{id, "", answer<job_ptr>{[&](result<job_ptr> x) {
                       REQUIRE(x);
                       answers.push_back((*x)->state);
                     }}};
    caf::anon_send(manager, std::move(call));
  }
  settle();
  CHECK(answers == std::vector<job_state>{job_state::cancelled, job_state::cancelled});
  for (auto id : {a, b, c})
    CHECK(state(id) == job_state::cancelled);
  CHECK(disk->inner->counts().live == 0);
}

TEST_CASE_METHOD(scheduler_fixture, "a job may depend on finished ones") {
  start();
  auto& n = add_node("w1");
  const auto good = submit();
  end(n, good);
  const auto bad = submit();
  end(n, bad, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  const auto runs = submit(after({good}));
  CHECK(n.has(runs));
  const auto born_cancelled = submit(after({good, bad}));
  CHECK(get(born_cancelled).error->code == job_error_code::upstream_failed);
  const auto unknown = try_submit(after({job_id{77}}));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.err().code == ec::unknown_dependency);
  CHECK(unknown.err().field == "dependencies[0]");
}

TEST_CASE_METHOD(scheduler_fixture, "an atomic batch is written in one piece or not at all") {
  start();
  submit_request r;
  r.jobs = {spec(), spec(), spec()};
  r.inner = {{0, 1}, {1, 2}}; // the first waits for the second, that for the third
  auto a = submit_all(r);
  REQUIRE(a);
  REQUIRE(disk->batches.size() == 1);
  CHECK(disk->batches.front().size() == 3);
  auto& n = add_node("w1");
  for (size_t i : {2, 1, 0}) {
    const auto id = (*a)[i]->id;
    REQUIRE(n.has(id));
    end(n, id);
  }

  r.jobs = {spec(), after({job_id{77}})};
  r.inner.clear();
  r.atomic = true;
  auto refused = submit_all(r);
  REQUIRE(refused);
  CHECK(refused->at(1).err().code == ec::unknown_dependency);
  CHECK_FALSE(refused->at(0));
  CHECK(disk->inner->counts().live == 0);
}

TEST_CASE_METHOD(scheduler_fixture, "dependencies survive a restart") {
  start();
  const auto a = submit();
  const auto b = submit(after({a}));
  kill();
  start();
  auto& n = add_node("w1", 4);
  REQUIRE(n.has(a));
  CHECK_FALSE(n.has(b));
  end(n, a);
  CHECK(n.has(b));
}
