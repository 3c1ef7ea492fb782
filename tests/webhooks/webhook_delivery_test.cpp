#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "webhooks/signature.hpp"
#include "webhooks/webhook_delivery.hpp"

using namespace callboard;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const time_point noon{1'768'473'000s};

webhook ops() {
  webhook w;
  w.name = "ops";
  w.url = "https://hooks.example/callboard";
  w.kinds = {"job.failed"};
  w.filter.kinds = kinds_named("job.failed");
  return w;
}

pending_delivery failed_job() {
  pending_delivery d;
  d.webhook = "ops";
  d.id = "ops/job_01h8xgq2m4k7c/job.failed/3";
  d.kind = event_kind::job_failed;
  d.event = R"({"id":"7-41","kind":"job.failed","reason":"a \"quoted\" word"})";
  return d;
}

json payload_of(const job_spec& j) {
  return json::parse(j.payload.view());
}

} // namespace

TEST_CASE("a signature is HMAC-SHA256 of time, dot and body", "[webhooks]") {
  // Computed with `openssl dgst -sha256 -hmac key` over `1.x`.
  CHECK(webhook_signature("key", "1", "x") ==
        "sha256=fc4913c41a7bf793267e2a384f3261c9436ec2cd097bd745e7b0d99113f510ec");
  CHECK(webhook_signature("key", "1", "y") != webhook_signature("key", "1", "x"));
  CHECK(webhook_time(noon + 999ms) == "1768473000");
}

TEST_CASE("a delivery is an ordinary job with the event in its body", "[webhooks]") {
  const settings s;
  const auto j = delivery_job(ops(), failed_job(), "job.failed", s, noon);
  CHECK(j.type == "http_request");
  CHECK(j.queue == "webhooks");
  CHECK(j.tags == std::vector<std::string>{"webhook:ops"});
  CHECK(j.idempotency_key == "webhook/ops/job_01h8xgq2m4k7c/job.failed/3");
  CHECK(j.timeout == 30s);
  CHECK(j.max_retries == 8);
  CHECK(j.payload_bytes == j.payload.view().size());
  const auto p = payload_of(j);
  CHECK(p["url"] == "https://hooks.example/callboard");
  CHECK(p["method"] == "POST");
  CHECK(p["headers"] == json({{"Content-Type", "application/json"},
                              {"X-Callboard-Event", "job.failed"},
                              {"X-Callboard-Delivery", "ops/job_01h8xgq2m4k7c/job.failed/3"}}));
  const auto body = json::parse(p["body"].get<std::string>());
  CHECK(body == json({{"id", "7-41"},
                      {"kind", "job.failed"},
                      {"reason", "a \"quoted\" word"},
                      {"webhook", "ops"},
                      {"deliveryID", "ops/job_01h8xgq2m4k7c/job.failed/3"}}));
}

TEST_CASE("with a secret it is signed, and the secret is nowhere in the job", "[webhooks]") {
  auto w = ops();
  w.secret = "s3cret";
  const auto j = delivery_job(w, failed_job(), "job.failed", {}, noon + 500ms);
  const auto p = payload_of(j);
  CHECK(p["headers"]["X-Callboard-Timestamp"] == "1768473000");
  CHECK(p["headers"]["X-Callboard-Signature"] ==
        webhook_signature("s3cret", "1768473000", p["body"].get<std::string>()));
  CHECK(j.payload.view().find("s3cret") == std::string_view::npos);
}

TEST_CASE("a webhook's own fields go along, and those of a delivery are not theirs", "[webhooks]") {
  auto w = ops();
  w.headers = {{"Authorization", "Bearer x"}, {"Content-Type", "application/cloudevents+json"}};
  const auto p = payload_of(delivery_job(w, failed_job(), "job.failed", {}, noon));
  CHECK(p["headers"]["Authorization"] == "Bearer x");
  CHECK(p["headers"]["Content-Type"] == "application/cloudevents+json");
}

TEST_CASE("a delivery keeps to what the settings and the webhook say", "[webhooks]") {
  settings s;
  s.webhooks.queue = "hooks";
  s.webhooks.timeout = 5min;
  s.jobs.timeout_max = 1min;
  s.webhooks.retries = 50;
  s.jobs.retries_max = 20;
  auto w = ops();
  auto j = delivery_job(w, failed_job(), "job.failed", s, noon);
  CHECK(j.queue == "hooks");
  CHECK(j.timeout == 1min);
  CHECK(j.max_retries == 20);
  w.retries = 0;
  j = delivery_job(w, failed_job(), "job.failed", s, noon);
  CHECK(j.max_retries == 0);
}

TEST_CASE("each test is a delivery of its own", "[webhooks]") {
  const auto d = test_delivery(ops(), noon);
  CHECK(d.id == "ops/test-1768473000000000/webhook.test");
  CHECK(json::parse(d.event) == json({{"kind", "webhook.test"}, {"at", "2026-01-15T10:30:00.000Z"}}));
  CHECK(test_delivery(ops(), noon + 1us).id != d.id);
  const auto key = delivery_key(d.id);
  const auto read = read_delivery_key(key);
  REQUIRE(read);
  CHECK(read->kind == "webhook.test");
}

TEST_CASE("jobs of deliveries and of notices of alerts are told to nobody", "[webhooks]") {
  settings s;
  s.webhooks.queue = "hooks";
  s.alerts.queue = "bells";
  const auto l = webhook_limits_of(s);
  CHECK(l.passed_over == std::vector<std::string>{"hooks", "bells"});
  CHECK(l.pending_max == s.webhooks.pending_max);
}
