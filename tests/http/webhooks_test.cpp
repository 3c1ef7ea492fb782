// The routes of webhooks, by the router, with a board whose requests a test takes.
#include "http/api/webhook_reader.hpp"
#include "tests/audit/audit_fixture.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <future>
#include <utility>

#include "audit/audit_log.hpp"
#include "webhooks/webhook_board.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const json whole = {{"name", "ops"},
                    {"url", "https://hooks.example.com/callboard"},
                    {"filter", {{"kinds", {"job.failed", "alert"}}, {"queue", "mail"}}},
                    {"secret", "s3cret"},
                    {"headers", {{"X-Team", "ops"}}},
                    {"retryCount", 5}};

json with(json body, const json& more) {
  body.update(more);
  return body;
}

/// A router over a board that does at once what it is asked for, as the actor does in the end.
struct hooked {
  hooked() {
    d.a.webhooks = board;
    board->with([](webhook_board::content& c) { c.loaded = true; });
    board->connect([this](std::shared_ptr<webhook_request> r) { std::visit([this](auto& x) { take(x); }, r->what); });
  }
  void take(webhook_put& x) {
    last = x.draft;
    kept_secret = x.keep_secret;
    created_only = x.create_only;
    auto w = x.draft;
    w.created_at = w.changed_at = noon();
    if (!w.secret.empty())
      w.secret_changed_at = noon();
    board->with([&](webhook_board::content& c) { c.book.put(w, {}); });
    x.reply.deliver(w);
  }
  void take(webhook_change& x) {
    action = x.what;
    x.reply.deliver(board->find(x.name));
  }
  void take(webhook_test& x) {
    x.reply.deliver(some_id(7));
  }

  http_response call(http_method method, const std::string& target, const std::string& body = {}) {
    http_request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.content_type = content_json;
    auto match = d.routes.find(r.method, r.target);
    if (match.refusal)
      return *match.refusal;
    std::promise<http_response> later;
    auto answer = later.get_future();
    if (auto now = d.routes.run(match, r, responder{[&](responder::maker make) { later.set_value(make()); }}))
      return std::move(*now);
    REQUIRE(answer.wait_for(20s) == std::future_status::ready);
    return answer.get();
  }
  json post(const json& body, int status = 201) {
    const auto r = call(http_method::post, "/api/webhooks", body.dump());
    INFO(body.dump() << " " << (r.failure ? r.failure->message : r.body));
    CHECK(r.status == status);
    return r.failure ? json{} : json::parse(r.body);
  }

  std::shared_ptr<webhook_board> board = std::make_shared<webhook_board>(webhook_book::limits{});
  direct d;
  webhook last;
  bool kept_secret = false, created_only = false;
  webhook_change::action action{};
};

} // namespace

TEST_CASE("a scheduler without webhooks says so", "[webhooks]") {
  direct d;
  for (const auto* target : {"/api/webhooks", "/api/webhooks/ops", "/api/webhooks/ops/deliveries"})
    CHECK(code_of(d.call(http_method::get, target)) == "not_found");
  for (const auto* target :
       {"/api/webhooks", "/api/webhooks/ops/pause", "/api/webhooks/ops/resume", "/api/webhooks/ops/test"})
    CHECK(code_of(d.call(http_method::post, target, "{}")) == "not_found");
  CHECK(code_of(d.call(http_method::put, "/api/webhooks/ops", "{}")) == "not_found");
  CHECK(code_of(d.call(http_method::delete_, "/api/webhooks/ops")) == "not_found");
}

TEST_CASE("until they are read, nobody is told that there are none", "[webhooks]") {
  hooked h;
  h.board->with([](webhook_board::content& c) { c.loaded = false; });
  CHECK(code_of(h.call(http_method::get, "/api/webhooks")) == "starting");
  CHECK(code_of(h.call(http_method::get, "/api/webhooks/ops")) == "starting");
}

TEST_CASE("a webhook is read with all that it has, and shown without its secret", "[webhooks]") {
  hooked h;
  const auto shown = h.post(whole);
  CHECK(h.created_only);
  CHECK_FALSE(h.kept_secret);
  CHECK(h.last.name == "ops");
  CHECK(h.last.url == "https://hooks.example.com/callboard");
  CHECK(h.last.kinds == std::vector<std::string>{"job.failed", "alert"});
  CHECK(h.last.filter.kinds == (kinds_named("job.failed") | kinds_named("alert")));
  CHECK(h.last.filter.queue == "mail");
  CHECK(h.last.secret == "s3cret");
  CHECK(h.last.headers == std::vector<std::pair<std::string, std::string>>{{"X-Team", "ops"}});
  CHECK(h.last.retries == 5u);
  CHECK(h.last.enabled);
  CHECK(shown == json{{"name", "ops"},
                      {"url", "https://hooks.example.com/callboard"},
                      {"filter", {{"kinds", {"job.failed", "alert"}}, {"queue", "mail"}}},
                      {"headers", {{"X-Team", "ops"}}},
                      {"enabled", true},
                      {"retryCount", 5},
                      {"signed", true},
                      {"secretChangedAt", "2026-01-15T10:30:00.000Z"},
                      {"createdAt", "2026-01-15T10:30:00.000Z"},
                      {"changedAt", "2026-01-15T10:30:00.000Z"}});
  const auto one = h.call(http_method::get, "/api/webhooks/ops");
  CHECK(json::parse(one.body) == shown);
  const auto all = json::parse(h.call(http_method::get, "/api/webhooks").body);
  CHECK(all == json{{"webhooks", {shown}}, {"count", 1}});
}

TEST_CASE("a webhook needs no more than a name, an address and kinds of events", "[webhooks]") {
  hooked h;
  const auto shown = h.post({{"name", "a"}, {"url", "http://a"}, {"filter", {{"kinds", {"job"}}}}, {"enabled", false}});
  CHECK_FALSE(h.last.enabled);
  CHECK_FALSE(h.last.retries);
  CHECK(shown["signed"] == false);
  CHECK(shown["enabled"] == false);
  CHECK_FALSE(shown.contains("retryCount"));
  CHECK_FALSE(shown.contains("secretChangedAt"));
  h.post({{"name", "b"},
          {"url", "http://a"},
          {"filter", {{"kinds", {"job"}}, {"type", nullptr}}},
          {"headers", nullptr},
          {"retryCount", nullptr}});
}

TEST_CASE("PUT replaces, and keeps a secret of which it says nothing", "[webhooks]") {
  hooked h;
  auto body = whole;
  body.erase("secret");
  CHECK(h.call(http_method::put, "/api/webhooks/ops", body.dump()).status == 200);
  CHECK_FALSE(h.created_only);
  CHECK(h.kept_secret);
  body["secret"] = nullptr;
  body.erase("name");
  CHECK(h.call(http_method::put, "/api/webhooks/ops", body.dump()).status == 200);
  CHECK_FALSE(h.kept_secret);
  CHECK(h.last.secret.empty());
  CHECK(h.last.name == "ops");
  CHECK(field_of(h.call(http_method::put, "/api/webhooks/other", whole.dump())) == "name");
  CHECK(field_of(h.call(http_method::put, "/api/webhooks/a%20b", body.dump())) == "name");
}

TEST_CASE("each wrong member of a webhook is named, with what is allowed, and never the secret", "[webhooks]") {
  hooked h;
  struct bad {
    json change;
    const char* field;
    const char* said;
  };
  const std::string kinds_field = "filter.kinds";
  json many_headers;
  for (int i = 0; i < 21; ++i)
    many_headers["X-" + std::to_string(i)] = "a";
  const bad all[] = {
    {{{"name", nullptr}}, "name", "required"},
    {{{"name", "a b"}}, "name", "1 to 64"},
    {{{"name", std::string(65, 'a')}}, "name", "1 to 64"},
    {{{"name", 1}}, "name", "1 to 64"},
    {{{"url", nullptr}}, "url", "required"},
    {{{"url", 1}}, "url", "text"},
    {{{"url", "ftp://a"}}, "url", "https://"},
    {{{"url", "http://"}}, "url", "host"},
    {{{"url", "http:///x"}}, "url", "host"},
    {{{"url", "http://a b"}}, "url", "spaces"},
    {{{"url", "http://a:0/"}}, "url", "port"},
    {{{"url", "http://a:x/"}}, "url", "port"},
    {{{"url", "http://[::1]x/"}}, "url", "port"},
    {{{"url", "http://" + std::string(9000, 'a')}}, "url", "8192"},
    {{{"filter", nullptr}}, "filter", "required"},
    {{{"filter", "job"}}, "filter", "object"},
    {{{"filter", json::object()}}, "filter.kinds", "required"},
    {{{"filter", {{"kinds", json::array()}}}}, "filter.kinds", "1 to 64"},
    {{{"filter", {{"kinds", "job"}}}}, "filter.kinds", "array"},
    {{{"filter", {{"kinds", {"job", "jobs"}}}}}, "filter.kinds[1]", "job.failed"},
    {{{"filter", {{"kinds", {1}}}}}, "filter.kinds[0]", "kind"},
    {{{"filter", {{"kinds", {"job"}}, {"queue", ""}}}}, "filter.queue", "empty"},
    {{{"filter", {{"kinds", {"job"}}, {"type", 1}}}}, "filter.type", "text"},
    {{{"filter", {{"kinds", {"job"}}, {"worker", "a\nb"}}}}, "filter.worker", "control"},
    {{{"filter", {{"kinds", {"job"}}, {"id", "x"}}}}, "filter.id", "kinds, queue"},
    {{{"secret", ""}}, "secret", "1 to 256"},
    {{{"secret", 7}}, "secret", "text"},
    {{{"secret", "hunter2\n"}}, "secret", "control"},
    {{{"secret", std::string(257, 's')}}, "secret", "1 to 256"},
    {{{"headers", "a"}}, "headers", "object"},
    {{{"headers", {{"a b", "c"}}}}, "headers", "letters"},
    {{{"headers", {{"X-A", 1}}}}, "headers.X-A", "text"},
    {{{"headers", {{"X-A", "a\r\nb"}}}}, "headers.X-A", "control"},
    {{{"headers", {{"x-callboard-event", "a"}}}}, "headers.x-callboard-event", "X-Callboard-"},
    {{{"headers", {{"content-length", "1"}}}}, "headers.content-length", "Content-Length"},
    {{{"headers", {{"X-A", "1"}, {"x-a", "2"}}}}, "headers.x-a", "twice"},
    {{{"headers", many_headers}}, "headers", "20"},
    {{{"enabled", 1}}, "enabled", "true or false"},
    {{{"retryCount", -1}}, "retryCount", "0 to"},
    {{{"retryCount", 1e9}}, "retryCount", "integer"},
    {{{"retryCount", 1'000'000}}, "retryCount", "jobs.retries_max"},
    {{{"retries", 1}}, "retries", "retryCount"},
  };
  for (const auto& b : all) {
    const auto body = with(whole, b.change).dump();
    INFO(body.substr(0, 300));
    const auto r = h.call(http_method::post, "/api/webhooks", body);
    REQUIRE(r.failure);
    CHECK(r.status == 400);
    CHECK(field_of(r) == b.field);
    CHECK(r.failure->message.find(b.said) != std::string::npos);
    CHECK(r.failure->message.find("hunter2") == std::string::npos);
  }
  CHECK(code_of(h.call(http_method::post, "/api/webhooks", "[]")) == "invalid_value");
  CHECK(code_of(h.call(http_method::post, "/api/webhooks", "{")) == "malformed_json");
}

TEST_CASE("addresses that http_request takes", "[webhooks]") {
  for (const auto* good : {"http://a", "https://a.b.c:8443/x?y=1#z", "HTTP://A", "http://user:pa@host/",
                           "http://[::1]:80/", "http://10.0.0.7"})
    CHECK(check_webhook_url(good, "url"));
  const auto bad = check_webhook_url("ftp://token@x", "url");
  REQUIRE_FALSE(bad);
  CHECK(bad.err().message.find("token") == std::string::npos);
}

TEST_CASE("a webhook is paused, resumed, removed and tried", "[webhooks]") {
  hooked h;
  h.post(whole);
  CHECK(h.call(http_method::post, "/api/webhooks/ops/pause").status == 200);
  CHECK(h.action == webhook_change::action::pause);
  CHECK(h.call(http_method::post, "/api/webhooks/ops/resume", "{}").status == 200);
  CHECK(h.action == webhook_change::action::resume);
  CHECK(h.call(http_method::delete_, "/api/webhooks/ops").status == 200);
  CHECK(h.action == webhook_change::action::remove);
  const auto tried = h.call(http_method::post, "/api/webhooks/ops/test");
  CHECK(tried.status == 201);
  CHECK(json::parse(tried.body) == json{{"jobID", to_string(some_id(7))}});
  for (const auto* act : {"pause", "resume", "test"}) {
    CHECK(h.call(http_method::post, std::string{"/api/webhooks/none/"} + act).status == 404);
    CHECK(code_of(h.call(http_method::post, std::string{"/api/webhooks/ops/"} + act, R"({"x":1})")) == "unknown_field");
  }
  CHECK(h.call(http_method::delete_, "/api/webhooks/none").status == 404);
  CHECK(h.call(http_method::get, "/api/webhooks/a%20b").status == 404);
}

TEST_CASE("deliveries are the jobs of a webhook", "[webhooks]") {
  hooked h;
  h.post(whole);
  job_record job = full_job();
  job.state = job_state::retrying;
  job.attempt = 2;
  job.error = job_error{"HTTP_STATUS", "the answer is 500", noon()};
  job.finished_at.reset();
  job.retry_at = noon() + 4s;
  job.created_at = noon();
  const auto about = to_string(some_id(9));
  job.spec.idempotency_key = "webhook/ops/" + about + "/job.failed/3";
  auto other = job;
  other.state = job_state::completed;
  other.error.reset();
  other.retry_at.reset();
  other.finished_at = noon() + 1s;
  other.spec.idempotency_key = "webhook/ops/7-41/alert.fired";
  h.d.back.page.jobs = {std::make_shared<const job_record>(job), std::make_shared<const job_record>(other)};
  h.d.back.page.next = some_id(3);
  const auto r = h.call(http_method::get, "/api/webhooks/ops/deliveries?limit=2&cursor=" + to_string(some_id(5)));
  REQUIRE(r.status == 200);
  CHECK(h.d.back.last_list.tag == "webhook:ops");
  CHECK(h.d.back.last_list.queue == "webhooks");
  CHECK(h.d.back.last_list.limit == 2);
  CHECK(h.d.back.last_list.below == some_id(5));
  CHECK_FALSE(h.d.back.last_list.payload);
  const auto page = json::parse(r.body);
  CHECK(page["next"] == to_string(some_id(3)));
  CHECK(page["count"] == 2);
  CHECK(page["deliveries"][0] == json{{"jobID", to_string(job.id)},
                                      {"deliveryID", "ops/" + about + "/job.failed/3"},
                                      {"kind", "job.failed"},
                                      {"eventJobID", about},
                                      {"status", "retrying"},
                                      {"attempts", 2},
                                      {"code", "HTTP_STATUS"},
                                      {"message", "the answer is 500"},
                                      {"createdAt", "2026-01-15T10:30:00.000Z"},
                                      {"retryAt", "2026-01-15T10:30:04.000Z"}});
  CHECK(page["deliveries"][1]["eventID"] == "7-41");
  CHECK(page["deliveries"][1]["finishedAt"] == "2026-01-15T10:30:01.000Z");
  CHECK_FALSE(page["deliveries"][1].contains("code"));
  for (const auto* bad : {"?limit=0", "?cursor=x", "?state=failed"})
    CHECK(h.call(http_method::get, std::string{"/api/webhooks/ops/deliveries"} + bad).status == 400);
  CHECK(h.call(http_method::get, "/api/webhooks/none/deliveries").status == 404);
}

TEST_CASE("the audit log has who changed a webhook, and not its secret", "[webhooks]") {
  audit_scratch s;
  hooked h;
  h.d.a.audit = std::make_shared<audit_log>(
    s.directory, audit_bounds{}, [] { return noon(); }, [](const std::string&) {});
  REQUIRE(h.d.a.audit->start("1"));
  CHECK(h.call(http_method::post, "/api/webhooks", whole.dump()).status == 201);
  CHECK(h.call(http_method::put, "/api/webhooks/ops", with(whole, {{"secret", "hunter2"}}).dump()).status == 200);
  for (const auto* act : {"pause", "resume", "test"})
    h.call(http_method::post, std::string{"/api/webhooks/ops/"} + act);
  CHECK(h.call(http_method::delete_, "/api/webhooks/ops").status == 200);
  h.d.a.audit->stop(0);
  const auto text = s.read();
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find("hunter2") == std::string::npos);
  std::vector<std::string> acts;
  for (const auto& r : s.records())
    if (r.outcome && r.act.starts_with("webhook.")) {
      acts.push_back(r.act);
      CHECK(r.target == "ops");
      if (r.act == "webhook.put") {
        CHECK(json::parse(r.request)["secret"] == "[redacted]");
        CHECK(json::parse(r.before)["signed"] == true);
        CHECK(json::parse(r.after)["signed"] == true);
      }
    }
  CHECK(acts == std::vector<std::string>{"webhook.create", "webhook.put", "webhook.pause", "webhook.resume",
                                         "webhook.test", "webhook.remove"});
}
