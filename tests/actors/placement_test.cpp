#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

job_spec asking(resource_request r) {
  auto s = scheduler_fixture::spec();
  s.resources = std::move(r);
  return s;
}

attempt_outcome failing(std::string code = "EXIT_STATUS") {
  attempt_outcome o;
  o.kind = outcome_kind::failed_final;
  o.code = std::move(code);
  return o;
}

} // namespace

TEST_CASE_METHOD(scheduler_fixture, "a job waits for a worker that has what it asks for", "[placement]") {
  start();
  auto& plain = add_node("plain", 4);
  const auto job = submit(asking({1, 0, 0, {{"gpu", 1}}, {{"zone", "eu"}}}));
  CHECK(plain.orders.empty());
  auto& other = add_node("us", 4, {"noop"}, {1, 0, 0, {{"gpu", 8}}, {{"zone", "us"}}});
  CHECK(other.orders.empty());
  auto& right = add_node("eu", 4, {"noop"}, {1, 0, 0, {{"gpu", 1}}, {{"zone", "eu"}}});
  CHECK(right.has(job));
  // What it has is taken until it ends.
  const auto second = submit(asking({1, 0, 0, {{"gpu", 1}}, {{"zone", "eu"}}}));
  CHECK_FALSE(right.has(second));
  begin(right, job);
  end(right, job);
  CHECK(right.has(second));
}

TEST_CASE_METHOD(scheduler_fixture, "smaller jobs do not pass a large one that is first", "[placement]") {
  start();
  auto& n = add_node("n", 3);
  const auto a = submit(), b = submit();
  const auto large = submit(asking({.slots = 3}));
  const auto behind = submit();
  CHECK(n.has(a));
  CHECK(n.has(b));
  CHECK_FALSE(n.has(behind)); // a slot is free, and kept
  end(n, a);
  CHECK_FALSE(n.has(behind));
  end(n, b);
  CHECK(n.has(large));
  CHECK_FALSE(n.has(behind));
  end(n, large);
  CHECK(n.has(behind));
}

TEST_CASE_METHOD(scheduler_fixture, "a job that fits no worker at all holds nobody up", "[placement]") {
  start();
  auto& n = add_node("n", 2);
  const auto never = submit(asking({.slots = 3}));
  const auto other = submit();
  CHECK(n.has(other));
  CHECK(state(never) == job_state::queued);
}

TEST_CASE_METHOD(scheduler_fixture, "a job that ran out of memory gets more and a worker that has it", "[placement]") {
  start();
  auto& small = add_node("small", 1, {"noop"}, {1, 0, 1000, {}, {}});
  auto& large = add_node("large", 1, {"noop"}, {1, 0, 4000, {}, {}});
  auto s = asking({1, 0, 1000, {}, {}});
  s.retry.memory_growth_percent = 200;
  s.retry.base = 1s;
  const auto job = submit(s);
  REQUIRE(small.has(job));
  CHECK(small.order_of(job).memory_bytes == 1000);
  auto o = failing(std::string{job_error_code::out_of_memory});
  o.kind = outcome_kind::failed_retryable;
  end(small, job, o);
  advance(2s);
  REQUIRE(large.has(job));
  CHECK(large.order_of(job).memory_bytes == 2000);
  CHECK(get(job).spec.resources.memory_bytes == 2000);
}

TEST_CASE_METHOD(scheduler_fixture, "what a job asks for is known after a restart", "[placement]") {
  start();
  const auto job = submit(asking({1, 0, 0, {{"gpu", 1}}, {}}));
  kill();
  start();
  auto& plain = add_node("plain", 1);
  CHECK(plain.orders.empty());
  auto& right = add_node("gpu", 1, {"noop"}, {1, 0, 0, {{"gpu", 1}}, {}});
  CHECK(right.has(job));
}

TEST_CASE_METHOD(scheduler_fixture, "a worker on which jobs fail is kept back and then tried with one", "[breaker]") {
  config->breaker.samples_min = 5;
  config->cluster.lease = 1h; // nobody beats here
  config->cluster.suspect_after = 30min;
  start();
  auto& bad = add_node("bad", 1);
  auto& good = add_node("good", 1);
  const auto turn = [&] {
    for (auto* n : {&bad, &good})
      if (!n->orders.empty())
        end(*n, job_id{n->orders.front().job}, n == &bad ? failing() : attempt_outcome{});
  };
  for (int i = 0; i < 20; ++i) {
    submit();
    submit();
    turn();
  }
  submit();
  submit();
  CHECK(bad.orders.empty());
  CHECK(good.orders.size() == 1);
  advance(11s);
  REQUIRE(bad.orders.size() == 1); // the probe
  submit();
  SECTION("a good end closes the breaker") {
    end(bad, job_id{bad.orders.front().job});
    CHECK(bad.orders.size() == 1);
    end(bad, job_id{bad.orders.front().job});
    submit();
    CHECK(bad.orders.size() == 1);
  }
  SECTION("a bad one keeps it back for longer") {
    end(bad, job_id{bad.orders.front().job}, failing());
    advance(11s);
    CHECK(bad.orders.empty());
    advance(10s);
    CHECK(bad.orders.size() == 1);
  }
}

TEST_CASE_METHOD(scheduler_fixture, "jobs that fail everywhere keep no worker back", "[breaker]") {
  config->breaker.samples_min = 5;
  start();
  auto& a = add_node("a", 1);
  auto& b = add_node("b", 1);
  for (int i = 0; i < 40; ++i) {
    submit();
    submit();
    for (auto* n : {&a, &b}) {
      REQUIRE(n->orders.size() == 1);
      end(*n, job_id{n->orders.front().job}, failing());
    }
  }
}
