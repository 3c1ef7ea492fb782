// Why a job waits.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct explained_world : hand_world {
  explanation why(job_id id) const {
    auto x = explain(core, id, now);
    if (!x)
      throw std::runtime_error(to_string(id) + " is not live");
    return std::move(*x);
  }
  std::vector<std::string> codes(job_id id) const {
    std::vector<std::string> out;
    for (const auto& r : why(id).reasons)
      out.push_back(r.code);
    return out;
  }
  void limit(limit_rule r, limit_kind kind = limit_kind::queue, std::string name = "default", std::string key = {}) {
    happen(limit_call{
      {kind, std::move(name), std::move(key)}, std::move(r), {}, answer<limit_view>{[](const result<limit_view>&) {}}});
    settle();
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(explained_world, "explain: no worker, none of the type, none that is large enough", "[explain]") {
  start();
  const auto plain = submit();
  CHECK(codes(plain) == words{"no_worker"});
  const auto other = submit(job_builder{}.type("other").spec());
  auto large_spec = job_builder{}.spec();
  large_spec.resources.slots = 3;
  const auto large = submit(large_spec);
  join("w1", 2);
  CHECK(codes(plain) == words{"placed"});
  CHECK(codes(other) == words{"no_worker_runs_type", "worker_lacks"});
  CHECK(codes(large) == words{"no_worker_fits", "worker_lacks"});
  CHECK(why(large).reasons[1].text == "Worker w1: slots: the job asks for 3, it has 2.");
  CHECK(why(large).reasons[1].worker == "w1");
  CHECK_FALSE(why(large).projected_start);
  CHECK_FALSE(why(other).projected_start);
}

TEST_CASE_METHOD(explained_world, "explain: its turn has not come", "[explain]") {
  start();
  const auto w = join("w1");
  const auto first = submit();
  const auto third = submit();
  const auto second = submit(job_builder{}.priority(9).spec());
  CHECK(codes(first) == words{"placed"});
  CHECK(codes(second) == words{"workers_full", "worker_busy"});
  CHECK(why(second).ahead == 0);
  CHECK(codes(third) == words{"position", "worker_busy"});
  CHECK(why(third).ahead == 1);
  CHECK(why(third).projected_start.has_value());
  begin(w, first);
  CHECK(codes(first) == words{"running"});
  CHECK(why(first).reasons[0].worker == "w1");
}

TEST_CASE_METHOD(explained_world, "explain: dependencies, times, back-off", "[explain]") {
  start();
  const auto w = join("w1");
  const auto parent = submit(job_builder{}.schedule_at(now.wall + 1h).spec());
  auto child_spec = job_builder{}.spec();
  child_spec.dependencies = {parent};
  const auto child = submit(child_spec);
  CHECK(codes(parent) == words{"scheduled"});
  CHECK(why(parent).reasons[0].until == now.wall + 1h);
  CHECK(codes(child) == words{"dependency"});
  CHECK(why(child).reasons[0].jobs == std::vector{parent});
  CHECK(why(child).reasons[0].text == "It waits for " + to_string(parent) + ", which is scheduled.");
  auto fails = job_builder{}.spec();
  fails.retry = {backoff::fixed, 10s, 10s, false};
  const auto failed = submit(fails);
  end(w, failed, {.kind = outcome_kind::failed_retryable, .code = "X"});
  CHECK(codes(failed) == words{"backoff"});
  CHECK(why(failed).reasons[0].until == now.wall + 10s);
}

TEST_CASE_METHOD(explained_world, "explain: conditions of dependencies are told in words, with what is known",
                 "[explain]") {
  start();
  const auto w = join("w1");
  auto fails = job_builder{}.spec();
  fails.max_retries = 0;
  const auto bad = submit(fails);
  const auto later = submit(job_builder{}.schedule_at(now.wall + 1h).spec());
  auto spec = job_builder{}.spec();
  spec.rule = dependency_rule::any;
  spec.dependencies = {bad, {later, dependency_condition::started}};
  const auto child = submit(spec);
  end(w, bad, {.kind = outcome_kind::failed_final, .code = "X"});
  CHECK(codes(child) == words{"dependency"});
  CHECK(why(child).reasons[0].jobs == std::vector{later});
  CHECK(why(child).reasons[0].text == "It waits for one of these: " + to_string(bad) + " to complete (failed), " +
                                        to_string(later) + " to start (scheduled).");
}

TEST_CASE_METHOD(explained_world, "explain x limits: which one, who holds it, until when", "[explain]") {
  start();
  join("w1", 5);
  limit({.concurrency = 1});
  const auto a = submit(), b = submit();
  CHECK(codes(b).front() == "queue_concurrency");
  CHECK(why(b).reasons[0].jobs == std::vector{a});
  CHECK_FALSE(why(b).projected_start);
  limit({.paused = true});
  CHECK(codes(b).front() == "queue_paused");
  limit({});
  limit({.rate = rate_limit{1, 10s, 1}}, limit_kind::type, "noop");
  const auto c = submit(), d = submit();
  CHECK(codes(c) == words{"placed"});
  CHECK(codes(d).front() == "type_rate");
  CHECK(why(d).reasons[0].until == now.wall + 10s);
}

TEST_CASE_METHOD(explained_world, "explain x keys: which limit of a key, who holds it, until when", "[explain]") {
  start();
  join("w1", 5);
  auto keyed = job_builder{}.spec();
  keyed.concurrency_key = "acme";
  limit({.per_key = {1, {}}});
  const auto a = submit(keyed), b = submit(keyed);
  CHECK(codes(a) == words{"placed"});
  CHECK(codes(b).front() == "key_concurrency");
  CHECK(why(b).reasons[0].jobs == std::vector{a});
  CHECK(why(b).reasons[0].text == "Its concurrency key 'acme' is at its limit: 1 of 1 are under way.");
  CHECK_FALSE(why(b).projected_start);
  limit({.paused = true}, limit_kind::key, "default", "acme");
  CHECK(codes(b).front() == "key_paused");
  limit({.rate = rate_limit{1, 10s, 1}}, limit_kind::key, "default", "acme");
  const auto c = submit(keyed);
  CHECK(codes(b) == words{"placed"});
  CHECK(codes(c).front() == "key_rate");
  CHECK(why(c).reasons[0].until == now.wall + 10s);
}

TEST_CASE_METHOD(explained_world, "explain x retry rate: its turn among the retries, and when", "[explain]") {
  start();
  const auto w = join("w1", 5);
  limit({.retry_rate = rate_limit{1, 60s, 1}}, limit_kind::type, "noop");
  auto fails = job_builder{}.spec();
  fails.retry = {backoff::fixed, 10s, 10s, false};
  const auto a = submit(fails), b = submit(fails);
  end(w, a, {.kind = outcome_kind::failed_retryable, .code = "X"});
  end(w, b, {.kind = outcome_kind::failed_retryable, .code = "X"});
  CHECK(codes(a) == words{"backoff"});
  CHECK(codes(b) == words{"backoff"});
  pass(10s);
  CHECK(codes(a) == words{"placed"});
  CHECK(codes(b) == words{"retry_rate"});
  CHECK(why(b).reasons[0].until == now.wall + 60s);
  pass(60s);
  CHECK(codes(b) == words{"placed"});
}

TEST_CASE_METHOD(explained_world, "explain: after the end there is the end, and nothing of a job that nobody knows",
                 "[explain]") {
  start();
  const auto id = submit();
  ask(cancel_call{id, "not needed", {}});
  settle();
  CHECK_FALSE(explain(core, id, now));
  const auto x = explain(disk.at(id));
  CHECK(x.state == job_state::cancelled);
  CHECK(x.reasons[0].code == "ended");
  CHECK(x.reasons[0].text == "The job is cancelled. CANCELLED: not needed");
}

TEST_CASE("explain: the place in a queue is that of the order", "[explain]") {
  job_queue q;
  std::vector<ready_entry> all;
  for (uint64_t n = 1; n <= 500; ++n) {
    ready_entry e;
    e.id = job_id{n};
    e.ready_seq = (n * 7919) % 1000;
    e.priority = static_cast<uint8_t>(n % 3);
    e.type = static_cast<uint16_t>(n % 5);
    if (n % 4 == 0)
      e.must_start_by = noon + std::chrono::seconds{n * 31 % 100};
    q.add(e);
    all.push_back(e);
  }
  auto drained = q;
  for (size_t place = 0; place < all.size(); ++place) {
    const auto next = drained.pop(steady_point{});
    REQUIRE(next);
    CHECK(q.place_of(next->entry) == place);
  }
}
