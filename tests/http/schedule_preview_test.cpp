#include "core/base/rfc3339.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a preview stores nothing and shows what would come", "[schedules]") {
  direct d;
  const auto preview = [&](const std::string& body) {
    const auto r = d.call(http_method::post, "/api/schedules/preview", body);
    INFO(r.body);
    REQUIRE(r.status == 200);
    return json::parse(r.body);
  };
  CHECK(preview(R"({"cron":"0 12 * * *"})") ==
        json{{"next",
              {"2026-01-15T12:00:00.000Z", "2026-01-16T12:00:00.000Z", "2026-01-17T12:00:00.000Z",
               "2026-01-18T12:00:00.000Z", "2026-01-19T12:00:00.000Z"}},
             {"count", 5}});
  CHECK(preview(R"({"every":60,"count":2})")["next"] == json{"2026-01-15T10:31:00.000Z", "2026-01-15T10:32:00.000Z"});
  CHECK(preview(R"({"at":"2026-02-01T00:00:00Z"})")["next"] == json{"2026-02-01T00:00:00.000Z"});
  CHECK(preview(R"({"at":"2026-02-01T00:00:00Z","from":"2026-03-01T00:00:00Z"})") ==
        json{{"next", json::array()}, {"count", 0}});
  CHECK(preview(R"({"cron":"* * * * * *","count":100})")["next"].size() == 100);
  // The hour that does not come, and the one that comes twice.
  const auto spring = preview(
    R"({"cron":"30 2 * * *","timeZone":"Europe/Berlin","from":"2026-03-28T12:00:00Z","count":2,
        "name":"x","job":{"jobType":"noop"}})");
  CHECK(spring["next"] == json{"2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"});
  CHECK(spring["local"] == json{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"});
  const auto autumn =
    preview(R"({"cron":"30 2 * * *","timeZone":"Europe/Berlin","from":"2026-10-24T12:00:00Z","count":2})");
  CHECK(autumn["next"] == json{"2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"});
  CHECK(d.back.calls() == 0);
}

TEST_CASE("a preview has the jitter of its name", "[schedules]") {
  direct d;
  schedule_rules rules;
  rules.jitter = 1h;
  for (const std::string name : {"a", "b"}) {
    const auto r = d.call(http_method::post, "/api/schedules/preview",
                          R"({"every":86400,"jitter":3600,"count":1,"name":")" + name + "\"}");
    const auto fire = noon() + 24h;
    CHECK(json::parse(r.body)["next"][0] == to_rfc3339(fire + jitter_of(rules, name, fire)));
  }
}

TEST_CASE("a preview says what creating would say", "[schedules]") {
  direct d;
  struct row {
    std::string body, code, field;
  };
  const row rows[] = {
    {R"({"cron":"x"})", "invalid_value", "cron"},
    {R"({"cron":"@daily","count":0})", "out_of_range", "count"},
    {R"({"cron":"@daily","count":101})", "out_of_range", "count"},
    {R"({"cron":"@daily","from":"soon"})", "invalid_value", "from"},
    {R"({"cron":"@daily","job":{}})", "missing_field", "job.jobType"},
    {R"({"cron":"@daily","name":"a b"})", "invalid_value", "name"},
    {R"({"at":"2026-01-01T00:00:00Z"})", "time_in_past", "at"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.body);
    const auto r = d.call(http_method::post, "/api/schedules/preview", x.body);
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
  }
}

TEST_CASE("local times have the offset of their moment", "[schedules]") {
  direct d;
  const auto local = [&](const std::string& zone, time_point t) {
    const auto r = d.call(http_method::post, "/api/schedules/preview",
                          json{{"cron", "* * * * * *"},
                               {"timeZone", zone},
                               {"count", 1},
                               {"from", t == noon() ? "2026-01-15T10:29:59Z" : "2026-07-15T10:29:59Z"}}
                            .dump());
    INFO(r.body);
    REQUIRE(r.status == 200);
    return json::parse(r.body)["local"][0];
  };
  CHECK(local("America/New_York", noon()) == "2026-01-15T05:30:00-05:00");
  CHECK(local("America/New_York", noon() + 1h) == "2026-07-15T06:30:00-04:00");
  CHECK(local("Asia/Kathmandu", noon()) == "2026-01-15T16:15:00+05:45");
  CHECK(local("America/St_Johns", noon()) == "2026-01-15T07:00:00-03:30");
}
