// Defining templates: every field, every error.
#include "tests/http/template_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

const json report = json::parse(R"({"description":"a report","parameters":{"type":"object","required":["to"],
  "properties":{"to":{"type":"string"},"day":{"type":"string","default":"today"}}},
  "job":{"jobType":"email_send","priority":7,"payload":{"to":"${param.to}","subject":"of ${param.day}"}}})");

json without(json v, const char* name) {
  v.erase(name);
  return v;
}
json with(json v, const char* pointer, const json& value) {
  v[json::json_pointer{pointer}] = value;
  return v;
}

} // namespace

TEST_CASE_METHOD(template_bench, "templates: defined, changed, shown and deleted", "[templates]") {
  const auto made = put("report", report);
  CHECK(made["name"] == "report");
  CHECK(made["version"] == 1);
  CHECK(made["changedAt"] == "2026-01-15T10:30:00.000Z");
  CHECK(made["job"] == report["job"]);
  CHECK(made["parameters"] == report["parameters"]);
  CHECK(put("report", report, 200)["version"] == 1);
  const auto changed = with(report, "/job/priority", 3);
  CHECK(put("report", changed, 200)["version"] == 2);
  CHECK(json_of(200, http_method::get, "/api/templates/report")["job"]["priority"] == 3);
  CHECK(json_of(200, http_method::get, "/api/templates/report?version=1")["job"]["priority"] == 7);
  const auto all = json_of(200, http_method::get, "/api/templates/report/versions")["versions"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["version"] == 2);
  CHECK(all[1]["job"] == report["job"]);
  const auto diff = json_of(200, http_method::get, "/api/templates/report/diff?from=1&to=2");
  CHECK(diff["patch"] == json::parse(R"([{"op":"replace","path":"/job/priority","value":3}])"));
  CHECK(json_of(200, http_method::get, "/api/templates/report/diff")["from"] == 1);
  CHECK(json_of(200, http_method::get, "/api/templates/report/diff?from=2&to=1")["patch"][0]["value"] == 7);
  const auto former = json_of(200, http_method::post, "/api/templates/report/rollback", {{"version", 1}});
  CHECK(former["version"] == 3);
  CHECK(former["job"] == report["job"]);
  CHECK(former["description"] == "a report");
  CHECK(json_of(200, http_method::delete_, "/api/templates/report")["version"] == 3);
  CHECK(refusal(call(http_method::get, "/api/templates/report")) == "unknown_template name");
}

TEST_CASE_METHOD(template_bench, "templates: the list has pages", "[templates]") {
  for (const auto* name : {"c", "a", "b"})
    put(name, {{"job", {{"jobType", "noop"}}}});
  put("w", {{"workflow", diamond()}, {"description", "four"}});
  const auto first = json_of(200, http_method::get, "/api/templates?limit=3");
  CHECK(first["count"] == 3);
  CHECK(first["templates"][0]["name"] == "a");
  CHECK(first["templates"][0]["makes"] == "job");
  CHECK(first["next"] == "c");
  const auto last = json_of(200, http_method::get, "/api/templates?cursor=c");
  CHECK(last["templates"] == json::parse(R"([{"name":"w","version":1,"changedAt":"2026-01-15T10:30:00.000Z",
    "makes":"workflow","description":"four"}])"));
  CHECK(last["next"].is_null());
  CHECK(refusal(call(http_method::get, "/api/templates?cursor=a%20b")) == "invalid_value cursor");
  CHECK(refusal(call(http_method::get, "/api/templates?limit=0")) == "out_of_range limit");
}

TEST_CASE_METHOD(template_bench, "templates: the version that is expected goes to the scheduler", "[templates]") {
  put("t", with(report, "/version", 0));
  CHECK(back.last_version == 0u);
  put("t", with(report, "/version", 4), 200);
  CHECK(back.last_version == 4u);
  put("t", with(report, "/name", "t"), 200);
  CHECK(back.last_version == std::nullopt);
  back.refuse = error{ec::version_conflict, "it has another", "version"};
  CHECK(call(http_method::put, "/api/templates/t", report.dump()).status == 409);
}

TEST_CASE_METHOD(template_bench, "templates: what is wrong with a definition is named", "[templates]") {
  struct row {
    json body;
    std::string refusal;
  };
  const auto job = [](const json& j) { return json{{"job", j}}; };
  const json noop = {{"jobType", "noop"}};
  const row rows[] = {
    {json::array(), "invalid_value "},
    {json::object(), "missing_field job"},
    {{{"job", noop}, {"workflow", diamond()}}, "invalid_value workflow"},
    {{{"job", noop}, {"jobs", 1}}, "unknown_field jobs"},
    {{{"job", noop}, {"name", "other"}}, "invalid_value name"},
    {{{"job", noop}, {"version", "1"}}, "invalid_value version"},
    {{{"job", noop}, {"version", -1}}, "out_of_range version"},
    {{{"job", noop}, {"version", 4294967296}}, "out_of_range version"},
    {{{"job", noop}, {"description", 1}}, "invalid_value description"},
    {{{"job", noop}, {"description", std::string(1025, 'x')}}, "out_of_range description"},
    {{{"job", noop}, {"parameters", {1}}}, "invalid_value parameters"},
    {{{"job", noop}, {"parameters", {{"type", "array"}}}}, "invalid_value parameters.type"},
    {{{"job", noop}, {"parameters", {{"broken", 1}}}}, "invalid_value parameters"},
    {{{"job", noop}, {"parameters", {{"properties", {{"n", {{"type", "integer"}, {"default", "x"}}}}}}}},
     "invalid_value parameters.n"},
    {job("x"), "invalid_value job"},
    {job(json::object()), "missing_field job.jobType"},
    {job({{"jobType", "what"}}), "unknown_job_type job.jobType"},
    {job({{"jobType", "noop"}, {"priority", 10}}), "out_of_range job.priority"},
    {job({{"jobType", "noop"}, {"prio", 1}}), "unknown_field job.prio"},
    {job({{"jobType", "email_send"}}), "invalid_payload job.payload.to"},
    {job({{"jobType", "noop"}, {"tags", {"${param.}"}}}), "invalid_value job.tags[0]"},
    // with values that are not known yet
    {job({{"payload", "${param.x}"}}), "missing_field job.jobType"},
    {job({{"jobType", "noop"}, {"prio", "${param.x}"}}), "unknown_field job.prio"},
    {job({{"jobType", "noop"}, {"priority", 10}, {"queue", "${param.x}"}}), "out_of_range job.priority"},
    {job({{"jobType", "what"}, {"queue", "${param.x}"}}), "unknown_job_type job.jobType"},
    {job({{"jobType", "email_send"}, {"payload", {{"to", 1}}}, {"queue", "${param.x}"}}),
     "invalid_payload job.payload.to"},
    {{{"job", {{"jobType", "noop"}, {"queue", "${param.x}"}}}, {"parameters", {{"properties", json::object()}}}},
     "unknown_field parameters.x"},
    // with examples
    {{{"job", {{"jobType", "noop"}, {"priority", "${param.x}"}}},
      {"parameters", {{"properties", {{"x", {{"examples", {10}}}}}}}}},
     "out_of_range job.priority"},
    // workflows
    {{{"workflow", 1}}, "invalid_value workflow"},
    {{{"workflow", without(diamond(), "name")}}, "missing_field workflow.name"},
    {{{"workflow", with(diamond(), "/jobs/load/priority", 11)}}, "out_of_range workflow.jobs.load.priority"},
    {{{"workflow", with(diamond(), "/name", "${param.n}")}, {"parameters", {{"properties", json::object()}}}},
     "unknown_field parameters.n"},
    {{{"workflow", with(with(diamond(), "/name", "${param.n}"), "/jobs/load/priority", 11)}},
     "out_of_range workflow.jobs.load.priority"},
    {{{"workflow", with(with(diamond(), "/name", "${param.n}"), "/jobs/load/prio", "${param.n}")}},
     "unknown_field workflow.jobs.load.prio"},
    {{{"workflow", with(with(diamond(), "/name", "${param.n}"), "/jobs/left/dependencies", {"nobody"})}},
     "unknown_dependency workflow.jobs.left.dependencies[0]"},
    {{{"workflow", with(with(diamond(), "/name", "${param.n}"), "/more", "${param.n}")}},
     "unknown_field workflow.more"},
    {{{"workflow", {{"name", "${param.n}"}, {"jobs", {1}}}}}, "invalid_value workflow.jobs"},
    {{{"workflow", {{"name", "${param.n}"}, {"jobs", {{"a", json::object()}}}}}},
     "missing_field workflow.jobs.a.jobType"},
  };
  for (const auto& r : rows) {
    INFO(r.body.dump());
    const auto got = call(http_method::put, "/api/templates/t", r.body.dump());
    INFO((got.failure ? got.failure->message : got.body));
    CHECK(refusal(got) == r.refusal);
  }
  CHECK(refusal(call(http_method::put, "/api/templates/a%20b", report.dump())) == "invalid_value name");
  CHECK(refusal(call(http_method::put, "/api/templates/t", R"({"job":{"jobType":"noop","tags":[{"a":1,"a":2}]}})")) ==
        "invalid_value job.tags[0].a");
  CHECK(refusal(call(http_method::put, "/api/templates/t", "{")) == "malformed_json ");
  CHECK(refusal(call(http_method::put, "/api/templates/t", "")) == "malformed_json ");
  a.templates.bytes_max = 100;
  CHECK(refusal(call(http_method::put, "/api/templates/t", report.dump())) == "body_too_large job");
}

TEST_CASE_METHOD(template_bench, "templates: a time that has passed does not keep a definition out", "[templates]") {
  put("t", {{"job", {{"jobType", "noop"}, {"scheduleAt", "${param.at}"}}},
            {"parameters", {{"properties", {{"at", {{"examples", {"2020-01-01T00:00:00Z"}}}}}}}}});
  CHECK(refusal(call(http_method::post, "/api/templates/t/submit",
                     R"({"parameters":{"at":"2020-01-01T00:00:00Z"}})")) == "time_in_past job.scheduleAt");
}

TEST_CASE_METHOD(template_bench, "templates: versions that are not there, and names that none has", "[templates]") {
  put("t", report);
  for (const auto& [target, expected] : std::vector<std::pair<std::string, std::string>>{
         {"/api/templates/t?version=2", "not_found version"},
         {"/api/templates/t?version=0", "out_of_range version"},
         {"/api/templates/t?version=x", "invalid_value version"},
         {"/api/templates/t/diff?from=1&to=9", "not_found to"},
         {"/api/templates/t/diff?from=9", "not_found from"},
         {"/api/templates/t/diff?to=x", "invalid_value to"},
         {"/api/templates/none", "unknown_template name"},
         {"/api/templates/none/versions", "unknown_template name"},
         {"/api/templates/none/diff", "unknown_template name"},
         {"/api/templates/a%20b", "unknown_template "},
         {"/api/templates/t?dryRun=true", "unknown_field dryRun"},
       }) {
    INFO(target);
    CHECK(refusal(call(http_method::get, target)) == expected);
  }
  CHECK(json_of(200, http_method::get, "/api/templates/t/diff")["patch"].empty());
  const auto rollback = [this](const std::string& body) {
    return refusal(call(http_method::post, "/api/templates/t/rollback", body));
  };
  CHECK(rollback("{}") == "missing_field version");
  CHECK(rollback(R"({"version":0})") == "out_of_range version");
  CHECK(rollback(R"({"version":5})") == "not_found version");
  CHECK(rollback(R"({"to":1})") == "unknown_field to");
  CHECK(refusal(call(http_method::delete_, "/api/templates/none")) == "unknown_template name");
}
