#include "http/api/response.hpp"
#include "tests/http/client.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string job_path = "/api/jobs/" + to_string(some_id(4));

json explained(direct& d) {
  const auto r = d.call(http_method::get, job_path + "/explain");
  REQUIRE(r.status == 200);
  return json::parse(r.body);
}

} // namespace

TEST_CASE("an explanation shows all it has", "[explain]") {
  direct d;
  CHECK(explained(d) == json{{"jobID", to_string(some_id(4))},
                             {"status", "scheduled"},
                             {"ahead", 3},
                             {"projectedStart", "2026-01-15T11:30:00.000Z"},
                             {"reasons",
                              {{{"code", "scheduled"},
                                {"text", "Its \"scheduleAt\" has not come."},
                                {"jobs", {to_string(some_id(8)), to_string(some_id(9))}},
                                {"until", "2026-01-15T11:00:00.000Z"},
                                {"worker", "local/1"}},
                               {{"code", "no_worker"}, {"text", "No worker is here."}}}}});
  CHECK(d.back.calls() == 1);
}

TEST_CASE("an explanation leaves out what there is not, and has a list of reasons always", "[explain]") {
  direct d;
  d.back.why = {};
  CHECK(explained(d) == json{{"jobID", to_string(some_id(4))}, {"status", "queued"}, {"reasons", json::array()}});
  d.back.why.ahead = 0;
  CHECK(explained(d)["ahead"] == 0);
}

TEST_CASE("an explanation keeps the order of its reasons, and any text in them is JSON", "[explain]") {
  direct d;
  d.back.why.reasons = {{"worker_busy", "Worker a\"\\\n\x01: busy.", {}, {}, "a\"\\\n\x01"},
                        {"queue_concurrency", "2 of 2", {some_id(2), some_id(1)}, {}, ""},
                        {"ended", "The job is completed.", {}, noon() - 1500ms, "w"}};
  const auto reasons = explained(d)["reasons"];
  REQUIRE(reasons.size() == 3);
  CHECK(reasons[0]["worker"] == "a\"\\\n\x01");
  CHECK(reasons[0]["text"] == "Worker a\"\\\n\x01: busy.");
  CHECK_FALSE(reasons[0].contains("jobs"));
  CHECK_FALSE(reasons[0].contains("until"));
  CHECK(reasons[1]["jobs"] == json{to_string(some_id(2)), to_string(some_id(1))});
  CHECK_FALSE(reasons[1].contains("worker"));
  CHECK(reasons[2]["until"] == "2026-01-15T10:29:58.500Z");
}

TEST_CASE("each status of a job can be explained", "[explain]") {
  direct d;
  for (const auto* name : {"queued", "scheduled", "running", "retrying", "completed", "failed", "cancelled"}) {
    CAPTURE(name);
    d.back.why.state = parse_job_state(name).value();
    CHECK(explained(d)["status"] == name);
  }
}

TEST_CASE("an id that is none is refused by explain as by get", "[explain]") {
  for (const std::string id : {"job_1", "x", "job_01h8xgq2m4k7c0", "job_01h8xgq2m4k7", "a%2Fb", "%00", "%FF", "a%2"}) {
    CAPTURE(id);
    direct d;
    const auto got = d.call(http_method::get, "/api/jobs/" + id);
    const auto r = d.call(http_method::get, "/api/jobs/" + id + "/explain");
    CHECK(r.status / 100 == 4);
    CHECK(r.status == got.status);
    CHECK(code_of(r) == code_of(got));
    CHECK(field_of(r) == field_of(got));
    REQUIRE(r.failure);
    CHECK(r.failure->message == got.failure->message);
    CHECK(json::accept(error_body(*r.failure, "id")));
    CHECK(d.back.calls() == 0);
  }
}

TEST_CASE("what the scheduler says instead of an explanation reaches the client", "[explain]") {
  const std::pair<ec, int> rows[] = {
    {ec::unknown_job, 404}, {ec::starting, 503}, {ec::storage_unavailable, 503}, {ec::internal_timeout, 504}};
  for (const auto& [code, status] : rows) {
    direct d;
    d.back.fail_with = error{code, "why"};
    const auto r = d.call(http_method::get, job_path + "/explain");
    CHECK(r.status == status);
    CHECK(code_of(r) == to_string(code));
  }
}

TEST_CASE("explain only reads, and takes no parameters", "[explain]") {
  direct d;
  for (const auto method : {http_method::post, http_method::put, http_method::delete_, http_method::patch}) {
    const auto r = d.call(method, job_path + "/explain");
    CHECK(r.status == 405);
    CHECK(r.allow == "GET, HEAD");
  }
  const auto r = d.call(http_method::get, job_path + "/explain?verbose=1");
  CHECK(code_of(r) == "unknown_field");
  CHECK(field_of(r) == "verbose");
  CHECK(d.back.calls() == 0);
  const auto index = json::parse(d.call(http_method::get, "/api").body)["endpoints"];
  CHECK(std::find(index.begin(), index.end(), "GET /api/jobs/{id}/explain") != index.end());
}

TEST_CASE("an explanation over a socket", "[explain]") {
  live l;
  client c{l.port};
  const auto r = c.ask("GET " + job_path + "/explain HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(r.status == 200);
  CHECK(json::parse(r.body)["reasons"].size() == 2);
}
