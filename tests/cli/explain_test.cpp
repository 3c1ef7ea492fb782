#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

json explained(const json& reasons, const std::string& status = "queued") {
  return {{"jobID", "job_1"}, {"status", status}, {"reasons", reasons}};
}

/// What is printed of it.
std::string shown(const json& answer) {
  fake_server server{[&](const fake_request&) { return fake_answer{200, answer.dump()}; }};
  const auto r = run_at(server.url(), {"explain", "job_1"});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  return r.out;
}

fake_answer some_known(const fake_request& r) {
  if (r.target.find("gone") != std::string::npos)
    return {404, R"({"error":{"code":"unknown_job","message":"there is no job"}})"};
  if (r.target.find("later") != std::string::npos)
    return {503, R"({"error":{"code":"starting","message":"jobs are being read"}})"};
  return {200, explained({{{"code", "turn"}, {"text", "It is about to be placed."}}}).dump()};
}

} // namespace

TEST_CASE("explain prints a sentence per reason") {
  auto all = explained(
    {{{"code", "queue_concurrency"},
      {"text", "Its queue 'mail' is at its limit: 2 of 2 are under way."},
      {"jobs", {"job_2", "job_3"}}},
     {{"code", "backoff"}, {"text", "It waits before the next attempt."}, {"until", "2026-01-15T12:05:00.000Z"}},
     {{"code", "worker_busy"}, {"text", "Worker w1: no slots left."}, {"worker", "w1"}}},
    "retrying");
  all["ahead"] = 12;
  all["projectedStart"] = "2026-01-15T12:00:30.000Z";
  CHECK(shown(all) == "job_1 is retrying\n"
                      "Its queue 'mail' is at its limit: 2 of 2 are under way.\n"
                      "  job_2 job_3\n"
                      "It waits before the next attempt.  until 2026-01-15T12:05:00.000Z  (in 5min)\n"
                      "Worker w1: no slots left.\n"
                      "ready jobs ahead: 12\n"
                      "projected start: 2026-01-15T12:00:30.000Z  (in 30s)\n");
  fake_server server{some_known};
  CHECK(run_at(server.url(), {"explain", "job_1"}).code == 0);
  CHECK(server.requests().at(0).method == "GET");
  CHECK(server.requests().at(0).target == "/api/jobs/job_1/explain");
}

TEST_CASE("explain leaves out what it was not told, and tells that nothing is ahead") {
  CHECK(shown(explained(json::array())) == "job_1 is queued\n");
  auto first = explained(json::array());
  first["ahead"] = 0;
  CHECK(shown(first) == "job_1 is queued\nready jobs ahead: 0\n");
}

TEST_CASE("explain names a job once") {
  CHECK(shown(explained(
          {{{"code", "dependency"}, {"text", "It waits for job_7, which is running."}, {"jobs", {"job_7"}}}})) ==
        "job_1 is queued\nIt waits for job_7, which is running.\n");
  CHECK(shown(explained(
          {{{"code", "dependency"}, {"text", "It waits for 2 jobs to complete."}, {"jobs", {"job_7", "job_8"}}}})) ==
        "job_1 is queued\n"
        "It waits for 2 jobs to complete.\n"
        "  job_7 job_8\n");
}

TEST_CASE("explain says when a job has ended") {
  CHECK(shown(explained({{{"code", "ended"},
                          {"text", "The job is failed. EXIT_CODE: exit code 1"},
                          {"until", "2026-01-15T11:58:00.000Z"},
                          {"worker", "w1"}}},
                        "failed")) ==
        "job_1 is failed\n"
        "The job is failed. EXIT_CODE: exit code 1  at 2026-01-15T11:58:00.000Z  (2min ago)\n");
}

TEST_CASE("explain colours the status on a terminal, and lets no control character through") {
  fake_server server{[](const fake_request&) {
    return fake_answer{
      200,
      explained({{{"code", "x"}, {"text", "one\n\u001b[2Jtwo"}, {"until", "so\u0007on"}, {"jobs", {"job_\u001b"}}}},
                "running")
        .dump()};
  }};
  CHECK(run_at(server.url(), {"explain", "job_1"}, {.terminal = true}).out ==
        "job_1 is \033[34mrunning\033[0m\none ?[2Jtwo  until so?on  (so?on)\n  job_?\n");
}

TEST_CASE("explain --json prints what the scheduler said") {
  fake_server server{some_known};
  CHECK(run_at(server.url(), {"explain", "job_1", "--json"}).out == some_known({}).body + "\n");
  const auto r = run_at(server.url(), {"explain", "job_1", "job_2", "--json"});
  CHECK(r.out == some_known({}).body + "\n" + some_known({}).body + "\n");
}

TEST_CASE("explain takes several jobs and goes on after a refusal, which it tells") {
  fake_server server{some_known};
  auto r = run_at(server.url(), {"explain", "job_gone", "job_1", "job_later", "job_1"});
  CHECK(r.code == 1);
  CHECK(r.out == "job_1 is queued\nIt is about to be placed.\n\njob_1 is queued\nIt is about to be placed.\n");
  CHECK(r.err == "callboard: job_gone: there is no job (unknown_job)\n"
                 "callboard: job_later: jobs are being read (starting)\n");
  CHECK(run_at(server.url(), {"explain", "job_later"}).code == 4);
  r = run_at(server.url(), {"explain", "../gone?x=/"});
  CHECK(r.code == 1);
  CHECK(server.requests().back().target == "/api/jobs/..%2Fgone%3Fx%3D%2F/explain");
  CHECK(run_at(server.url(), {"explain"}).code == 1);
  CHECK(run_at(dead_url(), {"explain", "job_1"}).code == 3);
}

TEST_CASE("explain tells an answer that is no explanation") {
  for (const auto* body : {"{}", R"({"jobID":"job_1","status":"queued","reasons":"none"})", "[]", "<html>"}) {
    CAPTURE(body);
    fake_server server{[&](const fake_request&) { return fake_answer{200, body}; }};
    const auto r = run_at(server.url(), {"explain", "job_1"});
    CHECK(r.code == 4);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, Catch::Contains("the answer "));
  }
  // Members of other kinds are left out, or shown as they are.
  CHECK(shown(explained({1, {{"text", 5}, {"jobs", "none"}, {"until", nullptr}}})) == "job_1 is queued\n\n5\n");
}
