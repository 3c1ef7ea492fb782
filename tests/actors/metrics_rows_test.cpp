#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const std::string others{other_queues};

/// With room for two queues by name.
struct two_rows : scheduler_fixture {
  two_rows() {
    config->metrics.queues_max = 2;
  }
  /// As the gateway asks: the metrics for the rows that they have first.
  metrics_view totals() {
    metrics_call rows;
    rows.rows_only = true;
    metrics_call c;
    c.view = from_meter(std::move(rows));
    metrics_call last;
    last.view = *ask(std::move(c), &metrics_call::reply);
    return from_meter(std::move(last));
  }
  metrics_view from_meter(metrics_call c) {
    std::optional<metrics_view> got;
    c.reply = answer<metrics_view>{[&](result<metrics_view> v) { got = std::move(*v); }};
    caf::anon_send(meter, std::move(c));
    settle();
    return std::move(*got);
  }
  job_id submit_to(const std::string& queue) {
    auto s = spec();
    s.queue = queue;
    return submit(s);
  }
};

} // namespace

TEST_CASE_METHOD(two_rows, "queues that are seen first are told by name, the others together") {
  start();
  submit_to("a");
  submit_to("b");
  submit_to("c");
  submit_to("d");
  advance(3s);
  const auto q = totals().queues;
  REQUIRE(q.size() == 3);
  CHECK(q.at("a").ready == 1);
  CHECK(q.at("b").ready == 1);
  CHECK(q.at("a").oldest_ready == 3s);
  CHECK(q.at(others).ready == 2);
  CHECK_FALSE(q.at(others).oldest_ready);
}

TEST_CASE_METHOD(two_rows, "a queue keeps its row when its jobs have ended, and its ends are counted there") {
  start();
  const auto a = submit_to("a");
  submit_to("b");
  CHECK(totals().queues.at("a").ready == 1);
  auto& n = add_node("w1", 4);
  const auto c = submit_to("c");
  end(n, a);
  end(n, c, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  const auto q = totals().queues;
  CHECK(q.at("a").completed == 1);
  CHECK(q.at("a").ready == 0);
  CHECK(q.at("a").oldest_ready == 0s);
  CHECK(q.count("c") == 0);
  CHECK(q.at(others).failed == 1);
  CHECK(q.at("b").completed == 0);
}

TEST_CASE_METHOD(two_rows, "a job that is cancelled before it ran is counted in its queue") {
  start();
  const auto id = submit_to("a");
  REQUIRE(cancel(id));
  CHECK(totals().queues.at("a").cancelled == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "the last job of a bucket of run time is remembered") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  advance(2s);
  end(n, id);
  const auto m = totals();
  REQUIRE(m.run_time.count == 1);
  size_t found = 0;
  for (const auto& x : m.run_exemplars)
    if (x.job) {
      CHECK(x.job == id);
      ++found;
    }
  CHECK(found == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "workers and their slots are counted while they are there") {
  start();
  CHECK(totals().workers == 0);
  auto& n = add_node("w1", 3);
  const auto id = submit();
  begin(n, id);
  const auto m = totals();
  CHECK(m.workers == 1);
  CHECK(m.worker_slots == 3);
  CHECK(m.worker_slots_busy == 1);
  CHECK(m.jobs_live == 1);
  CHECK(m.jobs_live_max == config->jobs.waiting_max);
}
