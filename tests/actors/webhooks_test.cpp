#include "tests/actors/webhooks_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;
using action = webhook_change::action;

scheduler_event of_kind(event_kind k) {
  scheduler_event e;
  e.kind = k;
  e.queue = "mail";
  return e;
}

} // namespace

TEST_CASE_METHOD(webhooks_fixture, "an event becomes one job for each webhook that wants it", "[webhooks]") {
  start_webhooks();
  end_job(1); // before there is any
  REQUIRE(put(wants("a", "job.failed")));
  REQUIRE(put(wants("b", "alert")));
  end_job(2);
  events->tell(of_kind(event_kind::alert_fired));
  settle();
  CHECK(back->delivered() == list{end_id("a", 2), "b/7-3/alert.fired"});
  CHECK(back->jobs[0].queue == "webhooks");
  CHECK(back->jobs[0].type == "http_request");
}

TEST_CASE_METHOD(webhooks_fixture, "without a webhook that is not paused nothing is followed", "[webhooks]") {
  start_webhooks();
  CHECK_FALSE(events->wake);
  REQUIRE(put(wants("a", "job")));
  CHECK(events->wake);
  REQUIRE(change("a", action::pause));
  CHECK_FALSE(events->wake);
  end_job(1);
  const auto before = back->submits;
  REQUIRE(change("a", action::resume));
  advance(3s);
  CHECK(back->submits == before);
  end_job(2);
  CHECK(back->delivered() == list{end_id("a", 2)});
  REQUIRE(change("a", action::remove));
  CHECK_FALSE(events->wake);
  CHECK_FALSE(fact("webhook/a"));
}

TEST_CASE_METHOD(webhooks_fixture, "a delivery is pending until its submit is acknowledged", "[webhooks]") {
  start_webhooks();
  REQUIRE(put(wants("a", "job")));
  back->refuse = true;
  end_job(1);
  end_job(2);
  CHECK(back->jobs.empty());
  CHECK(board->count().pending == 2);
  const auto before = back->submits;
  advance(900ms); // not at once again
  CHECK(back->submits == before);
  back->refuse = false;
  advance(200ms);
  CHECK(back->delivered() == list{end_id("a", 1), end_id("a", 2)});
  CHECK(board->count().pending == 0);
  CHECK(board->count().made.at("a") == 2);
}

TEST_CASE_METHOD(webhooks_fixture, "an answer that never comes brings no second job", "[webhooks]") {
  start_webhooks();
  REQUIRE(put(wants("a", "job")));
  back->silent = true;
  end_job(1);
  CHECK(board->count().pending == 1);
  end_actor();
  end_job(2); // told while there is no actor
  back->silent = false;
  back->conflict = true; // the time of the signature is another one, so is the payload
  start_webhooks();
  CHECK(back->delivered() == list{end_id("a", 1), end_id("a", 2)});
  CHECK(board->count().pending == 0);
  back->held.clear();
}

TEST_CASE_METHOD(webhooks_fixture, "webhooks outlive the process", "[webhooks]") {
  start_webhooks();
  auto w = wants("a", "job");
  w.secret = "s3cret";
  w.headers = {{"X-Team", "ops"}};
  w.retries = 3;
  const auto made = put(w);
  REQUIRE(made);
  CHECK(made->created_at == now());
  CHECK(made->secret_changed_at == now());
  crash();
  start_webhooks();
  REQUIRE(board->find("a"));
  CHECK(*board->find("a") == *made);
  end_job(1);
  CHECK(back->delivered() == list{end_id("a", 1)});
  CHECK(back->jobs[0].payload.view().find("X-Callboard-Signature") != std::string_view::npos);
  CHECK(back->jobs[0].payload.view().find("s3cret") == std::string_view::npos);
}

TEST_CASE_METHOD(webhooks_fixture, "ends of jobs that were not delivered before a crash are found again",
                 "[webhooks]") {
  start_webhooks();
  end_job(1);
  REQUIRE(put(wants("a", "job.failed")));
  end_job(2);
  back->refuse = true;
  end_job(3);        // told, and not a job yet
  end_job(4, false); // on the disk, and not told yet
  crash();
  back->refuse = false;
  start_webhooks();
  end_job(5);
  advance(1s);
  auto all = back->delivered();
  std::sort(all.begin(), all.end());
  CHECK(all == list{end_id("a", 2), end_id("a", 3), end_id("a", 4), end_id("a", 5)});
  CHECK(back->walks.front() == 1);
}

TEST_CASE_METHOD(webhooks_fixture, "after a crash only what ended lately is looked at again", "[webhooks]") {
  start_webhooks();
  REQUIRE(put(wants("a", "job.failed")));
  for (uint64_t i = 1; i <= 20; ++i)
    end_job(i);
  advance(4s);
  end_job(21);
  crash();
  back->walks.clear();
  start_webhooks();
  REQUIRE(back->walks.size() == 1);
  CHECK(back->walks.front() == 20);
  CHECK(back->delivered().size() == 21);
}

TEST_CASE_METHOD(webhooks_fixture, "no place is noted while a delivery before it is pending", "[webhooks]") {
  start_webhooks();
  REQUIRE(put(wants("a", "job.failed")));
  const auto first = fact("webhooks/cursor");
  REQUIRE(first);
  back->refuse = true;
  end_job(1);
  advance(10s);
  CHECK(fact("webhooks/cursor") == first);
  back->refuse = false;
  advance(4s);
  CHECK(fact("webhooks/cursor") != first);
}

TEST_CASE_METHOD(webhooks_fixture, "when events were missed the ends of jobs are looked for", "[webhooks]") {
  start_webhooks();
  REQUIRE(put(wants("a", "job")));
  events->wake = nullptr; // they come too quickly
  for (uint64_t i = 1; i <= 5; ++i)
    end_job(i);
  events->forgotten = 3;
  end_job(6);
  caf::anon_send(actor, flush_atom{});
  settle();
  auto all = back->delivered();
  std::sort(all.begin(), all.end());
  list wanted;
  for (uint64_t i = 1; i <= 6; ++i)
    wanted.push_back(end_id("a", i));
  std::sort(wanted.begin(), wanted.end());
  CHECK(all == wanted);
  CHECK(board->count().dropped == 3);
}

TEST_CASE_METHOD(webhooks_fixture, "memory is bounded: ends are found later, other events are dropped and counted",
                 "[webhooks]") {
  config->webhooks.pending_max = 10;
  start_webhooks();
  REQUIRE(put(wants("a", "job")));
  back->refuse = true;
  for (uint64_t i = 1; i <= 30; ++i)
    end_job(i);
  for (int i = 0; i < 5; ++i)
    events->tell(of_kind(event_kind::job_started));
  settle();
  CHECK(board->count().pending == 10);
  CHECK(board->count().dropped == 5);
  back->refuse = false;
  advance(3s);
  CHECK(board->count().pending == 0);
  CHECK(back->delivered().size() == 30);
}

TEST_CASE_METHOD(webhooks_fixture, "what cannot be written is not there", "[webhooks]") {
  start_webhooks();
  disk->full = true;
  const auto refused = put(wants("a", "job"));
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::storage_unavailable);
  CHECK_FALSE(board->find("a"));
  disk->full = false;
  REQUIRE(put(wants("a", "job")));
  disk->full = true;
  CHECK_FALSE(change("a", action::pause));
  CHECK(board->find("a")->enabled);
  CHECK_FALSE(change("a", action::remove));
  CHECK(board->find("a"));
}

TEST_CASE_METHOD(webhooks_fixture, "what a webhook may be asked for", "[webhooks]") {
  config->webhooks.max = 1;
  start_webhooks();
  REQUIRE(put(wants("a", "job")));
  CHECK(put(wants("a", "job")).err().code == ec::invalid_state);
  CHECK(put(wants("b", "job")).err().code == ec::queue_full);
  CHECK(change("b", action::pause).err().code == ec::not_found);
  CHECK(change("b", action::remove).err().code == ec::not_found);
  advance(1s);
  auto other = wants("a", "alert");
  const auto before = *board->find("a");
  const auto after = put(other, false);
  REQUIRE(after);
  CHECK(after->created_at == before.created_at);
  CHECK(after->since == before.since);
  CHECK(after->changed_at == now());
  CHECK_FALSE(after->secret_changed_at);
  const auto tried = ask_board<job_id>([](answer<job_id> reply) {
    return webhook_request{webhook_test{"a", std::move(reply)}};
  });
  REQUIRE(tried);
  REQUIRE(back->delivered().size() == 1);
  CHECK(back->delivered()[0].find("/webhook.test") != std::string::npos);
  back->refuse = true;
  CHECK(ask_board<job_id>([](answer<job_id> reply) {
          return webhook_request{webhook_test{"a", std::move(reply)}};
        })
          .err()
          .code == ec::storage_unavailable);
}

TEST_CASE_METHOD(webhooks_fixture, "a replaced secret is noted, one of which nothing is said stays", "[webhooks]") {
  start_webhooks();
  auto w = wants("a", "job");
  w.secret = "one";
  REQUIRE(put(w));
  const auto first = now();
  advance(1s);
  w.secret.clear();
  REQUIRE(put(w, false)); // keeps it
  CHECK(board->find("a")->secret == "one");
  CHECK(board->find("a")->secret_changed_at == first);
}

TEST_CASE_METHOD(webhooks_fixture, "requests wait until the store was read", "[webhooks]") {
  kill();
  timer = sys.spawn(timekeeper, clock, config->scheduler);
  // A store keeper that nobody has told to open its store.
  keeper = sys.spawn(store_keeper, store_factory{[d = disk]() -> result<std::unique_ptr<store>> {
                       return std::unique_ptr<store>{std::make_unique<faulty_store>(d)};
                     }},
                     config->store, timer, clock);
  start_webhooks();
  std::optional<result<webhook>> got;
  board->send(
    {webhook_put{wants("a", "job"), true, false, answer<webhook>{[&](result<webhook> x) { got = std::move(x); }}}});
  settle();
  CHECK_FALSE(got);
  CHECK(board->all().err().code == ec::starting);
  end_actor();
  REQUIRE(got);
  CHECK(got->err().code == ec::internal_error);
}
