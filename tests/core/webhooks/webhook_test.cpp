#include "core/webhooks/webhook.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const time_point noon{1'768'473'000s};

webhook full() {
  webhook w;
  w.name = "ops";
  w.url = "https://hooks.example/callboard?token=a b";
  w.kinds = {"job.failed", "alert"};
  w.filter.kinds = kinds_named("job.failed") | kinds_named("alert");
  w.filter.queue = "mail of the house";
  w.filter.type = "exec";
  w.filter.workflow = "w-1";
  w.filter.worker = "worker-1";
  w.secret = "s3cret with spaces";
  w.headers = {{"X-Team", "ops: a, b"}, {"X-Empty", ""}};
  w.enabled = false;
  w.retries = 3;
  w.created_at = noon;
  w.changed_at = noon + 1us;
  w.since = noon + 2s;
  w.secret_changed_at = noon + 3s;
  return w;
}

scheduler_event end(job_state s, uint32_t attempt) {
  job_record r;
  r.id = job_id{4711};
  r.state = s;
  r.attempt = attempt;
  r.spec.type = "exec";
  r.spec.queue = "mail";
  r.created_at = noon;
  r.finished_at = noon + 5s;
  r.history.push_back({s, noon + 5s, attempt, "worker-1", "the program ended with 1"});
  if (s == job_state::failed)
    r.error = job_error{"EXIT_1", "the program ended with 1", noon};
  return end_of(r);
}

} // namespace

TEST_CASE("a webhook is read as it was written", "[webhooks]") {
  const auto w = full();
  const auto read = parse_webhook("ops", to_text(w));
  REQUIRE(read);
  CHECK(*read == w);
  webhook plain;
  plain.name = "a";
  plain.url = "http://b/";
  plain.kinds = {"job"};
  plain.filter.kinds = kinds_named("job");
  const auto again = parse_webhook("a", to_text(plain));
  REQUIRE(again);
  CHECK(*again == plain);
}

TEST_CASE("a damaged record is an error that shows nothing of it", "[webhooks]") {
  const auto text = to_text(full());
  for (const auto& bad :
       {std::string{}, text.substr(0, text.size() - 1), "url\n" + text, text + "retries x\n", text + "header none\n",
        text + "since never\n", std::string{"url http://a/\n"}, std::string{"kind job\n"}}) {
    const auto read = parse_webhook("ops", bad);
    REQUIRE_FALSE(read);
    CHECK(read.err().code == ec::corrupt_record);
    CHECK(read.err().message.find("s3cret") == std::string::npos);
    CHECK(read.err().message.find("ops") != std::string::npos);
  }
}

TEST_CASE("what a later program has written is passed over", "[webhooks]") {
  const auto read = parse_webhook("ops", to_text(full()) + "batch 10\nkind moon.risen\n");
  REQUIRE(read);
  CHECK(read->filter == full().filter);
  CHECK(read->kinds.back() == "moon.risen");
}

TEST_CASE("a kind of event is named by itself or by its family", "[webhooks]") {
  CHECK(kinds_named("job.failed").count() == 1);
  CHECK(kinds_named("alert").count() == 2);
  CHECK(kinds_named("job").count() == 12);
  for (const auto* none : {"", "job.", "jobs", "job.fail", "alert.fired "})
    CHECK(kinds_named(none).none());
}

TEST_CASE("the end of a job is the same event after a restart, another one is not", "[webhooks]") {
  const auto e = end(job_state::failed, 3);
  CHECK(identity_of({7, 12}, e) == to_string(job_id{4711}) + "/job.failed/3");
  CHECK(identity_of({8, 99}, e) == identity_of({7, 12}, e));
  CHECK(identity_of({}, end(job_state::failed, 4)) != identity_of({}, e));
  CHECK(identity_of({}, end(job_state::cancelled, 3)) != identity_of({}, e));
  scheduler_event started = e;
  started.kind = event_kind::job_started;
  CHECK(identity_of({7, 12}, started) == "7-12/job.started");
}

TEST_CASE("the end of a job in the store becomes the event that the stream has told", "[webhooks]") {
  const auto e = end(job_state::failed, 3);
  CHECK(e.kind == event_kind::job_failed);
  CHECK(e.at == noon + 5s);
  CHECK(e.job == job_id{4711});
  CHECK(e.state == job_state::failed);
  CHECK(e.attempt == 3);
  CHECK(e.type == "exec");
  CHECK(e.queue == "mail");
  REQUIRE(e.worker);
  CHECK(*e.worker == "worker-1");
  CHECK(e.details().code == "EXIT_1");
  CHECK(e.details().reason == "the program ended with 1");
  CHECK(end(job_state::completed, 1).kind == event_kind::job_completed);
  CHECK(end(job_state::completed, 1).details().code.empty());
  CHECK(end(job_state::cancelled, 0).kind == event_kind::job_cancelled);
}

TEST_CASE("the idempotency key of a delivery says what it is about", "[webhooks]") {
  const auto key = delivery_key(delivery_id("ops", "job_01h8xgq2m4k7c/job.failed/3"));
  CHECK(key == "webhook/ops/job_01h8xgq2m4k7c/job.failed/3");
  const auto end = read_delivery_key(key);
  REQUIRE(end);
  CHECK(end->delivery == "ops/job_01h8xgq2m4k7c/job.failed/3");
  CHECK(end->event == "job_01h8xgq2m4k7c");
  CHECK(end->kind == "job.failed");
  const auto other = read_delivery_key("webhook/ops/7-12/worker.lost");
  REQUIRE(other);
  CHECK(other->event == "7-12");
  CHECK(other->kind == "worker.lost");
  for (const auto* none : {"", "order-17", "webhook/", "webhook/ops", "webhook/ops/7-12"})
    CHECK_FALSE(read_delivery_key(none));
}

TEST_CASE("only ends of jobs are found again", "[webhooks]") {
  webhook w;
  for (const auto* kind : {"job.completed", "job.failed", "job.cancelled", "job"}) {
    w.filter.kinds = kinds_named(kind);
    CHECK(wants_ends(w));
  }
  for (const auto* kind : {"job.started", "alert", "worker", "schedule"}) {
    w.filter.kinds = kinds_named(kind);
    CHECK_FALSE(wants_ends(w));
  }
}
