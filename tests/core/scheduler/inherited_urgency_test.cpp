// What a job waits for is as urgent as the job.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct urgency_world : hand_world {
  explicit urgency_world(decision_settings s = plain_settings()) : hand_world(s) {
    start();
  }
  job_id add(uint8_t priority, std::vector<dependency> on = {}, std::optional<time_point> deadline = {}) {
    job_spec s = job_builder{}.spec();
    s.priority = priority;
    s.dependencies = std::move(on);
    s.deadline = deadline;
    return submit(s);
  }
  urgency of(job_id id) {
    return core.state().index.urgency_of(*live(id));
  }
  uint8_t priority(job_id id) {
    return of(id).priority;
  }
  void patch(job_id id, const job_patch& p) {
    happen(modify_call{id, p, {}});
    settle();
  }
};

std::vector<dependency> on(std::initializer_list<job_id> jobs) {
  std::vector<dependency> out;
  for (auto j : jobs)
    out.emplace_back(j);
  return out;
}

} // namespace

TEST_CASE_METHOD(urgency_world, "urgency: it reaches what a job waits for, and what that waits for", "[urgency]") {
  const auto a = add(1), other = add(1), b = add(2, on({a})), c = add(4, on({b}));
  CHECK(priority(a) == 4);
  CHECK(priority(b) == 4);
  const auto d = add(9, on({b}));
  CHECK(priority(a) == 9);
  CHECK(priority(b) == 9);
  CHECK(priority(c) == 4);
  CHECK(priority(d) == 9);
  CHECK(priority(other) == 1);
  CHECK(live(a)->priority == 1); // its own stays
}

TEST_CASE_METHOD(urgency_world, "urgency: what holds up an urgent job goes before what is less urgent", "[urgency]") {
  const auto low = add(1), middle = add(5), another = add(5), high = add(8, on({low}));
  const auto w = join("w1");
  REQUIRE(has(w, low));
  end(w, low);
  // Its slot is free before its end is on the disk, and nothing else is ready by then.
  REQUIRE(has(w, middle));
  end(w, middle);
  REQUIRE(has(w, high));
  CHECK_FALSE(has(w, another));
}

TEST_CASE_METHOD(urgency_world, "urgency: a deadline is passed on, less the mean run times", "[urgency]") {
  const auto deadline = now.wall + 1h;
  const auto a = add(5), b = add(5, on({a})), c = add(5, on({b}), deadline);
  // While none of the type has run it counts as a second.
  CHECK(of(c).must_start_by == deadline);
  CHECK(of(b).must_start_by == deadline - 1s);
  CHECK(of(a).must_start_by == deadline - 2s);
  // Their own deadline is not that: nobody misses it.
  pass(2h);
  CHECK(disk.at(c).error->code == job_error_code::deadline_missed);
  CHECK(disk.at(a).state == job_state::queued);
}

TEST_CASE_METHOD(urgency_world, "urgency: of jobs with the same priority what is needed sooner goes first",
                 "[urgency]") {
  const auto first = add(5), needed = add(5);
  add(5, on({needed}), now.wall + 1h);
  const auto w = join("w1");
  CHECK(has(w, needed));
  CHECK_FALSE(has(w, first));
}

TEST_CASE_METHOD(urgency_world, "urgency: a change of a job that waits is passed on", "[urgency]") {
  const auto a = add(1), b = add(2, on({a}));
  CHECK(priority(a) == 2);
  patch(b, {.priority = 7});
  CHECK(priority(a) == 7);
  patch(b, {.priority = 3}); // what it waits for stays as urgent as it was
  CHECK(priority(b) == 3);
  CHECK(priority(a) == 7);
  patch(a, {.priority = 8});
  CHECK(priority(a) == 8);
  patch(a, {.priority = 0});
  CHECK(priority(a) == 7);
}

TEST_CASE_METHOD(urgency_world, "urgency: a job that becomes less urgent than what waits for it", "[urgency]") {
  const auto a = add(8, {}, now.wall + 1h), b = add(5, on({a}), now.wall + 2h);
  CHECK(of(a) == urgency{8, now.wall + 1h});
  CHECK(core.state().index.inherited().size() == 0);
  patch(a, {.priority = 0});
  CHECK(priority(a) == 5);
  patch(a, {.deadline = now.wall + 3h});
  CHECK(of(a) == urgency{5, now.wall + 2h - 1s});
  CHECK(of(b) == urgency{5, now.wall + 2h});
}

TEST_CASE_METHOD(urgency_world, "urgency: a job that is waited for to fail has none of it", "[urgency]") {
  const auto a = add(1), b = add(1), c = add(1);
  add(9, {dependency{a, dependency_condition::failure}, dependency{b, dependency_condition::finished},
          dependency{c, dependency_condition::started}});
  CHECK(priority(a) == 1);
  CHECK(priority(b) == 9);
  CHECK(priority(c) == 9);
}

TEST_CASE_METHOD(urgency_world, "urgency: it is kept over a failed attempt, and gone with the job", "[urgency]") {
  const auto w = join("w1");
  const auto a = add(1);
  REQUIRE(has(w, a));
  add(9, on({a})); // while it runs
  attempt_outcome failed;
  failed.kind = outcome_kind::failed_retryable;
  end(w, a, failed);
  CHECK(live(a)->state == job_state::retrying);
  CHECK(priority(a) == 9);
  happen(cancel_call{a, {}, {}});
  settle();
  CHECK(core.state().index.inherited().size() == 0);
}

TEST_CASE_METHOD(urgency_world, "urgency: it comes back with a job that lives again", "[urgency]") {
  const auto w = join("w1");
  const auto a = add(1), blocker = add(0);
  add(9, {dependency{blocker, dependency_condition::finished}, dependency{a, dependency_condition::finished}});
  attempt_outcome failed;
  failed.kind = outcome_kind::failed_final;
  end(w, a, failed);
  CHECK(live(a) == nullptr);
  happen(retry_call{a, answer<job_ptr>{[](const auto&) {}}});
  settle();
  CHECK(priority(a) == 9);
}

TEST_CASE("urgency: it is found again after a restart", "[urgency]") {
  urgency_world w;
  const auto a = w.add(1), b = w.add(2, on({a})), c = w.add(9, on({b}));
  urgency_world after;
  std::vector<recovered_job> jobs;
  for (const auto id : {a, b, c}) {
    recovered_job r;
    r.id = id;
    const auto& rec = w.disk.at(id);
    r.priority = rec.spec.priority;
    r.type = rec.spec.type;
    r.queue = rec.spec.queue;
    r.waits_for = {rec.spec.rule, rec.spec.dependencies};
    jobs.push_back(r);
  }
  hand_world fresh;
  fresh.open();
  fresh.core.on_recovered(jobs, fresh.now);
  fresh.end_turn();
  CHECK(fresh.core.state().index.urgency_of(*fresh.live(a)).priority == 9);
}

TEST_CASE("urgency: not passed on where that is switched off", "[urgency]") {
  auto s = hand_world::plain_settings();
  s.inherit_urgency = false;
  urgency_world w{s};
  const auto a = w.add(1);
  w.add(9, on({a}));
  CHECK(w.priority(a) == 1);
}

TEST_CASE_METHOD(urgency_world, "urgency: explain says whose it is", "[urgency]") {
  const auto a = add(1), b = add(9, on({a}), now.wall + 1h);
  const auto x = explain(core, a, now);
  REQUIRE(x);
  const auto& r = x->reasons.back();
  CHECK(r.code == "inherited_urgency");
  CHECK(r.text == "It counts with priority 9 instead of 1, and as to be started in time for its deadline, because " +
                    to_string(b) + " waits for it.");
  CHECK(r.jobs == std::vector{b});
  CHECK(r.until == now.wall + 1h - 1s);
  const auto of_b = explain(core, b, now);
  for (const auto& reason : of_b->reasons)
    CHECK(reason.code != "inherited_urgency");
}

TEST_CASE("urgency: each job has what the jobs behind it have, in any graph and in slices of any size", "[urgency]") {
  CHECK(rc::check([] {
    job_index index{duration{0}};
    const moment now{noon, steady_point{1000h}};
    const auto n = *rc::gen::inRange<size_t>(2, 40);
    std::vector<std::vector<size_t>> waits(n);
    std::vector<uint8_t> own(n);
    for (size_t i = 0; i < n; ++i) {
      own[i] = *rc::gen::inRange<uint8_t>(0, 10);
      job_note note;
      note.job = job_id{i + 1};
      note.priority = own[i];
      prerequisites p;
      for (size_t k = 0; k < i; ++k)
        if (*rc::gen::inRange(0, 4) == 0) {
          waits[i].push_back(k);
          p.jobs.emplace_back(job_id{k + 1});
        }
      index.insert(note, *index.acquire("q", "t", {}, {}), std::move(p), now);
      if (*rc::gen::arbitrary<bool>())
        index.spread_urgency(1, [](uint16_t) { return duration{1}; });
    }
    while (index.spread_urgency(*rc::gen::inRange<size_t>(1, 5), [](uint16_t) { return duration{1}; })) {}
    auto expected = own;
    for (size_t i = n; i-- > 0;)
      for (const auto k : waits[i])
        expected[k] = std::max(expected[k], expected[i]);
    for (size_t i = 0; i < n; ++i)
      RC_ASSERT(index.urgency_of(*index.find(job_id{i + 1})).priority == expected[i]);
    index.sanity_check();
  }));
}
