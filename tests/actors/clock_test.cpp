// What a step of the wall clock does and does not. A suspended machine is the same to the scheduler as a step forward:
// its own clock stands still meanwhile.
#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

struct clock_fixture : scheduler_fixture {
  /// Time passes while the nodes beat as they should.
  void work_on(duration d) {
    for (; d > duration{0}; d -= config->cluster.heartbeat) {
      advance(std::min(d, config->cluster.heartbeat));
      for (auto& n : nodes)
        if (n->link)
          beat(*n);
    }
  }
  fake_node& add_patient_node() {
    config->cluster.suspect_after = 20h;
    config->cluster.lease = 24h * 30; // nobody beats
    return add_node("w");
  }
  static attempt_outcome failing() {
    return {.kind = outcome_kind::failed_retryable, .code = "X", .message = "no"};
  }
  job_id submit_at(time_point t) {
    auto s = spec();
    s.schedule_at = t;
    return submit(std::move(s));
  }
  /// A job whose first attempt has failed and that is tried again after `wait`.
  job_id backing_off(fake_node& n, duration wait) {
    auto s = spec();
    s.max_retries = 3;
    s.retry = {backoff::fixed, wait, 24h, false};
    const auto id = submit(std::move(s));
    begin(n, id);
    end(n, id, failing());
    REQUIRE(state(id) == job_state::retrying);
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(clock_fixture, "clock: a step of the wall clock ends no lease, and lengthens none", "[clock]") {
  const auto step = GENERATE(as<duration>{}, 10s, 1h, 24h * 400, -10s, -1h, -24h * 400);
  start();
  auto& n = add_node("w");
  const auto job = submit();
  begin(n, job);
  work_on(5s);
  step_wall(step);
  advance(config->cluster.heartbeat - 1ms); // the first look after the step comes before the next heartbeat
  work_on(config->cluster.lease * 2);
  CHECK(state(job) == job_state::running);
  CHECK(totals().lost == 0);
  end(n, job);
  CHECK(state(job) == job_state::completed);

  // A worker that falls silent is given up when it should be, however the clock was set.
  const auto next = submit();
  begin(n, next);
  step_wall(-step);
  advance(config->cluster.lease - config->cluster.heartbeat);
  CHECK(totals().lost == 0);
  advance(config->cluster.heartbeat * 2);
  CHECK(totals().lost == 1);
}

TEST_CASE_METHOD(clock_fixture, "clock: a step forward has due jobs start at once", "[clock]") {
  start();
  auto& n = add_patient_node();
  const auto soon = submit_at(now() + 10min), late = submit_at(now() + 2h);
  advance(30s);
  step_wall(1h);
  advance(config->scheduler.clock_look);
  CHECK(n.has(soon));
  CHECK(state(late) == job_state::scheduled);
  CHECK(totals().clock_steps == 1);
  // Small steps are none, but count all the same for what is due.
  end(n, soon);
  const auto next = submit_at(now() + 50ms);
  step_wall(50ms);
  advance(config->scheduler.clock_look);
  CHECK(n.has(next));
  CHECK(totals().clock_steps == 1);
}

TEST_CASE_METHOD(clock_fixture, "clock: after a step back no job starts before its time", "[clock]") {
  start();
  auto& n = add_patient_node();
  const auto at = now() + 10s;
  const auto job = submit_at(at);
  advance(5s);
  step_wall(-1h);
  advance(1h); // the alarm that was set for it before the step goes off in this time
  CHECK_FALSE(n.has(job));
  CHECK(state(job) == job_state::scheduled);
  while (now() < at - 100ms) {
    advance(100ms);
    REQUIRE_FALSE(n.has(job));
  }
  advance(200ms);
  CHECK(n.has(job));
  CHECK(totals().clock_steps == 1);
}

TEST_CASE_METHOD(clock_fixture, "clock: a clock that is slewed does not start a job early", "[clock]") {
  start();
  auto& n = add_patient_node();
  const auto at = now() + 10min;
  const auto job = submit_at(at);
  while (now() < at - 100ms) {
    REQUIRE_FALSE(n.has(job));
    advance(100ms);
    step_wall(-5ms); // five percent
  }
  advance(200ms);
  CHECK(n.has(job));
  CHECK(totals().clock_steps == 0);
}

TEST_CASE_METHOD(clock_fixture, "clock: a deadline is a time of day", "[clock]") {
  start(); // without a worker
  auto s = spec();
  s.deadline = now() + 10min;
  const auto job = submit(s);
  SECTION("forward: it is missed at once") {
    step_wall(1h);
    advance(config->scheduler.clock_look);
    CHECK(state(job) == job_state::failed);
    CHECK(get(job).error->code == job_error_code::deadline_missed);
  }
  SECTION("back: it is missed when the clock says so") {
    step_wall(-1h);
    advance(1h);
    CHECK(state(job) == job_state::queued);
    advance(10min + 200ms);
    CHECK(state(job) == job_state::failed);
  }
}

TEST_CASE_METHOD(clock_fixture, "clock: a back-off is as long as it is", "[clock]") {
  const auto step = GENERATE(as<duration>{}, 1h, -1h);
  start();
  auto& n = add_patient_node();
  const auto job = backing_off(n, 60s);
  advance(30s);
  step_wall(step);
  SECTION("left alone") {
  }
  SECTION("with another priority meanwhile") {
    job_patch p;
    p.priority = 9;
    REQUIRE(ask(modify_call{job, p, {}}, &modify_call::reply));
  }
  advance(29s);
  CHECK_FALSE(n.has(job));
  advance(1200ms);
  REQUIRE(n.has(job));
  // And the next one, which begins after the step.
  begin(n, job);
  end(n, job, failing());
  advance(59s);
  CHECK_FALSE(n.has(job));
  advance(1200ms);
  CHECK(n.has(job));
}

TEST_CASE_METHOD(clock_fixture, "clock: a time that a client sets ends a back-off, and is one of day", "[clock]") {
  start();
  auto& n = add_patient_node();
  const auto job = backing_off(n, 60s);
  job_patch p;
  p.schedule_at = now() + 10s;
  REQUIRE(ask(modify_call{job, p, {}}, &modify_call::reply));
  step_wall(-20s);
  advance(20s);
  CHECK_FALSE(n.has(job));
  SECTION("in the same process") {
  }
  SECTION("and after a restart") {
    kill();
    start();
    n.id = {};
    join(n);
  }
  advance(11s);
  CHECK(n.has(job));
}

TEST_CASE_METHOD(clock_fixture, "clock: over a restart a back-off goes by the time of day", "[clock]") {
  start();
  auto& n = add_patient_node();
  const auto job = backing_off(n, 60s);
  advance(30s);
  SECTION("no step: what is left of it") {
    kill();
    start();
    n.id = {};
    join(n);
    advance(29s);
    CHECK_FALSE(n.has(job));
    advance(1200ms);
    CHECK(n.has(job));
  }
  SECTION("forward meanwhile: it is over") {
    kill();
    step_wall(1h);
    start();
    n.id = {};
    join(n);
    CHECK(n.has(job));
  }
  SECTION("back meanwhile: longer by the step, not by later ones") {
    kill();
    step_wall(-5min);
    start();
    n.id = {};
    join(n);
    step_wall(-1h);
    advance(5min + 29s);
    CHECK_FALSE(n.has(job));
    advance(1200ms);
    CHECK(n.has(job));
  }
}

TEST_CASE_METHOD(clock_fixture, "clock: a breaker opens for as long as it should", "[clock]") {
  const auto step = GENERATE(as<duration>{}, 1h, -1h);
  config->breaker.samples_min = 5;
  auto& bad = (start(), add_patient_node());
  auto& good = add_node("good");
  for (int i = 0; i < 20; ++i) {
    submit();
    submit();
    for (auto* n : {&bad, &good})
      if (!n->orders.empty())
        end(*n, job_id{n->orders.front().job}, n == &bad ? failing() : attempt_outcome{});
  }
  for (int i = 0; i < 3; ++i)
    submit();
  REQUIRE(bad.orders.empty());
  step_wall(step);
  advance(9s);
  CHECK(bad.orders.empty());
  advance(1500ms);
  CHECK(bad.orders.size() == 1); // the probe
}

TEST_CASE_METHOD(clock_fixture, "clock: the hold after a restart lasts a lease", "[clock]") {
  const auto step = GENERATE(as<duration>{}, 1h, -1h);
  start();
  add_node("gone");
  kill();
  start();
  auto& other = add_node("other");
  const auto job = submit();
  step_wall(step);
  work_on(config->cluster.lease - 1s);
  CHECK_FALSE(other.has(job)); // the other worker may run something
  work_on(1500ms);
  CHECK(other.has(job));
}

TEST_CASE_METHOD(clock_fixture, "clock: a full disk is tried again in time, and what it refused is written then",
                 "[clock]") {
  const auto step = GENERATE(as<duration>{}, 1h, -1h);
  start();
  auto& n = add_node("w");
  const auto job = submit();
  begin(n, job);
  disk->full = true;
  caf::anon_send(n.link, stop_atom{}, std::string{"its process ended"});
  n.link = nullptr;
  settle();
  step_wall(step);
  disk->full = false;
  advance(config->store.probe_every * 2 + 200ms);
  CHECK(state(job) == job_state::retrying);
  CHECK(get(job).loss_count == 1);
}

TEST_CASE_METHOD(clock_fixture, "clock: ids stay unique and grow, over steps and restarts", "[clock]") {
  start();
  std::vector<job_id> ids;
  const auto several = [&] {
    for (int i = 0; i < 3; ++i)
      ids.push_back(submit());
  };
  several();
  step_wall(-1h);
  several();
  const auto back = now();
  kill();
  start();
  several();
  step_wall(1h);
  advance(1min);
  several();
  step_wall(-24h * 400);
  kill();
  start();
  several();
  for (size_t i = 1; i < ids.size(); ++i)
    CHECK(ids[i - 1] < ids[i]);
  // The record says what the clock said; the id runs ahead of a clock that was set back.
  CHECK(get(ids[3]).created_at == back);
  CHECK(created_at(ids[3]) > back);
}

TEST_CASE_METHOD(clock_fixture, "clock: lists lose nothing and keep the order of acceptance", "[clock]") {
  start();
  auto& n = add_patient_node();
  std::vector<job_id> ids;
  for (const duration step : {0s, 3600s, -7200s, 600s}) {
    step_wall(step);
    ids.push_back(submit());
    begin(n, ids.back());
    end(n, ids.back());
  }
  ids.push_back(submit());
  std::reverse(ids.begin(), ids.end());
  std::vector<job_id> seen;
  list_request q;
  q.limit = 2;
  do {
    list_call c;
    c.request = q;
    const auto page = ask(std::move(c), &list_call::reply);
    REQUIRE(page);
    for (const auto& j : page->jobs)
      seen.push_back(j->id);
    q.below = page->next;
  } while (q.below);
  CHECK(seen == ids);
}

TEST_CASE_METHOD(clock_fixture, "clock: finished jobs are kept by the time of day", "[clock]") {
  config->store.retain_for = 30min;
  config->store.retain_every = 30s;
  start();
  auto& n = add_patient_node();
  const auto job = submit();
  end(n, job);
  const auto is_there = [&] { return static_cast<bool>(ask(get_call{job, {}}, &get_call::reply)); };
  SECTION("forward: earlier by the step") {
    step_wall(20min);
    advance(9min);
    CHECK(is_there());
    advance(2min);
    CHECK_FALSE(is_there());
  }
  SECTION("back: later by the step, and the look comes in time all the same") {
    step_wall(-20min);
    advance(49min);
    CHECK(is_there());
    advance(2min);
    CHECK_FALSE(is_there());
  }
}
