// The routes of alerts, by the router, with a board that a test writes to.
#include "tests/files/scratch.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <future>

#include "alerts/alert_board.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

alert_limits limits() {
  alert_limits l;
  l.hold = 0s;
  l.silences_max = 2;
  l.of(alert_rule::queue_waits) = {true, 1800, 300s};
  return l;
}

/// A router over a board.
struct boarded {
  boarded() {
    d.a.alerts = board;
  }
  json call(http_method method, const std::string& target, int status, const std::string& body = {}) {
    http_request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.content_type = content_json;
    r.claimed_by = who;
    r.address = "10.0.0.7:4711";
    auto match = d.routes.find(r.method, r.target);
    if (match.refusal) {
      failure = match.refusal->failure;
      CHECK(match.refusal->status == status);
      return {};
    }
    std::promise<http_response> later;
    auto answer = later.get_future();
    auto now = d.routes.run(match, r, responder{[&](responder::maker make) { later.set_value(make()); }});
    if (!now)
      REQUIRE(answer.wait_for(20s) == std::future_status::ready);
    const auto got = now ? std::move(*now) : answer.get();
    INFO(target << " " << body << " " << got.body << (got.failure ? got.failure->message : ""));
    CHECK(got.status == status);
    failure = got.failure;
    return got.failure ? json{} : json::parse(got.body);
  }
  json get(const std::string& target, int status = 200) {
    return call(http_method::get, target, status);
  }
  json post(const std::string& target, int status, const std::string& body = {}) {
    return call(http_method::post, target, status, body);
  }
  /// One look at figures with a queue whose oldest job has waited so long.
  void look(duration waited, duration at) {
    metrics_view v;
    v.started_at = noon();
    v.workers = 1;
    auto& q = v.queues["mail"];
    q.ready = 1;
    q.oldest_ready = waited;
    q.objective = queue_objective{60s, 990'000, 0, 24h * 30};
    board->look({&v, std::nullopt, std::nullopt}, {noon() + at, steady_point{1000s + at}});
  }

  scratch s;
  std::shared_ptr<alert_board> board =
    std::make_shared<alert_board>(limits(), s.directory / "alerts.json", [](const std::string&) {});
  direct d;
  std::string who = "ann";
  std::optional<error> failure;
};

} // namespace

TEST_CASE("a scheduler without alerts says so", "[alerts]") {
  direct d;
  for (const auto* target : {"/api/alerts", "/api/alerts/silences"})
    CHECK(code_of(d.call(http_method::get, target)) == "not_found");
  CHECK(code_of(d.call(http_method::post, "/api/alerts/silences", R"({"rule":"queue_waits","for":1})")) == "not_found");
  CHECK(code_of(d.call(http_method::post, "/api/alerts/alert_0000000000000001/ack")) == "not_found");
  CHECK(code_of(d.call(http_method::delete_, "/api/alerts/silences/silence_1")) == "not_found");
}

TEST_CASE("alerts are shown with all they have", "[alerts]") {
  boarded b;
  const auto none = b.get("/api/alerts");
  CHECK(none["alerts"].empty());
  CHECK(none["evaluatedAt"] == nullptr);
  CHECK(none["enabled"] == true);

  b.look(2000s, 0s);
  auto a = b.get("/api/alerts")["alerts"][0];
  CHECK(a["state"] == "pending");
  CHECK(a["firedAt"] == nullptr);
  b.look(2400s, 300s);
  const auto all = b.get("/api/alerts");
  CHECK(all["count"] == 1);
  CHECK(all["evaluatedAt"] == "2026-01-15T10:35:00.000Z");
  a = all["alerts"][0];
  CHECK(a["rule"] == "queue_waits");
  CHECK(a["target"] == "queue/mail");
  CHECK(a["severity"] == "warning");
  CHECK(a["state"] == "firing");
  CHECK(a["since"] == "2026-01-15T10:30:00.000Z");
  CHECK(a["firedAt"] == "2026-01-15T10:35:00.000Z");
  CHECK(a["value"] == 2400);
  CHECK(a["threshold"] == 1800);
  CHECK(a["unit"] == "seconds");
  CHECK(a["summary"] == "queue/mail: jobs wait too long; the oldest ready one for 2400 seconds (threshold 1800)");
  CHECK(a["advice"].get<std::string>().find("callboard explain") != std::string::npos);
  CHECK(a["ack"] == nullptr);
  CHECK(a["silence"] == nullptr);
  CHECK(a["notified"] == true);
  const auto o = all["objectives"];
  REQUIRE(o.size() == 1);
  CHECK(o[0] == json{{"queue", "mail"},
                     {"objective", "wait"},
                     {"share", 0.99},
                     {"waitSeconds", 60},
                     {"windowSeconds", 2592000},
                     {"burnRates", {{"5m", 0.0}, {"30m", 0.0}, {"1h", 0.0}, {"6h", 0.0}}}});

  CHECK(b.get("/api/alerts?state=firing")["count"] == 1);
  CHECK(b.get("/api/alerts?state=resolved")["count"] == 0);
  b.look(0s, 400s);
  CHECK(b.get("/api/alerts?state=resolved")["alerts"][0]["resolvedAt"] == "2026-01-15T10:36:40.000Z");
  b.get("/api/alerts?state=sleeping", 400);
  CHECK(b.failure->field == "state");
}

TEST_CASE("an alert is acknowledged", "[alerts]") {
  boarded b;
  b.look(2000s, 0s);
  const std::string id = b.get("/api/alerts")["alerts"][0]["id"];
  const auto a = b.post("/api/alerts/" + id + "/ack", 200, R"({"comment":"I look"})");
  CHECK(a["ack"] == json{{"by", "ann"}, {"at", "2026-01-15T10:30:00.000Z"}, {"comment", "I look"}});
  CHECK(b.get("/api/alerts")["alerts"][0]["ack"]["by"] == "ann");
  b.who.clear();
  CHECK(b.post("/api/alerts/" + id + "/ack", 200)["ack"]["by"] == "10.0.0.7:4711");

  for (const auto* unknown : {"alert_0000000000000001", "alert_1", "x"}) {
    b.post("/api/alerts/" + std::string{unknown} + "/ack", 404);
    CHECK(b.failure->code == ec::not_found);
  }
  b.post("/api/alerts/" + id + "/ack", 400, R"({"reason":"x"})");
  CHECK(b.failure->code == ec::unknown_field);
  b.post("/api/alerts/" + id + "/ack", 400, R"({"comment":")" + std::string(501, 'x') + R"("})");
  CHECK(b.failure->field == "comment");
  b.post("/api/alerts/" + id + "/ack", 400, R"({"comment":5})");
  b.look(2400s, 300s);
  b.look(0s, 400s);
  b.post("/api/alerts/" + id + "/ack", 409);
  CHECK(b.failure->code == ec::invalid_state);
}

TEST_CASE("silences are made, shown and ended", "[alerts]") {
  boarded b;
  const auto s = b.post("/api/alerts/silences", 201,
                        R"({"rule":"queue_waits","target":"queue/mail","for":7200.5,"comment":"maintenance"})");
  CHECK(s == json{{"id", "silence_1"},
                  {"rule", "queue_waits"},
                  {"target", "queue/mail"},
                  {"until", "2026-01-15T12:30:00.500Z"},
                  {"createdAt", "2026-01-15T10:30:00.000Z"},
                  {"by", "ann"},
                  {"comment", "maintenance"}});
  CHECK(b.post("/api/alerts/silences", 201, R"({"target":"","for":1})")["rule"] == nullptr);
  b.post("/api/alerts/silences", 429, R"({"rule":"queue_waits","for":1})");
  CHECK(b.failure->code == ec::queue_full);
  auto all = b.get("/api/alerts/silences");
  CHECK(all["count"] == 2);
  CHECK(all["silences"][0]["id"] == "silence_2"); // it ends first

  b.look(2000s, 0s);
  CHECK(b.get("/api/alerts")["alerts"][0]["silence"] == "silence_1");
  CHECK(b.call(http_method::delete_, "/api/alerts/silences/silence_1", 200)["id"] == "silence_1");
  b.call(http_method::delete_, "/api/alerts/silences/silence_1", 404);
  b.call(http_method::delete_, "/api/alerts/silences/1", 404);
  CHECK(b.get("/api/alerts")["alerts"][0]["silence"] == nullptr);
}

TEST_CASE("a wrong silence is refused by the field, with what is allowed", "[alerts]") {
  struct row {
    std::string body, field, message;
    ec code;
  };
  const row rows[] = {
    {R"({"for":1})", "rule", "rule or target is required", ec::missing_field},
    {R"({"rule":"queue_waits"})", "for", "for is required", ec::missing_field},
    {R"({"rule":"queue","for":1})", "rule", "queue_waits, queue_full", ec::invalid_value},
    {R"({"rule":5,"for":1})", "rule", "must be one of", ec::invalid_value},
    {R"({"target":"mail","for":1})", "target", "queue/NAME", ec::invalid_value},
    {R"({"target":"queue/","for":1})", "target", "queue/NAME", ec::invalid_value},
    {R"({"target":null,"for":1})", "target", "string", ec::invalid_value},
    {R"({"rule":"queue_waits","for":0})", "for", "0.001 to 31622400", ec::out_of_range},
    {R"({"rule":"queue_waits","for":"2h"})", "for", "number of seconds", ec::invalid_value},
    {R"({"rule":"queue_waits","for":1e9})", "for", "0.001 to 31622400", ec::out_of_range},
    {R"({"rule":"queue_waits","for":1,"until":2})", "until", "unknown", ec::unknown_field},
    {R"({"rule":"queue_waits","for":1,"comment":["x"]})", "comment", "", ec::invalid_value},
    {R"([])", "", "object", ec::invalid_value},
  };
  for (const auto& r : rows) {
    boarded b;
    INFO(r.body);
    b.post("/api/alerts/silences", 400, r.body);
    REQUIRE(b.failure);
    CHECK(b.failure->code == r.code);
    CHECK(b.failure->field == r.field);
    CHECK(b.failure->message.find(r.message) != std::string::npos);
    CHECK(b.get("/api/alerts/silences")["count"] == 0);
  }
}

TEST_CASE("a queue tells when it will be empty", "[alerts]") {
  boarded b;
  b.d.back.bound = {};
  b.d.back.bound.target.name = "mail";
  metrics_view v;
  v.started_at = noon();
  for (int i = 0; i <= 6; ++i) {
    v.queues["mail"].ready = 100 - static_cast<uint64_t>(i) * 10;
    b.board->look({&v, std::nullopt, std::nullopt}, {noon(), steady_point{1000s + i * 10s}});
  }
  CHECK(b.get("/api/queues/mail")["projectedDrain"] == 40);
  b.d.back.bounds.limits = {b.d.back.bound};
  CHECK(b.get("/api/queues")["queues"][0]["projectedDrain"] == 40);
  b.d.back.bound.target.name = "other";
  CHECK_FALSE(b.get("/api/queues/other").contains("projectedDrain"));
}
