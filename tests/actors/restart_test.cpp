#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE_METHOD(scheduler_fixture, "what was accepted is there after a kill, in every state") {
  start();
  auto& n = add_node("w1", 2);
  const auto done_job = submit();
  end(n, done_job);
  const auto retrying = submit();
  end(n, retrying, {.kind = outcome_kind::failed_retryable, .code = "X", .message = "no"});
  auto s = spec();
  s.schedule_at = now() + 1h;
  const auto later = submit(s);
  const auto waiting = submit(spec(0));
  kill();
  start();
  CHECK(state(done_job) == job_state::completed);
  CHECK(state(retrying) == job_state::retrying);
  CHECK(get(retrying).retry_count == 1);
  CHECK(state(later) == job_state::scheduled);
  CHECK(state(waiting) == job_state::queued);
}

TEST_CASE_METHOD(scheduler_fixture, "a running attempt is adopted, and runs once") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  const auto order = n.order_of(id);
  kill();
  start();
  // The scheduler knows w1 from its disk, and gives its jobs to nobody before w1 is back or its lease is over.
  auto& other = add_node("w2");
  CHECK_FALSE(other.has(id));
  n.id = {};
  join(n, {"noop"}, {{order.job, order.fence, order.number, to_wire(now())}});
  CHECK(state(id) == job_state::running);
  CHECK(get(id).worker == "w1");
  CHECK_FALSE(other.has(id));
  end(n, id);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "a worker that does not come back is waited for no longer than its lease") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  const auto old = n.order_of(id).fence;
  kill();
  start();
  auto& other = add_node("w2");
  for (int i = 0; i < 11; ++i) {
    CHECK(other.has(id) == (i >= 10));
    advance(1s);
    beat(other);
  }
  REQUIRE(other.has(id));
  CHECK(other.order_of(id).fence > old);
}

TEST_CASE_METHOD(scheduler_fixture, "an outcome that the killed scheduler had not heard is told to the next one") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  const auto order = n.order_of(id);
  kill();
  start();
  n.id = {};
  join(n, {"noop"}, {{order.job, order.fence, order.number, to_wire(now())}});
  worker_report r;
  r.ended.push_back(end_of(order, {.result = blob{"1"}}));
  report(n, std::move(r));
  CHECK(state(id) == job_state::completed);
  CHECK(n.acknowledged.size() == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "an attempt that was lost is not adopted when its worker comes back") {
  start();
  auto& n = add_node("n");
  const auto job = submit();
  begin(n, job);
  const auto old = n.order_of(job);
  advance(config->cluster.lease + std::chrono::seconds{1});
  REQUIRE(get(job).loss_count == 1);
  n.orders.clear();
  n.id = {};
  join(n, {"noop"}, {{old.job, old.fence, old.number, to_wire(now())}});
  REQUIRE(n.has(job));
  CHECK(n.order_of(job).fence > old.fence);
  CHECK(n.stopped == std::vector{attempt_ref{old.job, old.fence}});
  // Its late end changes nothing.
  worker_report late;
  late.ended.push_back(end_of(old, {}));
  report(n, late);
  CHECK(state(job) != job_state::completed);
  end(n, job);
  CHECK(state(job) == job_state::completed);
}

TEST_CASE_METHOD(scheduler_fixture, "an attempt that was lost before a restart is not adopted after it") {
  start();
  auto& n = add_node("n");
  const auto job = submit();
  begin(n, job);
  const auto old = n.order_of(job);
  advance(config->cluster.lease + std::chrono::seconds{1});
  REQUIRE(get(job).loss_count == 1);
  kill();
  start();
  n.orders.clear();
  n.id = {};
  join(n, {"noop"}, {{old.job, old.fence, old.number, to_wire(now())}});
  CHECK(n.stopped == std::vector{attempt_ref{old.job, old.fence}});
  CHECK_FALSE(n.has(job)); // before the old one has stopped
  worker_report stopped;
  stopped.ended.push_back(end_of(old, {.kind = outcome_kind::cancelled}));
  report(n, std::move(stopped));
  REQUIRE(n.has(job));
  CHECK(n.order_of(job).fence > old.fence);
  CHECK(n.order_of(job).number == 2);
  end(n, job);
  CHECK(state(job) == job_state::completed);
}

TEST_CASE_METHOD(scheduler_fixture, "jobs are accepted while the stored ones are read, and stand behind them") {
  start();
  constexpr size_t old_jobs = 12'000; // more than are read at once
  submit_request r;
  r.jobs.assign(old_jobs, spec());
  REQUIRE(submit_all(std::move(r)));
  kill();
  launch();
  std::vector<job_id> fresh;
  std::optional<error> list_refused, numbers_refused, status_refused;
  size_t refused_submits = 0;
  const auto ask_for_both = [&] {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    c.request->jobs.push_back(spec());
    c.reply = answer<submit_answers>{[&](result<submit_answers> a) {
      if (a && a->front())
        fresh.push_back(a->front()->id);
      else
        ++refused_submits;
    }};
    caf::anon_send(manager, std::move(c));
    list_call l;
    l.reply = answer<job_list>{[&](result<job_list> x) {
      if (!x && !fresh.empty())
        list_refused = x.err();
    }};
    caf::anon_send(manager, std::move(l));
    // Numbers that leave jobs out would tell that a queue is empty which is not.
    metrics_call m;
    m.reply = answer<metrics_view>{[&](result<metrics_view> x) {
      if (!x && !fresh.empty())
        numbers_refused = x.err();
    }};
    caf::anon_send(manager, std::move(m));
    status_call s;
    s.reply = answer<status_view>{[&](result<status_view> x) {
      if (!x && !fresh.empty())
        status_refused = x.err();
    }};
    caf::anon_send(manager, std::move(s));
  };
  while (fresh.size() < 2) {
    ask_for_both();
    for (int i = 0; i < 8; ++i)
      sched.try_run_once();
  }
  // An accepted job, and still not all of those before it are known.
  for (const auto& refused : {list_refused, numbers_refused, status_refused}) {
    REQUIRE(refused);
    CHECK(refused->code == ec::starting);
  }
  settle();
  CHECK(totals().by_state[static_cast<size_t>(job_state::queued)] == old_jobs + fresh.size());
  auto& n = add_node("w1", 1);
  for (size_t i = 0; i < 20; ++i) {
    REQUIRE(n.orders.size() == 1);
    const job_id next{n.orders.front().job};
    CHECK(next < fresh.front());
    end(n, next);
  }
}

TEST_CASE_METHOD(scheduler_fixture, "what is wanted done to a job while the index is read waits until it is") {
  start();
  const auto wanted = submit();
  end(add_node("w1"), wanted, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  REQUIRE(state(wanted) == job_state::failed);
  const auto unwanted = submit();
  const auto changed = submit();
  kill();
  launch();
  std::vector<result<job_ptr>> answers;
  const auto note = [&](result<job_ptr> x) { answers.push_back(std::move(x)); };
  caf::anon_send(manager, cancel_call{unwanted, "", answer<job_ptr>{note}}); // there before all other messages
  caf::anon_send(manager, retry_call{wanted, answer<job_ptr>{note}});
  job_patch patch;
  patch.priority = 9;
  caf::anon_send(manager, modify_call{changed, patch, answer<job_ptr>{note}});
  settle();
  REQUIRE(answers.size() == 3);
  for (const auto& x : answers)
    CHECK(x);
  CHECK(state(unwanted) == job_state::cancelled);
  CHECK(state(wanted) == job_state::retrying);
  CHECK(get(changed).spec.priority == 9);
}

TEST_CASE_METHOD(scheduler_fixture, "what waits for the index when the scheduler stops is refused, not lost") {
  start();
  const auto id = submit();
  kill();
  launch();
  std::optional<result<job_ptr>> answered;
  caf::anon_send(manager, cancel_call{id, "", answer<job_ptr>{[&](result<job_ptr> x) { answered = std::move(x); }}});
  caf::anon_send(manager, drain_atom{});
  settle();
  REQUIRE(answered);
  REQUIRE_FALSE(*answered);
  CHECK(answered->err().code == ec::shutting_down);
}

TEST_CASE_METHOD(scheduler_fixture, "a worker that joins while the index is read waits, and what it runs is adopted") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  const auto order = n.order_of(id);
  kill();
  launch();
  n.id = {};
  join(n, {"noop"}, {{order.job, order.fence, order.number, to_wire(now())}}); // its message is there before all others
  CHECK(state(id) == job_state::running);
  end(n, id);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
}
