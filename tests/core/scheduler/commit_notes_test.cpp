#include "core/scheduler/commit_notes.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

commit_report report(std::vector<uint64_t> jobs, std::optional<error> failed = {}) {
  commit_report r;
  for (auto id : jobs) {
    job_note n;
    n.job = job_id{id};
    r.notes.push_back(std::move(n));
  }
  r.failed = std::move(failed);
  return r;
}

decision_settings notes_per_turn(size_t n) {
  auto s = hand_world::plain_settings();
  s.notes_per_turn = n;
  return s;
}

/// A job, and others that wait for it.
struct family {
  job_id first;
  std::vector<job_id> others;
};

family submit_family(hand_world& w, size_t others) {
  family f;
  f.first = w.submit(job_builder{}.retries(0).spec());
  for (size_t i = 0; i < others; ++i)
    f.others.push_back(w.submit(job_builder{}.after(f.first).spec()));
  return f;
}

size_t live_of(const hand_world& w, const std::vector<job_id>& ids) {
  return static_cast<size_t>(std::count_if(ids.begin(), ids.end(), [&](job_id id) { return w.live(id) != nullptr; }));
}

/// The first one is cancelled, and all that is written by it; the report has come.
void cancel_first(hand_world& w, const family& f) {
  w.ask(cancel_call{f.first, {}, {}});
  while (w.run_job()) {}
  REQUIRE(w.run_disk());
}

} // namespace

TEST_CASE("notes are taken in the order of the commits, so many at a time") {
  commit_notes notes;
  notes.add(report({1, 2, 3}));
  notes.add(report({}));
  notes.add(report({4}, error{ec::storage_unavailable, "full"}));
  std::string seen;
  const auto take = [&](size_t n) {
    seen.clear();
    notes.take(
      n, [&](const commit_report& r) { seen += "(" + std::to_string(r.notes.size()) + ")"; },
      [&](const job_note& x, const std::optional<error>& failed) {
        seen += std::to_string(x.job.value) + (failed ? "!" : "");
      });
    return seen;
  };
  CHECK(take(2) == "(3)12");
  CHECK(notes.any());
  CHECK(take(1) == "3");
  CHECK(take(1) == "(0)(1)4!");
  CHECK_FALSE(notes.any());
  CHECK(take(5).empty());
}

TEST_CASE("a large write is one write, and what it says is taken note of in several turns") {
  hand_world w{notes_per_turn(2)};
  w.start();
  const auto f = submit_family(w, 5);
  cancel_first(w, f);
  CHECK(w.written.back().size() == 6);
  CHECK_FALSE(w.live(f.first));
  CHECK(live_of(w, f.others) == 4);

  SECTION("the scheduler asks to be woken at once") {
    CHECK(w.core.next_wake().steady == steady_point{});
    w.go_on();
    CHECK(live_of(w, f.others) == 2);
    w.go_on();
    CHECK(live_of(w, f.others) == 0);
    CHECK(w.core.next_wake().steady == steady_point::max());
  }
  SECTION("x a submit in between: it is answered before the others are known") {
    auto got = w.send(job_builder{}.spec());
    while (w.run_job()) {}
    w.run_disk();
    w.go_on();
    w.go_on();
    REQUIRE(got->has_value());
    CHECK(w.live((**got)->front()->id));
  }
  SECTION("x a job that is to wait for one of them: it is born when that is known, and cancelled") {
    auto got = w.send(job_builder{}.after(f.others.back()).spec());
    w.settle();
    REQUIRE(got->has_value());
    CHECK(w.disk.at((**got)->front()->id).state == job_state::cancelled);
  }
  SECTION("x an operator's cancel of one of them: it is told that it has ended") {
    auto got = w.ask(cancel_call{f.others.back(), {}, {}});
    w.settle();
    REQUIRE(got->has_value());
    CHECK_FALSE(static_cast<bool>(**got));
  }
  SECTION("x a drain: it is not over before") {
    w.core.drain();
    CHECK_FALSE(w.core.drained());
    w.settle();
    CHECK(w.core.drained());
  }
  w.settle();
  CHECK(live_of(w, f.others) == 0);
}

TEST_CASE("x a failed write: nothing of it is true, whatever the turn") {
  hand_world w{notes_per_turn(2)};
  w.start();
  const auto f = submit_family(w, 5);
  w.disk_full = true;
  cancel_first(w, f);
  w.settle();
  CHECK(live_of(w, f.others) == 5);
  CHECK(w.live(f.first));
  w.disk_full = false;
  w.ask(cancel_call{f.first, {}, {}});
  w.settle();
  CHECK(live_of(w, f.others) == 0);
}

TEST_CASE("x a restart: births are taken note of while the store is still being read") {
  hand_world w{notes_per_turn(1)};
  w.open();
  submit_request r;
  for (int i = 0; i < 3; ++i)
    r.jobs.push_back(job_builder{}.spec());
  auto got = w.send(std::move(r));
  w.settle();
  REQUIRE(got->has_value());
  CHECK((**got)->size() == 3);
  w.core.on_recovery_complete(w.now);
  w.end_turn();
  CHECK(w.core.state().index.table().size() == 3);
}
