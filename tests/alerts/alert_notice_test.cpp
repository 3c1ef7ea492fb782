#include "tests/files/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

#include "alerts/alert_notice.hpp"
#include "webhooks/signature.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const time_point start{1'768'473'000s};

alert firing() {
  alert a;
  a.rule = alert_rule::disk_nearly_full;
  a.state = alert_state::firing;
  a.since = start;
  a.fired_at = start + 300s;
  a.id = alert_id_of(a.rule, a.target, a.since);
  a.value = 0.07;
  a.threshold = 0.1;
  return a;
}

settings told() {
  settings s;
  s.alerts.webhook_url = "https://hooks.example/callboard";
  s.alerts.email_to = {"ops@example.com", "b@example.com"};
  return s;
}

json payload_of(const job_spec& j) {
  return json::parse(j.payload.view());
}

} // namespace

TEST_CASE("nobody is named, nobody is told") {
  CHECK(alert_notices(firing(), true, settings{}, "", start).empty());
}

TEST_CASE("a webhook is an ordinary job with a signed body") {
  const auto jobs = alert_notices(firing(), true, told(), "s3cret", start + 500ms);
  REQUIRE(jobs.size() == 2);
  const auto& j = jobs[0];
  CHECK(j.type == "http_request");
  CHECK(j.queue == "alerts");
  CHECK(j.max_retries == 8);
  const auto p = payload_of(j);
  CHECK(p["url"] == "https://hooks.example/callboard");
  CHECK(p["method"] == "POST");
  CHECK(p["headers"]["Content-Type"] == "application/json");
  CHECK(p["headers"]["X-Callboard-Timestamp"] == "1768473000");
  const std::string body = p["body"];
  CHECK(p["headers"]["X-Callboard-Signature"] == webhook_signature("s3cret", "1768473000", body));
  CHECK(j.payload.view().find("s3cret") == std::string_view::npos);
  CHECK(j.payload_bytes == j.payload.size());
  const auto b = json::parse(body);
  CHECK(b["kind"] == "alert.fired");
  CHECK(b["id"] == alert_id_text(firing().id));
  CHECK(b["rule"] == "disk_nearly_full");
  CHECK(b["severity"] == "warning");
  CHECK(b["state"] == "firing");
  CHECK(b["firedAt"] == "2026-01-15T10:35:00.000Z");
  CHECK(b["resolvedAt"] == nullptr);
  CHECK(b["value"] == 0.07);
  CHECK(b["summary"] == "the disk of the store is nearly full; share that is free 0.07 (threshold 0.1)");
}

TEST_CASE("without a secret nothing is signed") {
  const auto p = payload_of(alert_notices(firing(), true, told(), "", start)[0]);
  CHECK_FALSE(p["headers"].contains("X-Callboard-Signature"));
  CHECK_FALSE(p["headers"].contains("X-Callboard-Timestamp"));
}

TEST_CASE("the signature is HMAC-SHA256") {
  // printf '1.x' | openssl dgst -sha256 -hmac key
  CHECK(webhook_signature("key", "1", "x") ==
        "sha256=fc4913c41a7bf793267e2a384f3261c9436ec2cd097bd745e7b0d99113f510ec");
}

TEST_CASE("a mail says what is wrong, since when, and what to do") {
  auto a = firing();
  a.target = "queue/mail";
  a.rule = alert_rule::queue_waits;
  const auto j = alert_notices(a, true, told(), "", start)[1];
  CHECK(j.type == "email_send");
  const auto p = payload_of(j);
  CHECK(p["to"] == json{"ops@example.com", "b@example.com"});
  CHECK(p["subject"] == "[callboard warning] queue_waits queue/mail");
  const std::string text = p["body"];
  CHECK(text.find("callboard explain") != std::string::npos);
  CHECK(text.find("2026-01-15T10:30:00.000Z") != std::string::npos);
  a.state = alert_state::resolved;
  a.resolved_at = start + 1h;
  CHECK(payload_of(alert_notices(a, false, told(), "", start)[1])["subject"] ==
        "[callboard resolved] queue_waits queue/mail");
}

TEST_CASE("each notice has a key of its own, and the same one has the same") {
  std::set<std::string> keys;
  for (const bool fires : {true, false})
    for (const auto& j : alert_notices(firing(), fires, told(), "", start))
      keys.insert(j.idempotency_key);
  auto later = firing();
  later.id = alert_id_of(later.rule, later.target, later.since + 1s);
  for (const auto& j : alert_notices(later, true, told(), "", start))
    keys.insert(j.idempotency_key);
  CHECK(keys.size() == 6);
  for (const auto& j : alert_notices(firing(), true, told(), "other", start + 1h))
    CHECK(keys.contains(j.idempotency_key));
  for (const auto& k : keys)
    CHECK(k.size() <= job_settings{}.tag_bytes_max);
}

TEST_CASE("a notice asks for no more than a job may") {
  auto s = told();
  s.jobs.retries_max = 2;
  s.jobs.timeout_max = 5s;
  const auto jobs = alert_notices(firing(), true, s, "", start);
  CHECK(jobs[0].max_retries == 2);
  CHECK(jobs[0].timeout == 5s);
}

TEST_CASE("the secret is what is in the file, and is never said") {
  const scratch s;
  alert_settings a;
  CHECK(*read_webhook_secret(a) == "");
  a.webhook_secret_file = s.write("secret", "  s3 cret\n\n");
  CHECK(*read_webhook_secret(a) == "s3 cret");
  a.webhook_secret_file = s.write("empty", " \n");
  CHECK(read_webhook_secret(a).err().code == ec::invalid_value);
  a.webhook_secret_file = s.directory / "none";
  const auto e = read_webhook_secret(a).err();
  CHECK(e.code == ec::not_found);
  CHECK(e.message.starts_with("alerts.webhook_secret_file: "));
}
