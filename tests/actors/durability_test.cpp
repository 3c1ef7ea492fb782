#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE_METHOD(scheduler_fixture, "a store that cannot write accepts nothing, and recovers") {
  start();
  disk->full = true;
  const auto refused = try_submit(spec());
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::storage_unavailable);
  CHECK(disk->inner->counts().live == 0);
  CHECK_FALSE(totals().store_writable);
  disk->full = false;
  const auto id = submit();
  CHECK(state(id) == job_state::queued);
  CHECK(totals().store_writable);
}

TEST_CASE_METHOD(scheduler_fixture,
                 "an end that cannot be written is not acknowledged, and counts when it is reported again") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  const auto order = n.order_of(id);
  disk->full = true;
  end(n, id);
  CHECK(n.acknowledged.empty());
  CHECK(state(id) != job_state::completed);
  disk->full = false;
  worker_report again;
  again.ended.push_back(end_of(order, {}));
  report(n, std::move(again));
  CHECK(state(id) == job_state::completed);
  CHECK(n.acknowledged.size() == 1);
  // Told a third time, it is acknowledged and changes nothing.
  worker_report third;
  third.ended.push_back(end_of(order, {.kind = outcome_kind::failed_final, .code = "X"}));
  report(n, std::move(third));
  CHECK(state(id) == job_state::completed);
  CHECK(n.acknowledged.size() == 2);
  CHECK(totals().stale_refused == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "a cancellation that cannot be written did not happen") {
  start();
  const auto id = submit();
  disk->full = true;
  const auto refused = cancel(id);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::storage_unavailable);
  CHECK(state(id) == job_state::queued);
  disk->full = false;
  auto& n = add_node("w1");
  CHECK(n.has(id));
}

TEST_CASE_METHOD(scheduler_fixture, "a missed deadline that cannot be written is written later") {
  start();
  auto s = spec();
  s.deadline = now() + 1s;
  const auto id = submit(s);
  disk->full = true;
  advance(3s);
  CHECK(state(id) == job_state::queued);
  disk->full = false;
  advance(3s);
  CHECK(state(id) == job_state::failed);
}

TEST_CASE_METHOD(scheduler_fixture,
                 "a failure with dependants that cannot be written leaves all of them as they were") {
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  auto s = spec();
  s.dependencies = {a};
  const auto b = submit(s);
  const auto order = n.order_of(a);
  disk->full = true;
  end(n, a, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  CHECK(state(b) == job_state::queued);
  disk->full = false;
  worker_report again;
  again.ended.push_back(end_of(order, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"}));
  report(n, std::move(again));
  CHECK(state(a) == job_state::failed);
  CHECK(state(b) == job_state::cancelled);
  CHECK(disk->batches.back().size() == 2);
}

TEST_CASE_METHOD(scheduler_fixture, "the store releases memory once when nothing was written for a while") {
  start();
  const auto pause = config->store.release_after;
  submit();
  advance(pause / 2);
  submit();
  advance(pause * 3 / 4);
  CHECK(disk->releases == 0);
  advance(pause / 4);
  CHECK(disk->releases == 1);
  advance(10 * pause);
  CHECK(disk->releases == 1);
  submit();
  advance(pause);
  CHECK(disk->releases == 2);
}

TEST_CASE_METHOD(scheduler_fixture, "a commit has a bound in bytes, and an atomic batch is not divided by it") {
  config->store.commit_bytes_max = 2000;
  start();
  auto s = spec();
  s.payload = blob{'"' + std::string(500, 'x') + '"'};
  const auto jobs = [&](size_t n, bool atomic) {
    submit_request r;
    r.jobs.assign(n, s);
    r.atomic = atomic;
    disk->batches.clear();
    REQUIRE(submit_all(std::move(r)));
    std::vector<size_t> sizes;
    for (const auto& b : disk->batches)
      sizes.push_back(b.size());
    return sizes;
  };
  CHECK(jobs(8, false) == std::vector<size_t>{3, 3, 2});
  CHECK(jobs(8, true) == std::vector<size_t>{8});
  s.payload = blob{'"' + std::string(3000, 'x') + '"'};
  CHECK(jobs(2, false) == std::vector<size_t>{1, 1});
}

TEST_CASE_METHOD(scheduler_fixture, "a commit takes what is there, up to its limit") {
  constexpr int jobs = 10;
  const auto [limit, expected] = GENERATE(std::pair{1000u, 1u}, std::pair{1u, 10u}, std::pair{4u, 3u});
  config->store.commit_jobs_max = limit;
  start();
  const auto before = totals().commits;
  std::vector<job_id> ids;
  for (int i = 0; i < jobs; ++i) {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    c.request->jobs.push_back(spec());
    c.reply = answer<submit_answers>{[&](result<submit_answers> a) { ids.push_back(a->front()->id); }};
    caf::anon_send(manager, std::move(c));
  }
  settle();
  CHECK(ids.size() == jobs);
  CHECK(totals().commits - before == expected);
}
