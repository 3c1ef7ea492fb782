#include "tests/http/client.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string noop_daily = R"({"name":"daily","cron":"@daily","job":{"jobType":"noop"}})";

json defined() {
  return {{"name", "nightly"},
          {"version", 3},
          {"changedAt", "2026-01-15T08:30:00.000Z"},
          {"cron", "30 2 * * *"},
          {"timeZone", "Europe/Berlin"},
          {"startAt", "2026-01-14T10:30:00.000Z"},
          {"endAt", "2027-01-15T10:30:00.000Z"},
          {"jitter", 90},
          {"catchUp", "all"},
          {"catchUpMax", 7},
          {"overlap", "queue"},
          {"startWithin", 3600.5},
          {"job",
           {{"jobType", "email_send"},
            {"priority", 7},
            {"payload", {{"to", "x@example.com"}}},
            {"maxRetries", 3},
            {"timeout", 300},
            {"queue", "default"},
            {"tags", {"a"}},
            {"durability", "fsync"},
            {"retryPolicy", {{"kind", "exponential"}, {"baseSeconds", 1}, {"capSeconds", 600}, {"jitter", true}}},
            {"resources", {{"slots", 1}}}}},
          {"fault", "no such zone here"}};
}

json shown_whole() {
  auto j = defined();
  j.update({{"paused", true},
            {"next", {"2026-01-16T01:30:00.000Z", "2026-07-01T00:30:00.000Z"}},
            {"local", {"2026-01-16T02:30:00+01:00", "2026-07-01T02:30:00+02:00"}},
            {"waiting", "2026-01-15T10:29:00.000Z"},
            {"lastFire", "2026-01-15T02:30:00.000Z"},
            {"lastJobID", to_string(some_id(5))},
            {"fired", 11},
            {"missed", 12},
            {"skipped", 13},
            {"unfinished", 2},
            {"trouble", "the queue is full"}});
  return j;
}

/// A schedule of whose definition only `change` is not the least there can be.
schedule_view plain(const std::function<void(schedule_definition&)>& change = {}) {
  schedule_definition d;
  d.name = "plain";
  d.version = 1;
  d.job.type = "noop";
  if (change)
    change(d);
  schedule_view v;
  v.definition = std::make_shared<const schedule_definition>(std::move(d));
  return v;
}

json view_of(direct& d, schedule_view v) {
  d.back.plan = std::move(v);
  const auto r = d.call(http_method::get, "/api/schedules/plain");
  REQUIRE(r.status == 200);
  return json::parse(r.body);
}

} // namespace

TEST_CASE("a schedule shows all it has", "[schedules]") {
  direct d;
  const auto r = d.call(http_method::get, "/api/schedules/nightly");
  REQUIRE(r.status == 200);
  CHECK(json::parse(r.body) == shown_whole());
  CHECK(r.body.find(R"("payload":{ "to": "x@example.com" })") != std::string::npos);
  CHECK(d.back.last_schedule_name == "nightly");
}

TEST_CASE("a young schedule leaves out what it has not", "[schedules]") {
  direct d;
  auto j = view_of(d, plain([](auto& s) { s.expression = "@daily"; }));
  for (const auto* absent : {"startAt", "endAt", "catchUpMax", "startWithin", "waiting", "lastFire", "lastJobID",
                             "trouble", "fault", "local", "every", "anchor", "at"})
    CHECK_FALSE(j.contains(absent));
  CHECK(j["cron"] == "@daily");
  CHECK(j["timeZone"] == "UTC");
  CHECK(j["next"] == json::array());
  CHECK(j["paused"] == false);
  CHECK(j["jitter"] == 0);
  CHECK(j["catchUp"] == "last");
  CHECK(j["overlap"] == "allow");
  CHECK(j["job"]["payload"] == json::object());

  j = view_of(d, plain([](auto& s) { s.rules.when = fire_every{1500ms, noon()}; }));
  CHECK(j["every"] == 1.5);
  CHECK(j["anchor"] == "2026-01-15T10:30:00.000Z");
  for (const auto* absent : {"cron", "timeZone", "at"})
    CHECK_FALSE(j.contains(absent));
  j = view_of(d, plain([](auto& s) { s.rules.when = fire_once{noon() + 1h}; }));
  CHECK(j["at"] == "2026-01-15T11:30:00.000Z");
  for (const auto* absent : {"cron", "timeZone", "every", "anchor"})
    CHECK_FALSE(j.contains(absent));
}

TEST_CASE("rules are written by their names", "[schedules]") {
  direct d;
  const std::pair<catch_up_rule, const char*> catch_ups[] = {
    {catch_up_rule::none, "none"}, {catch_up_rule::last, "last"}, {catch_up_rule::all, "all"}};
  for (const auto& [rule, name] : catch_ups)
    CHECK(view_of(d, plain([rule = rule](auto& s) { s.rules.missed = rule; }))["catchUp"] == name);
  const std::pair<overlap_rule, const char*> overlaps[] = {{overlap_rule::allow, "allow"},
                                                           {overlap_rule::skip, "skip"},
                                                           {overlap_rule::queue, "queue"},
                                                           {overlap_rule::replace, "replace"}};
  for (const auto& [rule, name] : overlaps)
    CHECK(view_of(d, plain([rule = rule](auto& s) { s.rules.when_unfinished = rule; }))["overlap"] == name);
}

TEST_CASE("POST creates, PUT creates or replaces", "[schedules]") {
  direct d;
  auto r = d.call(http_method::post, "/api/schedules", noop_daily);
  CHECK(r.status == 201);
  CHECK(json::parse(r.body) == shown_whole());
  CHECK(d.back.last_definition.name == "daily");
  CHECK(d.back.last_create_only);
  CHECK_FALSE(d.back.last_version);

  r = d.call(http_method::put, "/api/schedules/daily", noop_daily);
  CHECK(r.status == 200);
  CHECK(json::parse(r.body) == shown_whole());
  CHECK(d.back.last_definition.name == "daily");
  CHECK_FALSE(d.back.last_create_only);
  CHECK_FALSE(d.back.last_version);

  r = d.call(http_method::put, "/api/schedules/weekly?ifVersion=4", R"({"cron":"@weekly","job":{"jobType":"noop"}})");
  CHECK(r.status == 200);
  CHECK(d.back.last_definition.name == "weekly");
  CHECK(d.back.last_version == 4u);
}

TEST_CASE("a PUT that contradicts itself reaches nobody", "[schedules]") {
  struct row {
    std::string target, body, code, field, says;
  };
  const row rows[] = {
    {"/api/schedules/other", noop_daily, "invalid_value", "name", "\"other\""},
    {"/api/schedules/a%20b", R"({"cron":"@daily","job":{"jobType":"noop"}})", "invalid_value", "name", "1 to 100"},
    {"/api/schedules/daily?ifVersion=0", noop_daily, "out_of_range", "ifVersion", "1 to 4294967295"},
    {"/api/schedules/daily?ifVersion=x", noop_daily, "invalid_value", "ifVersion", "integer"},
    {"/api/schedules/daily?version=1", noop_daily, "unknown_field", "version", "ifVersion"},
    {"/api/schedules/daily", "", "malformed_json", "", ""},
  };
  for (const auto& x : rows) {
    CAPTURE(x.target);
    direct d;
    const auto r = d.call(http_method::put, x.target, x.body);
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    REQUIRE(r.failure);
    CHECK(r.failure->message.find(x.says) != std::string::npos);
    CHECK(d.back.calls() == 0);
  }
  direct d;
  CHECK(d.call(http_method::put, "/api/schedules/daily", noop_daily, "text/plain").status == 415);
}

TEST_CASE("each function of a schedule asks for it by its name", "[schedules]") {
  struct row {
    http_method method;
    std::string rest, call;
  };
  const row rows[] = {
    {http_method::get, "", "show"},         {http_method::delete_, "", "remove"},
    {http_method::post, "/pause", "pause"}, {http_method::post, "/resume", "pause"},
    {http_method::post, "/run", "run"},     {http_method::get, "/history", "history"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.call, x.rest);
    direct d;
    d.back.plan_versions.versions = {full_schedule().definition};
    d.back.last_paused = x.rest == "/resume";
    auto r = d.call(x.method, "/api/schedules/night.ly-1_x" + x.rest);
    CHECK(r.status == (x.call == "run" ? 201 : 200));
    CHECK(d.back.last_schedule_call == x.call);
    CHECK(d.back.last_schedule_name == "night.ly-1_x");
    CHECK(d.back.last_paused == (x.rest == "/pause"));
    const auto body = json::parse(r.body);
    if (x.call == "run")
      CHECK(body == json{{"jobID", to_string(some_id())},
                         {"status", "queued"},
                         {"priority", 5},
                         {"createdAt", "2026-01-15T10:30:00.000Z"},
                         {"scheduledAt", "2026-01-15T10:30:00.000Z"},
                         {"estimatedExecutionTime", "2026-01-15T10:30:05.000Z"},
                         {"durability", "fsync"}});
    else
      CHECK(body == (x.call == "history" ? json{{"versions", {defined()}}} : shown_whole()));

    d.back.fail_with = error{ec::unknown_schedule, "there is none"};
    r = d.call(x.method, "/api/schedules/nightly" + x.rest);
    CHECK(r.status == 404);
    CHECK(code_of(r) == "unknown_schedule");
    d.back.last_schedule_call.clear();
    r = d.call(x.method, "/api/schedules/a%2Fb" + x.rest);
    CHECK(r.status == 404);
    CHECK(code_of(r) == "unknown_schedule");
    CHECK(d.back.last_schedule_call.empty());
  }
}

TEST_CASE("pause, resume and run take no fields", "[schedules]") {
  for (const std::string rest : {"/pause", "/resume", "/run"}) {
    CAPTURE(rest);
    direct d;
    CHECK(d.call(http_method::post, "/api/schedules/x" + rest, "{}").status / 100 == 2);
    const auto r = d.call(http_method::post, "/api/schedules/x" + rest, R"({"at":"now"})");
    CHECK(code_of(r) == "unknown_field");
    CHECK(field_of(r) == "at");
    CHECK(d.back.calls() == 1);
  }
  direct d;
  const auto r = d.call(http_method::post, "/api/schedules/x/run", "", "", "key");
  CHECK(code_of(r) == "invalid_value");
  CHECK(field_of(r) == "Idempotency-Key");
  CHECK(d.back.calls() == 0);
}

TEST_CASE("history is latest first, and definitions alone", "[schedules]") {
  direct d;
  d.back.plan_versions.versions = {plain([](auto& s) { s.version = 2; }).definition, plain().definition};
  const auto j = json::parse(d.call(http_method::get, "/api/schedules/plain/history").body);
  REQUIRE(j["versions"].size() == 2);
  CHECK(j["versions"][0]["version"] == 2);
  CHECK(j["versions"][1]["version"] == 1);
  for (const auto* absent : {"paused", "next", "fired", "missed", "skipped", "unfinished"})
    CHECK_FALSE(j["versions"][0].contains(absent));
}

TEST_CASE("a list pages by name, and leaves payloads out", "[schedules]") {
  direct d;
  d.back.plans = {{full_schedule(), plain()}, "plain"};
  auto j = json::parse(d.call(http_method::get, "/api/schedules").body);
  CHECK(j["count"] == 2);
  CHECK(j["next"] == "plain");
  auto first = shown_whole();
  first["job"].erase("payload");
  CHECK(j["schedules"][0] == first);
  CHECK(j["schedules"][1]["name"] == "plain");
  CHECK(d.back.last_after.empty());
  CHECK(d.back.last_limit == 100);

  d.back.plans = {};
  j = json::parse(d.call(http_method::get, "/api/schedules?cursor=night.ly&limit=7").body);
  CHECK(j == json{{"schedules", json::array()}, {"count", 0}, {"next", nullptr}});
  CHECK(d.back.last_after == "night.ly");
  CHECK(d.back.last_limit == 7);
  d.call(http_method::get, "/api/schedules?limit=1000");
  CHECK(d.back.last_limit == 1000);
  d.a.http.list_limit_max = 20;
  d.call(http_method::get, "/api/schedules");
  CHECK(d.back.last_limit == 20);

  const auto calls = d.back.calls();
  for (const auto* query : {"limit=0", "limit=21", "limit=x", "cursor=a%20b", "cursor="}) {
    CAPTURE(query);
    const auto r = d.call(http_method::get, std::string{"/api/schedules?"} + query);
    CHECK(r.status == 400);
    CHECK(field_of(r) == std::string{query}.substr(0, std::string_view{query}.find('=')));
  }
  CHECK(d.back.calls() == calls);
}

TEST_CASE("what the scheduler says of a schedule reaches the client", "[schedules]") {
  const std::pair<ec, int> rows[] = {{ec::invalid_state, 409},
                                     {ec::version_conflict, 409},
                                     {ec::unknown_schedule, 404},
                                     {ec::queue_full, 429},
                                     {ec::storage_unavailable, 503}};
  for (const auto& [code, status] : rows) {
    direct d;
    d.back.fail_with = error{code, "why", "name"};
    const auto r = d.call(http_method::put, "/api/schedules/daily?ifVersion=1", noop_daily);
    CHECK(r.status == status);
    CHECK(code_of(r) == to_string(code));
    CHECK(field_of(r) == "name");
  }
}

TEST_CASE("schedules over a socket, with PUT", "[schedules]") {
  live l;
  client c{l.port};
  const auto ask = [&](const std::string& method, const std::string& target, const std::string& body) {
    return c.ask(method + " " + target + " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(ask("PUT", "/api/schedules/daily", noop_daily).status == 200);
  CHECK(l.back.last_definition.name == "daily");
  CHECK(ask("DELETE", "/api/schedules/daily", "").status == 200);
  CHECK(ask("PUT", "/api/schedules", noop_daily).has("Allow: GET, HEAD, POST"));
}
