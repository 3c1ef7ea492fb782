#include "http/api/batch.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr const char* noop = R"({"jobType":"noop"})";

std::string waits_for(const std::string& ids) {
  return R"({"jobType":"noop","dependencies":[)" + ids + "]}";
}

} // namespace

TEST_CASE("a batch is an array, an object or lines", "[batch]") {
  direct d;
  const std::string one = noop;
  for (const auto& r :
       {d.batch("[" + one + "," + one + "]"), d.batch(R"({"jobs":[)" + one + "," + one + "]}"),
        d.call(http_method::post, "/api/jobs/batch", one + "\n\r\n" + one + "\r\n", "application/x-ndjson"),
        d.call(http_method::post, "/api/jobs/batch", one + "\n" + one, "Application/X-NDJSON")}) {
    REQUIRE(r.status == 200);
    const auto a = nlohmann::json::parse(r.body);
    CHECK(a["accepted"] == 2);
    CHECK(a["rejected"] == 0);
    CHECK(a["items"][0]["jobID"] == to_string(some_id(1)));
    CHECK(a["items"][1]["jobID"] == to_string(some_id(2)));
  }
  for (const auto& s : d.back.submits)
    CHECK_FALSE(s.atomic);
}

TEST_CASE("a batch as a whole can be wrong", "[batch]") {
  direct d;
  struct row {
    std::string body, code, field;
  };
  const row rows[] = {
    {"", "malformed_json", ""},
    {"[", "malformed_json", ""},
    {"[]", "invalid_value", "jobs"},
    {"{}", "missing_field", "jobs"},
    {R"({"jobs":5})", "invalid_value", "jobs"},
    {R"({"jobs":{}})", "invalid_value", "jobs"},
    {R"({"jobs":[],"atomic":true})", "invalid_value", "jobs"},
    {R"({"jobs":[],"jobs":[]})", "invalid_value", "jobs"},
    {R"({"atomic":1,"jobs":[]})", "invalid_value", "atomic"},
    {R"({"atomic":[],"jobs":[]})", "invalid_value", "atomic"},
    {R"({"all":true,"jobs":[]})", "unknown_field", "all"},
    {R"({"jobType":"noop"})", "unknown_field", "jobType"},
    {"5", "invalid_value", ""},
    {"[" + std::string(70, '['), "malformed_json", ""},
    {"[{\"jobType\":\"noop\"},{\"jobType\":}]", "malformed_json", ""},
    {"[" + waits_for("\"#0\"") + "]", "dependency_cycle", "jobs"},
    {"[" + waits_for("\"#1\"") + "," + waits_for("\"#0\"") + "]", "dependency_cycle", "jobs"},
    {"[" + waits_for("\"#7\"") + "]", "unknown_dependency", "jobs[0].dependencies"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto r = d.batch(row.body);
    CHECK(r.status == 400);
    CHECK(code_of(r) == row.code);
    CHECK(field_of(r) == row.field);
  }
  CHECK(field_of(d.batch(std::string{"["} + noop + "]", "?atomic=yes")) == "atomic");
  CHECK(field_of(d.call(http_method::post, "/api/jobs/batch", "[]", "application/json", "key")) == "Idempotency-Key");
  CHECK(d.back.calls() == 0);
}

TEST_CASE("too many jobs are refused as a whole", "[batch]") {
  direct d;
  std::string jobs = "[", lines;
  for (uint32_t i = 0; i < d.a.jobs.batch_jobs_max; ++i) {
    jobs += std::string{noop} + ",";
    lines += std::string{noop} + "\n";
  }
  CHECK(code_of(d.batch(jobs + noop + "]")) == "out_of_range");
  CHECK(code_of(d.call(http_method::post, "/api/jobs/batch", lines + noop, "application/x-ndjson")) == "out_of_range");
  jobs.back() = ']';
  CHECK(d.batch(jobs).status == 200);
  CHECK(d.call(http_method::post, "/api/jobs/batch", lines, "application/x-ndjson").status == 200);
}

TEST_CASE("what is no job does not spoil its neighbours", "[batch]") {
  direct d;
  const auto r = d.batch(std::string{"[5,[1,[2]],"} + noop + ",null,\"x\"]");
  REQUIRE(r.status == 200);
  const auto a = nlohmann::json::parse(r.body);
  CHECK(a["accepted"] == 1);
  CHECK(a["items"][0]["error"]["field"] == "jobs[0]");
  CHECK(a["items"][1]["error"]["code"] == "invalid_value");
  CHECK(a["items"][2].contains("jobID"));
  CHECK(d.back.submits.at(0).jobs.size() == 1);
}

TEST_CASE("a malformed line is one job's error, at its place", "[batch]") {
  direct d;
  const auto lines = std::string{noop} + "\n{oops\n" + R"({"jobType":"noop","priority":99})" + "\n[]\n" + noop;
  const auto r = d.call(http_method::post, "/api/jobs/batch", lines, "application/x-ndjson");
  REQUIRE(r.status == 200);
  const auto a = nlohmann::json::parse(r.body);
  CHECK(a["accepted"] == 2);
  CHECK(a["items"][1]["error"]["code"] == "malformed_json");
  CHECK(a["items"][1]["error"]["field"] == "jobs[1]");
  CHECK(a["items"][2]["error"]["field"] == "jobs[2].priority");
  CHECK(a["items"][3]["error"]["field"] == "jobs[3]");
  CHECK(a["items"][4].contains("jobID"));
}

TEST_CASE("two values on one line are malformed, and brackets cannot leave the line", "[batch]") {
  direct d;
  for (const std::string& line : std::vector<std::string>{std::string{noop} + noop, std::string{noop} + "]",
                                                          "]" + std::string{noop}, std::string{noop} + "," + noop}) {
    CAPTURE(line);
    const auto r = d.call(http_method::post, "/api/jobs/batch", line, "application/x-ndjson");
    REQUIRE(r.status == 200);
    const auto a = nlohmann::json::parse(r.body);
    CHECK(a["rejected"] == 1);
    CHECK(a["items"][0]["error"]["code"] == "malformed_json");
    CHECK(a["accepted"] == 0);
  }
  CHECK(d.back.submits.empty());
}

TEST_CASE("an atomic batch with an error is refused with that error", "[batch]") {
  const std::string jobs = std::string{"["} + noop + R"(,{"jobType":"noop","priority":10}])";
  for (const bool in_query : {true, false}) {
    direct d;
    const auto r = in_query ? d.batch(jobs, "?atomic=true") : d.batch(R"({"atomic":true,"jobs":)" + jobs + "}");
    CHECK(r.status == 400);
    CHECK(code_of(r) == "out_of_range");
    CHECK(field_of(r) == "jobs[1].priority");
    CHECK(d.back.calls() == 0);
  }
  direct d;
  d.back.fail_jobs = {std::nullopt, error{ec::queue_full, "full"}};
  const auto both = std::string{"["} + noop + "," + noop + "]";
  CHECK(d.batch(both, "?atomic=true").status == 429);
  CHECK(d.back.submits.at(0).atomic);
  const auto r = d.batch(both, "?atomic=false");
  CHECK(r.status == 200);
  CHECK(nlohmann::json::parse(r.body)["items"][1]["error"]["field"] == "jobs[1]");
}

TEST_CASE("jobs of a batch depend on each other by position", "[batch]") {
  direct d;
  const auto id = to_string(some_id(99));
  const auto r =
    d.batch(std::string{"["} + waits_for("\"#2\",\"" + id + "\"") + "," + noop + "," + waits_for("\"#1\"") + "]");
  REQUIRE(r.status == 200);
  const auto& s = d.back.submits.at(0);
  CHECK(s.atomic); // a half of them would wait for nobody
  REQUIRE(s.inner.size() == 2);
  CHECK(s.inner[0].job == 0);
  CHECK(s.inner[0].depends_on == 2);
  CHECK(s.inner[1].job == 2);
  CHECK(s.inner[1].depends_on == 1);
  CHECK(s.inner[0].on == dependency_condition::success);
  CHECK(s.jobs[0].dependencies == std::vector<dependency>{some_id(99)});
  for (const auto* bad : {"\"#\"", "\"#x\"", "\"#-1\"", "\"#0x\"", "\"#0\",\"#0\"", "\"#99999999999999999999\""}) {
    CAPTURE(bad);
    const auto wrong = d.batch(std::string{"["} + noop + "," + waits_for(bad) + "]");
    REQUIRE(wrong.status == 200);
    CHECK(nlohmann::json::parse(wrong.body)["items"][1]["error"]["code"] == "invalid_value");
  }
}

TEST_CASE("a circle is named", "[batch]") {
  CHECK_FALSE(find_cycle(3, {{0, 1}, {1, 2}, {0, 2}}));
  CHECK(find_cycle(1, {{0, 0}}) == "#0 -> #0");
  // #0 waits for the circle without being in it.
  const auto circle = find_cycle(4, {{0, 1}, {1, 2}, {2, 3}, {3, 1}});
  REQUIRE(circle);
  CHECK((*circle == "#1 -> #2 -> #3 -> #1" || *circle == "#2 -> #3 -> #1 -> #2" || *circle == "#3 -> #1 -> #2 -> #3"));
  std::vector<batch_dependency> ring;
  for (size_t i = 0; i < 1000; ++i)
    ring.push_back({i, (i + 1) % 1000});
  REQUIRE(find_cycle(1000, ring));
  CHECK(find_cycle(1000, ring)->ends_with("-> ..."));
}
