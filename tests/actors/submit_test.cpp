#include "tests/actors/scheduler_fixture.hpp"

#include <set>

using namespace callboard;

namespace {

job_spec keyed(const std::string& key, const std::string& payload = "{}") {
  auto s = scheduler_fixture::spec();
  s.idempotency_key = key;
  s.payload = blob{payload};
  return s;
}

} // namespace

TEST_CASE_METHOD(scheduler_fixture, "a key names one job for ever") {
  start();
  const auto first = try_submit(keyed("k"));
  REQUIRE(first);
  CHECK_FALSE(first->duplicate);
  const auto second = try_submit(keyed("k"));
  REQUIRE(second);
  CHECK(second->duplicate);
  CHECK(second->id == first->id);
  const auto other = try_submit(keyed("k", R"({"a":1})"));
  REQUIRE_FALSE(other);
  CHECK(other.err().code == ec::idempotency_conflict);
  kill();
  start();
  const auto third = try_submit(keyed("k"));
  REQUIRE(third);
  CHECK(third->id == first->id);
  CHECK(disk->inner->counts().live == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "submits with one key that cross make one job") {
  start();
  std::set<job_id> ids;
  int answers = 0;
  for (int i = 0; i < 5; ++i) {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    c.request->jobs = {keyed("k"), keyed("k")};
    c.reply = answer<submit_answers>{[&](result<submit_answers> x) {
      REQUIRE(x);
      for (auto& a : *x) {
        REQUIRE(a);
        ids.insert(a->id);
        ++answers;
      }
    }};
    caf::anon_send(manager, std::move(c));
  }
  settle();
  CHECK(answers == 10);
  CHECK(ids.size() == 1);
  CHECK(disk->inner->counts().live == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "a refused submit frees its key") {
  start();
  disk->full = true;
  CHECK_FALSE(try_submit(keyed("k")));
  disk->full = false;
  const auto a = try_submit(keyed("k"));
  REQUIRE(a);
  CHECK_FALSE(a->duplicate);
}

TEST_CASE_METHOD(scheduler_fixture, "a full queue answers queue_full, and takes jobs again when there is room") {
  config->jobs.waiting_max = 2;
  start();
  const auto a = submit();
  submit();
  const auto third = try_submit(spec());
  REQUIRE_FALSE(third);
  CHECK(third.err().code == ec::queue_full);
  REQUIRE(cancel(a));
  CHECK(try_submit(spec()));
}

TEST_CASE_METHOD(scheduler_fixture, "ids grow and are not issued again after a restart") {
  start();
  job_id last;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i) {
      const auto id = submit();
      CHECK(last < id);
      last = id;
    }
    kill();
    start();
  }
}

TEST_CASE_METHOD(scheduler_fixture, "the answer tells when a job will probably run") {
  start();
  auto& n = add_node("w1");
  for (int i = 0; i < 10; ++i) {
    const auto id = submit();
    begin(n, id);
    advance(std::chrono::seconds{2});
    beat(n);
    end(n, id);
  }
  const auto busy = submit();
  begin(n, busy);
  for (int i = 0; i < 9; ++i)
    submit();
  const auto a = try_submit(spec());
  REQUIRE(a);
  const auto wait = a->estimated_execution - now();
  CHECK(wait > std::chrono::seconds{10});
  CHECK(wait < std::chrono::seconds{40});
  const auto urgent = try_submit(spec(9));
  REQUIRE(urgent);
  CHECK(urgent->estimated_execution < a->estimated_execution);
}

TEST_CASE_METHOD(scheduler_fixture, "lists show live and finished jobs, newest first, page by page") {
  start();
  auto& n = add_node("w1");
  std::set<job_id> all;
  for (int i = 0; i < 15; ++i) {
    const auto id = submit();
    all.insert(id);
    if (i < 7)
      end(n, id);
  }
  std::set<job_id> seen;
  list_request q;
  q.limit = 4;
  for (int pages = 0; pages < 10; ++pages) {
    list_call c;
    c.request = q;
    auto page = ask(std::move(c), &list_call::reply);
    REQUIRE(page);
    job_id before = q.below.value_or(job_id{UINT64_MAX});
    for (const auto& j : page->jobs) {
      CHECK(j->id < before);
      before = j->id;
      CHECK(seen.insert(j->id).second);
    }
    if (!page->next)
      break;
    q.below = page->next;
  }
  CHECK(seen == all);

  list_call finished;
  finished.request.states = {job_state::completed};
  CHECK(ask(std::move(finished), &list_call::reply)->jobs.size() == 7);
  list_call waiting;
  waiting.request.states = {job_state::queued};
  CHECK(ask(std::move(waiting), &list_call::reply)->jobs.size() == 7);
}
