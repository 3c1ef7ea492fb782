#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE_METHOD(scheduler_fixture, "a job goes from submit to completed, and the worker is acknowledged") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  CHECK(state(id) == job_state::scheduled);
  REQUIRE(n.has(id));
  begin(n, id);
  auto running = get(id);
  CHECK(running.state == job_state::running);
  CHECK(running.worker == "w1");
  CHECK(running.attempt == 1);
  const auto fence = n.order_of(id).fence;
  end(n, id, {.result = blob{R"({"ok":true})"}});
  const auto over = get(id);
  CHECK(over.state == job_state::completed);
  CHECK(over.result.view() == R"({"ok":true})");
  CHECK(n.acknowledged == std::vector<attempt_ref>{{id.value, fence}});
  CHECK(disk->inner->counts().completed == 1);
  CHECK(disk->inner->counts().live == 0);
}

TEST_CASE_METHOD(scheduler_fixture, "an end without a reported start implies the start") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  end(n, id);
  const auto rec = get(id);
  CHECK(rec.state == job_state::completed);
  CHECK(rec.attempt == 1);
  CHECK(rec.started_at.has_value());
}

TEST_CASE_METHOD(scheduler_fixture, "a failed attempt is retried after its back-off, and charged") {
  start();
  auto& n = add_node("w1");
  auto s = spec();
  s.max_retries = 1;
  const auto id = submit(s);
  end(n, id, {.kind = outcome_kind::failed_retryable, .code = "X", .message = "no"});
  auto rec = get(id);
  CHECK(rec.state == job_state::retrying);
  CHECK(rec.retry_count == 1);
  CHECK(rec.error->code == "X");
  CHECK_FALSE(n.has(id));
  advance(900ms);
  CHECK_FALSE(n.has(id));
  advance(200ms);
  REQUIRE(n.has(id));
  end(n, id, {.kind = outcome_kind::failed_retryable, .code = "Y", .message = "again no"});
  rec = get(id);
  CHECK(rec.state == job_state::failed);
  CHECK(rec.retry_count == 1);
  CHECK(rec.error->code == "Y");
}

TEST_CASE_METHOD(scheduler_fixture, "no job starts before its time") {
  start();
  auto& n = add_node("w1");
  auto s = spec();
  s.schedule_at = now() + 10s;
  const auto id = submit(s);
  CHECK(state(id) == job_state::scheduled);
  for (int i = 0; i < 9; ++i) {
    advance(1s);
    beat(n);
    CHECK_FALSE(n.has(id));
  }
  advance(1100ms);
  CHECK(n.has(id));
}

TEST_CASE_METHOD(scheduler_fixture, "higher priority first, then the sooner deadline, then first come") {
  start();
  const auto low = submit(spec(1));
  auto s = spec(5);
  const auto mid_late = submit(s);
  s.deadline = now() + 1h;
  const auto mid_dated = submit(s);
  const auto high = submit(spec(9));
  auto& n = add_node("w1");
  std::vector<job_id> ran;
  for (int i = 0; i < 4; ++i) {
    REQUIRE(n.orders.size() == 1);
    ran.emplace_back(n.orders.front().job);
    end(n, ran.back());
  }
  CHECK(ran == std::vector<job_id>{high, mid_dated, mid_late, low});
}

TEST_CASE_METHOD(scheduler_fixture, "a job that does not start by its deadline fails") {
  start();
  auto s = spec();
  s.deadline = now() + 5s;
  const auto id = submit(s);
  advance(4900ms);
  CHECK(state(id) == job_state::queued);
  advance(200ms);
  const auto rec = get(id);
  CHECK(rec.state == job_state::failed);
  CHECK(rec.error->code == job_error_code::deadline_missed);
  CHECK(totals().deadline_missed == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "cancelling a running job tells its worker, and its late end changes nothing") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  const auto fence = n.order_of(id).fence;
  REQUIRE(cancel(id));
  CHECK(state(id) == job_state::cancelled);
  REQUIRE(n.stopped == std::vector<attempt_ref>{{id.value, fence}});
  // Until the worker says that it is over, the slot is taken.
  const auto next = submit();
  CHECK_FALSE(n.has(next));
  end(n, id, {.kind = outcome_kind::cancelled});
  CHECK(state(id) == job_state::cancelled);
  CHECK(n.has(next));
  const auto again = cancel(id);
  REQUIRE_FALSE(again);
  CHECK(again.err().code == ec::invalid_state);
}

TEST_CASE_METHOD(scheduler_fixture, "a failed job is tried again at an operator's word") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  end(n, id, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  CHECK(state(id) == job_state::failed);
  REQUIRE(ask(retry_call{id, {}}, &retry_call::reply));
  REQUIRE(n.has(id));
  end(n, id);
  CHECK(state(id) == job_state::completed);
  CHECK(disk->inner->counts().failed == 0);
  CHECK_FALSE(ask(retry_call{id, {}}, &retry_call::reply));
}

TEST_CASE_METHOD(scheduler_fixture, "a changed priority changes the order, a running job refuses") {
  start();
  const auto a = submit(spec(3));
  const auto b = submit(spec(2));
  modify_call c{b, {}, {}};
  c.patch.priority = 8;
  REQUIRE(ask(std::move(c), &modify_call::reply));
  auto& n = add_node("w1");
  CHECK(n.has(b));
  begin(n, b);
  modify_call late{b, {}, {}};
  late.patch.priority = 1;
  const auto refused = ask(std::move(late), &modify_call::reply);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::invalid_state);
  end(n, b);
  CHECK(n.has(a));
}

TEST_CASE_METHOD(scheduler_fixture, "jobs whose actors were passivated run like the others") {
  config->jobs.resident_max = 2;
  start();
  std::vector<job_id> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(submit());
  CHECK(totals().job_actors <= 3);
  auto& n = add_node("w1", 3);
  for (auto id : all) {
    REQUIRE(n.has(id));
    end(n, id);
  }
  for (auto id : all)
    CHECK(state(id) == job_state::completed);
}

TEST_CASE_METHOD(scheduler_fixture, "an unknown job is unknown to every call") {
  start();
  const job_id nobody{42};
  CHECK(ask(get_call{nobody, {}}, &get_call::reply).err().code == ec::unknown_job);
  CHECK(cancel(nobody).err().code == ec::unknown_job);
  CHECK(ask(retry_call{nobody, {}}, &retry_call::reply).err().code == ec::unknown_job);
}

TEST_CASE_METHOD(scheduler_fixture, "short jobs are fetched ahead, long ones are not") {
  config->workers.prefetch_max = 16;
  start();
  auto& n = add_node("w1");
  for (int i = 0; i < 10; ++i) {
    const auto id = submit();
    end(n, id);
  }
  for (int i = 0; i < 10; ++i)
    submit();
  CHECK(n.orders.size() == 10);
}

TEST_CASE_METHOD(scheduler_fixture, "no job is fetched ahead when none counts as short") {
  config->workers.prefetch_max = 16;
  config->workers.prefetch_below = duration{0};
  start();
  auto& n = add_node("w1");
  for (int i = 0; i < 10; ++i)
    end(n, submit());
  for (int i = 0; i < 10; ++i)
    submit();
  CHECK(n.orders.size() == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "what is fetched ahead goes to the worker that holds the least, up to the limit") {
  config->workers.prefetch_max = 4;
  start();
  constexpr size_t slots = 3;
  auto &a = add_node("a", slots), &b = add_node("b", slots);
  for (int i = 0; i < 10; ++i) {
    const auto id = submit();
    end(a.has(id) ? a : b, id);
  }
  for (size_t i = 0; i < 2 * (slots + 2); ++i)
    submit();
  CHECK(a.orders.size() == slots + 2);
  CHECK(b.orders.size() == slots + 2);
  for (int i = 0; i < 10; ++i)
    submit();
  CHECK(a.orders.size() == slots + 4);
  CHECK(b.orders.size() == slots + 4);
}

TEST_CASE_METHOD(scheduler_fixture, "jobs that ask for resources are not fetched ahead") {
  config->workers.prefetch_max = 4;
  start();
  auto& n = add_node("n", 1, {"noop"}, {1, 1000, 0, {}, {}});
  for (int i = 0; i < 10; ++i)
    end(n, submit());
  auto asks = spec();
  asks.resources.cpu_milli = 1;
  submit(asks);
  const auto second = submit(asks);
  CHECK(n.orders.size() == 1);
  end(n, job_id{n.orders.front().job});
  CHECK(n.has(second));
}

TEST_CASE_METHOD(scheduler_fixture, "the stages of a job's way are measured, each by itself") {
  start();
  auto& n = add_node("w1");
  const auto first = submit(), second = submit();
  begin(n, first);
  advance(1s);
  end(n, first); // then the second is placed, 1 s after it was ready
  advance(500ms);
  begin(n, second); // it took half a second to get there
  advance(200ms);
  end(n, second);
  const auto m = totals();
  CHECK(m.submit_time.count == 2);
  CHECK(m.dispatch_time.count == 2);
  CHECK(m.dispatch_time.max_us == 1'000'000);
  CHECK(m.deliver_time.count == 2);
  CHECK(m.deliver_time.max_us == 500'000);
  CHECK(m.wait_time.max_us == 1'500'000);
  CHECK(m.run_time.max_us == 1'000'000);
  CHECK(m.settle_time.count == 2);
}
