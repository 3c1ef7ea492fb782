// `callboard templates`: what it asks for, and what it prints.
#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

const json shown = {{"name", "report"},
                    {"version", 3},
                    {"changedAt", "2026-01-15T11:58:00.000Z"},
                    {"description", "a\033[2Jb"},
                    {"parameters", {{"properties", {{"s", {{"type", "string"}}}, {"n", {{"type", "integer"}}}}}}},
                    {"job", {{"jobType", "noop"}}}};

fake_answer scheduler(const fake_request& r) {
  if (r.target.starts_with("/api/templates/gone"))
    return {404, R"({"error":{"code":"unknown_template","message":"there is no template 'gone'"}})"};
  if (r.target == "/api/templates?cursor=report")
    return {200, R"({"templates":[{"name":"z","version":1,"makes":"workflow","changedAt":"2026-01-15T11:00:00.000Z"}],
      "count":1,"next":null})"};
  if (r.target == "/api/templates")
    return {200, R"({"templates":[{"name":"report","version":3,"makes":"job","changedAt":"2026-01-15T11:58:00.000Z",
      "description":"a report"}],"count":1,"next":"report"})"};
  if (r.target.find("/versions") != std::string::npos)
    return {200, json{{"versions", {shown}}}.dump()};
  if (r.target.find("/diff") != std::string::npos)
    return {200,
            R"({"patch":[{"op":"replace","path":"/job/priority","value":7},{"op":"remove","path":"/description"}]})"};
  if (r.target.find("dryRun") != std::string::npos)
    return {200, R"({"template":{"name":"report","version":3},"job":{"jobType":"noop"}})"};
  if (r.target.find("/flow/submit") != std::string::npos)
    return {201, R"({"id":"w-01kezk9q2m4k7c5v8x3n6b1p0d","name":"x","jobs":{}})"};
  if (r.target.find("/submit") != std::string::npos)
    return {200, R"({"jobID":"job_01h8xgq2m4k7c","status":"queued","duplicate":true})"};
  if (r.target.starts_with("/api/workflows/"))
    return {200, R"({"id":"w-01kezk9q2m4k7c5v8x3n6b1p0d","state":"completed","progress":{"total":1,"completed":1}})"};
  if (r.target.starts_with("/api/jobs/"))
    return {200, R"({"id":"job_01h8xgq2m4k7c","status":"failed"})"};
  return {200, shown.dump()};
}

struct templates_session {
  fake_server server{scheduler};
  run_result run(std::vector<std::string> arguments, session s = {}) {
    arguments.insert(arguments.begin(), "templates");
    return run_at(server.url(), arguments, std::move(s));
  }
  fake_request last() const {
    return server.requests().back();
  }
  json sent() const {
    return json::parse(last().body);
  }
};

} // namespace

TEST_CASE_METHOD(templates_session, "templates are listed, also without a subcommand") {
  const std::string expected = "NAME    VERSION  MAKES  CHANGED   DESCRIPTION\n"
                               "report  3        job    2min ago  a report\n";
  for (const auto& arguments : {std::vector<std::string>{}, {"list"}}) {
    const auto r = run(arguments);
    CHECK(r.code == 0);
    CHECK(r.out.starts_with(expected));
    CHECK(r.out.find("workflow") != std::string::npos);
  }
  const auto all = json::parse(run({"list", "--json"}).out);
  CHECK(all["count"] == 2);
  CHECK(all["templates"][1]["name"] == "z");
}

TEST_CASE_METHOD(templates_session, "a template is shown, safe for a terminal") {
  const auto r = run({"show", "report", "--version", "2"});
  CHECK(r.code == 0);
  CHECK(last().target == "/api/templates/report?version=2");
  for (const auto* part : {"report", "a?[2Jb", "jobType"})
    CHECK(r.out.find(part) != std::string::npos);
  CHECK(json::parse(run({"show", "report", "--json"}).out) == shown);
  const auto gone = run({"show", "gone"});
  CHECK(gone.code == exit_usage);
  CHECK(gone.err.find("there is no template") != std::string::npos);
  CHECK(run({"show", ""}).code == exit_usage);
}

TEST_CASE_METHOD(templates_session, "a template is defined as its file says") {
  const std::string text = R"({"job":{"jobType":"noop","payload":1.50}})";
  const auto r = run({"put", "a b", "-"}, {.input = text});
  CHECK(r.code == 0);
  CHECK(r.out == "a b  version 3\n");
  CHECK(last().method == "PUT");
  CHECK(last().target == "/api/templates/a%20b");
  CHECK(last().body == text);
  CHECK(run({"put", "x", "-", "--version", "0"}, {.input = text}).code == 0);
  CHECK(sent()["version"] == 0);
  CHECK(sent()["job"]["jobType"] == "noop");
  CHECK(run({"put", "x", "-", "--version", "1"}, {.input = "[]"}).code == exit_usage);
  CHECK(json::parse(run({"put", "x", "-", "--json"}, {.input = text}).out) == shown);
}

TEST_CASE_METHOD(templates_session, "versions, what changed, back to one, and away") {
  CHECK(run({"versions", "report"}).out.find("3        2026-01-15T11:58:00.000Z  job") != std::string::npos);
  CHECK(run({"diff", "report", "1", "2"}).out == "replace  /job/priority  7\nremove  /description\n");
  CHECK(last().target == "/api/templates/report/diff?from=1&to=2");
  CHECK(run({"diff", "report"}).code == 0);
  CHECK(last().target == "/api/templates/report/diff");
  CHECK(run({"rollback", "report", "1"}).out == "report  version 3\n");
  CHECK(sent() == json{{"version", 1}});
  const auto r = run({"delete", "report", "gone", "z"});
  CHECK(r.code == exit_usage);
  CHECK(r.out == "report  deleted\nz  deleted\n");
  CHECK(last().method == "DELETE");
  for (const auto* command : {"versions", "diff"})
    CHECK_NOTHROW(json::parse(run({command, "report", "--json"}).out));
}

TEST_CASE_METHOD(templates_session, "a submit gives parameters as the template wants them") {
  const auto r = run({"submit",        "report",  "--param", "s=12",       "--param",   "n=12", "--param",
                      "o={\"a\":[1]}", "--param", "t=a=b",   "--priority", "7",         "--at", "2026-01-16T00:00:00Z",
                      "--tag",         "x",       "--key",   "k",          "--version", "2"});
  CHECK(r.code == 0);
  CHECK(r.out == "job_01h8xgq2m4k7c\n");
  CHECK(r.err.find("existed already") != std::string::npos);
  CHECK(last().target == "/api/templates/report/submit");
  CHECK(sent() == json::parse(R"({"parameters":{"s":"12","n":12,"o":{"a":[1]},"t":"a=b"},"version":2,
    "idempotencyKey":"k","overrides":{"priority":7,"scheduleAt":"2026-01-16T00:00:00Z","tags":["x"]}})"));
  CHECK(server.requests().front().target == "/api/templates/report?version=2");
}

TEST_CASE_METHOD(templates_session, "parameters come from a file, and others on top") {
  CHECK(run({"submit", "report", "--params-file", "-"}, {.input = R"({"s":"a","n":1})"}).code == 0);
  CHECK(server.requests().size() == 1);
  CHECK(sent() == json::parse(R"({"parameters":{"s":"a","n":1}})"));
  CHECK(run({"submit", "report", "--params-file", "-", "--param", "n=2"}, {.input = R"({"s":"a","n":1})"}).code == 0);
  CHECK(sent()["parameters"] == json::parse(R"({"s":"a","n":2})"));
  CHECK(run({"submit", "report", "--params-file", "-"}, {.input = "[1]"}).code == exit_usage);
  CHECK(run({"submit", "report", "--param", "x"}).code == exit_usage);
  CHECK(run({"submit", "gone", "--param", "x=1"}).code == exit_usage);
}

TEST_CASE_METHOD(templates_session, "a dry run prints what would be submitted") {
  const auto r = run({"submit", "report", "--dry-run"});
  CHECK(r.code == 0);
  CHECK(json::parse(r.out) == json{{"jobType", "noop"}});
  CHECK(last().target == "/api/templates/report/submit?dryRun=true");
  CHECK(json::parse(run({"submit", "report", "--dry-run", "--json"}).out).contains("template"));
}

TEST_CASE_METHOD(templates_session, "a submit that waits follows a job, or a workflow") {
  CHECK(run({"submit", "report", "--wait"}).code == exit_job_failed);
  const auto r = run({"submit", "flow", "--wait"});
  CHECK(r.code == 0);
  CHECK(r.out.starts_with("w-01kezk9q2m4k7c5v8x3n6b1p0d\n"));
  CHECK(last().target == "/api/workflows/w-01kezk9q2m4k7c5v8x3n6b1p0d");
}
