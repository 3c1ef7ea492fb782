#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string job_path = "/api/jobs/" + to_string(some_id());

json whole_job() {
  return {
    {"id", to_string(some_id())},
    {"type", "email_send"},
    {"priority", 7},
    {"status", "retrying"},
    {"scheduleAt", "2026-01-15T11:30:00.000Z"},
    {"createdAt", "2026-01-15T10:30:00.000Z"},
    {"startedAt", "2026-01-15T10:30:01.000Z"},
    {"completedAt", "2026-01-15T10:30:02.000Z"},
    {"retryCount", 2},
    {"payload", {{"to", "x@example.com"}}},
    {"maxRetries", 4},
    {"timeout", 1.5},
    {"dependencies", {to_string(some_id(8)), to_string(some_id(9))}},
    {"queue", "mail"},
    {"tags", {"a", "b\"c"}},
    {"deadline", "2026-01-15T12:30:00.000Z"},
    {"idempotencyKey", "key-1"},
    {"durability", "os"},
    {"retryPolicy",
     {{"kind", "exponential"},
      {"baseSeconds", 1},
      {"capSeconds", 600},
      {"jitter", true},
      {"memoryGrowthPercent", 150},
      {"memoryGrowthMax", uint64_t{1} << 34}}},
    {"resources", {{"slots", 2}, {"cpu", 0.5}, {"memory", 512 << 20}, {"gpu", 1}, {"labels", {{"zone", "eu\"x"}}}}},
    {"schedule", {{"name", "nightly"}, {"version", 3}, {"fireTime", "2026-01-15T09:30:00.000Z"}, {"byHand", true}}},
    {"usage", {{"cpuSeconds", 1.25}, {"peakMemoryBytes", 1'000'000}, {"runSeconds", 2.5}}},
    {"attempt", 3},
    {"lossCount", 1},
    {"nextAttemptAt", "2026-01-15T10:30:03.000Z"},
    {"workerID", "local-1"},
    {"fence", "21474836486"},
    {"progress", {{"percent", 40}, {"message", "half"}}},
    {"error", {{"message", "took too long"}, {"code", "TIMEOUT"}, {"timestamp", "2026-01-15T10:30:04.000Z"}}},
    {"result", {1, 2}}};
}

} // namespace

TEST_CASE("a job shows all it has", "[jobs]") {
  direct d;
  const auto r = d.call(http_method::get, job_path);
  REQUIRE(r.status == 200);
  CHECK(json::parse(r.body) == whole_job());
  CHECK(r.body.find(R"("payload":{ "to": "x@example.com" })") != std::string::npos);
}

TEST_CASE("a job that has the result of another one says so", "[jobs]") {
  direct d;
  d.back.job.cached_from = job_id{1};
  const auto j = json::parse(d.call(http_method::get, job_path).body);
  CHECK(j["cachedFrom"] == to_string(job_id{1}));
  CHECK(j["result"] == json{1, 2});
}

TEST_CASE("a young job leaves out what it has not", "[jobs]") {
  direct d;
  d.back.job = {};
  d.back.job.spec.type = "noop";
  d.back.job.created_at = noon();
  const auto j = json::parse(d.call(http_method::get, job_path).body);
  for (const auto* absent : {"startedAt", "completedAt", "workerID", "error", "result", "deadline", "idempotencyKey",
                             "nextAttemptAt", "fence", "progress", "history", "usage", "schedule"})
    CHECK_FALSE(j.contains(absent));
  CHECK(j["resources"] == json{{"slots", 1}});
  CHECK(j["retryPolicy"].size() == 4);
  CHECK(j["payload"] == json::object());
  CHECK(j["dependencies"] == json::array());
  CHECK(j["scheduleAt"] == j["createdAt"]);
}

TEST_CASE("history and logs", "[jobs]") {
  direct d;
  const auto h = json::parse(d.call(http_method::get, job_path + "/history").body);
  CHECK_FALSE(h.contains("payload"));
  CHECK(h["history"] ==
        json::parse(R"([{"status":"queued","at":"2026-01-15T10:30:00.000Z","attempt":0,"reason":"submitted"},
    {"status":"running","at":"2026-01-15T10:30:01.000Z","attempt":1,"workerID":"local-1"}])"));
  const auto l = json::parse(d.call(http_method::get, job_path + "/logs").body);
  CHECK(l["lines"] == json{"line 1", "line 2"});
  CHECK(l["attempt"] == 3); // of a record that does not say whose lines they are
  CHECK(l["first"] == 0);
  CHECK(l["next"] == 2);
  CHECK(l["id"] == to_string(some_id()));
}

TEST_CASE("whoever follows a log gets what is new", "[jobs]") {
  direct d;
  const auto part = [&](const std::string& query) {
    const auto a = json::parse(d.call(http_method::get, job_path + "/logs" + query).body);
    return std::pair{a["first"].get<int>(), a["lines"]};
  };
  CHECK(part("?from=1") == std::pair{1, json{"line 2"}});
  CHECK(part("?from=2&attempt=3") == std::pair{2, json::array()});
  CHECK(part("?from=2&attempt=9") == std::pair{0, json{"line 1", "line 2"}}); // of another attempt
}

TEST_CASE("lines of a log are not shown where the log is redacted, or anything of a result", "[jobs][redaction]") {
  direct d;
  const auto lines = [&](const std::vector<std::string>& paths) {
    d.a.redactions->set("email_send", paths);
    return json::parse(d.call(http_method::get, job_path + "/logs").body)["lines"];
  };
  CHECK(lines({"payload.env"}) == json{"line 1", "line 2"});
  CHECK(lines({"log"}) == json{"[redacted]", "[redacted]"});
  CHECK(lines({"result.stdout"}) == json{"[redacted]", "[redacted]"});
  CHECK(lines({}) == json{"line 1", "line 2"});
}

TEST_CASE("cancel takes a reason or none, by two methods", "[jobs]") {
  direct d;
  CHECK(d.call(http_method::delete_, job_path + "/cancel").status == 200);
  CHECK(d.back.last_reason.empty());
  const auto r = d.call(http_method::post, job_path + "/cancel", R"({"reason":"no longer wanted"})");
  CHECK(r.status == 200);
  CHECK(json::parse(r.body)["id"] == to_string(some_id()));
  CHECK(d.back.last_reason == "no longer wanted");
  d.back.fail_with = error{ec::invalid_state, "it is completed"};
  CHECK(d.call(http_method::delete_, job_path + "/cancel").status == 409);
  d.back.fail_with = error{ec::unknown_job, "no such job"};
  CHECK(d.call(http_method::delete_, job_path + "/cancel").status == 404);
}

TEST_CASE("retry and modify", "[jobs]") {
  direct d;
  CHECK(d.call(http_method::post, job_path + "/retry").status == 200);
  CHECK(d.call(http_method::post, job_path + "/retry", "{}").status == 200);
  const auto r = d.call(http_method::patch, job_path,
                        R"({"priority":0,"deadline":"2026-01-16T00:00:00Z","scheduleAt":"2026-01-15T12:00:00Z"})");
  CHECK(r.status == 200);
  CHECK(d.back.last_patch.priority == uint8_t{0});
  CHECK(d.back.last_patch.schedule_at == noon() + 90min);
  CHECK(d.back.last_patch.deadline == noon() + 13h + 30min);
  CHECK(d.call(http_method::patch, job_path, R"({"priority":3})").status == 200);
  CHECK_FALSE(d.back.last_patch.deadline);
}

TEST_CASE("lists filter, page, and leave large parts out unless asked", "[jobs]") {
  direct d;
  d.back.page.jobs = {std::make_shared<job_record>(full_job())};
  d.back.page.next = some_id(3);
  auto r =
    d.call(http_method::get, "/api/jobs?status=queued,failed,queued&type=email_send&queue=a%20b&tag=x+y&priority=9"
                             "&from=2026-01-15T10:30:00%2B00:00&to=2026-01-15T12:30:00+01:00&cursor=" +
                               to_string(some_id(5)) + "&limit=1000");
  REQUIRE(r.status == 200);
  const auto& l = d.back.last_list;
  CHECK(l.states == std::vector{job_state::queued, job_state::failed});
  CHECK(l.type == "email_send");
  CHECK(l.queue == "a b");
  CHECK(l.tag == "x y");
  CHECK(l.priority == uint8_t{9});
  CHECK(l.from == noon());
  CHECK(l.to == noon() + 1h);
  CHECK(l.below == some_id(5));
  CHECK(l.limit == 1000);
  auto page = json::parse(r.body);
  CHECK(page["next"] == to_string(some_id(3)));
  CHECK(page["count"] == 1);
  CHECK_FALSE(page["jobs"][0].contains("payload"));
  CHECK_FALSE(page["jobs"][0].contains("result"));

  r = d.call(http_method::get, "/api/jobs/status/completed?include=payload,result");
  REQUIRE(r.status == 200);
  CHECK(d.back.last_list.states == std::vector{job_state::completed});
  CHECK(d.back.last_list.limit == 100);
  CHECK(json::parse(r.body)["jobs"][0] == whole_job());
  d.back.page = {};
  CHECK(json::parse(d.call(http_method::get, "/api/jobs").body) ==
        json{{"jobs", json::array()}, {"count", 0}, {"next", nullptr}});
}
