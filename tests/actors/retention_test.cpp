// Finished jobs are kept for a while, and not more than so many of them (store.retain_for, store.retain_count).
#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

struct retention_fixture : scheduler_fixture {
  retention_fixture() {
    config->store.retain_for = 10min;
    config->store.retain_every = 30s;
  }
  /// Submits and ends so many.
  std::vector<job_id> finished(size_t count, fake_node& n) {
    std::vector<job_id> out;
    for (size_t i = 0; i < count; ++i) {
      out.push_back(submit());
      end(n, out.back());
    }
    return out;
  }
  /// Time passes; the worker lives.
  void pass(duration d, fake_node& n) {
    for (; d > 0s; d -= 1s) {
      advance(std::min<duration>(d, 1s));
      beat(n);
    }
  }
  bool is_there(job_id id) {
    const auto got = ask(get_call{id, {}}, &get_call::reply);
    if (!got)
      CHECK(got.err().code == ec::unknown_job);
    return static_cast<bool>(got);
  }
  size_t count_there(const std::vector<job_id>& jobs) {
    return static_cast<size_t>(std::count_if(jobs.begin(), jobs.end(), [&](job_id j) { return is_there(j); }));
  }
};

} // namespace

TEST_CASE_METHOD(retention_fixture, "finished jobs are forgotten after a while, those that wait or run are not") {
  start();
  auto& n = add_node("w1");
  const auto early = finished(1, n).front();
  const auto running = submit();
  begin(n, running);
  const auto waiting = submit();
  pass(6min, n);
  end(n, running); // which gives the worker the next one
  begin(n, waiting);
  pass(3min, n);
  CHECK(is_there(early));
  pass(2min, n);
  CHECK_FALSE(is_there(early));
  CHECK(state(running) == job_state::completed);
  CHECK(state(waiting) == job_state::running);
  pass(6min, n);
  CHECK_FALSE(is_there(running)); // counted from its end
  CHECK(state(waiting) == job_state::running);
}

TEST_CASE_METHOD(retention_fixture, "no more finished jobs are kept than are to be kept, the latest of them") {
  config->store.retain_count = 3;
  start();
  auto& n = add_node("w1");
  const auto jobs = finished(5, n);
  CHECK(count_there(jobs) == 5);
  pass(31s, n);
  CHECK(count_there(jobs) == 3);
  CHECK_FALSE(is_there(jobs[0]));
  CHECK_FALSE(is_there(jobs[1]));
}

TEST_CASE_METHOD(retention_fixture, "many finished jobs are forgotten in slices, without waiting for the next time") {
  config->store.retain_count = 1;
  start();
  auto& n = add_node("w1");
  const auto jobs = finished(450, n);
  pass(31s, n);
  CHECK(count_there(jobs) == 1);
  CHECK(is_there(jobs.back()));
}
