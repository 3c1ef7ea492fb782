// Jobs and workflows that are held.
#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

const std::string flow = "w-01kezk9q2m4k7c5v8x3n6b1p0d";

fake_answer job_in(const char* status) {
  return {200, json{{"id", "job_1"}, {"status", status}}.dump()};
}

} // namespace

TEST_CASE("hold and release change each job, and say what it is") {
  fake_server server{[](const fake_request&) { return job_in("queued"); }};
  auto r = run_at(server.url(), {"hold", "job_1", "job_2", "--reason", "audit"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "job_1  held, queued\njob_2  held, queued\n");
  CHECK(server.requests().at(0).method == "PATCH");
  CHECK(server.requests().at(1).target == "/api/jobs/job_2");
  CHECK(json::parse(server.requests().at(1).body) == json{{"held", true}, {"reason", "audit"}});
  r = run_at(server.url(), {"release", "job_1"});
  CHECK(r.out == "job_1  released, queued\n");
  CHECK(json::parse(server.requests().back().body) == json{{"held", false}});
  r = run_at(server.url(), {"release", "job_1", "--json"});
  CHECK(json::parse(r.out)["id"] == "job_1");
  CHECK(run_at(server.url(), {"hold"}).code == exit_usage);
}

TEST_CASE("a job that cannot be held is named, and the others are") {
  fake_server server{[](const fake_request& r) {
    if (r.target == "/api/jobs/job_1")
      return fake_answer{409, R"({"error":{"code":"invalid_state","message":"job_1 is completed","field":"status"}})"};
    return job_in("running");
  }};
  const auto r = run_at(server.url(), {"hold", "job_1", "job_2"});
  CHECK(r.code == exit_usage);
  CHECK(r.err.find("job_1 is completed") != std::string::npos);
  CHECK(r.out == "job_2  held, running\n");
}

TEST_CASE("get and explain show a hold") {
  fake_server server{[](const fake_request& r) {
    if (r.target.ends_with("/explain"))
      return fake_answer{200,
                         R"({"jobID":"job_1","status":"queued","reasons":[{"code":"held","text":"It is held: audit",)"
                         R"("since":"2026-01-15T11:58:00.000Z"}]})"};
    return fake_answer{
      200, R"({"id":"job_1","held":true,"heldSince":"2026-01-15T11:58:00.000Z","holdReason":"au\u001b[2Jdit"})"};
  }};
  CHECK(run_at(server.url(), {"get", "job_1"})
          .out.find("held          since 2026-01-15T11:58:00.000Z  (2min ago): au?[2Jdit\n") != std::string::npos);
  CHECK(run_at(server.url(), {"explain", "job_1"})
          .out.find("It is held: audit  since 2026-01-15T11:58:00.000Z  (2min ago)\n") != std::string::npos);
}

TEST_CASE("held is submitted, listed and filtered") {
  fake_server server{[](const fake_request& r) {
    if (r.method == "GET")
      return fake_answer{200, R"({"jobs":[],"count":0,"next":null})"};
    return fake_answer{201, R"({"jobID":"job_1"})"};
  }};
  CHECK(run_at(server.url(), {"submit", "noop", "--held"}).code == exit_ok);
  CHECK(json::parse(server.requests().back().body)["held"] == true);
  CHECK(run_at(server.url(), {"submit", "noop"}).code == exit_ok);
  CHECK_FALSE(json::parse(server.requests().back().body).contains("held"));
  CHECK(run_at(server.url(), {"list", "--held", "--workflow", flow}).code == exit_ok);
  CHECK(server.requests().back().target == "/api/jobs?workflow=" + flow + "&held=true&limit=50");
  CHECK(run_at(server.url(), {"list", "--template", "mail@3"}).code == exit_ok);
  CHECK(server.requests().back().target == "/api/jobs?template=mail%403&limit=50");
}

TEST_CASE("bulk holds and releases") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200,
                       R"({"action":"hold","dryRun":false,"matched":3,"changed":3,"refusedCount":0,"refused":[]})"};
  }};
  CHECK(run_at(server.url(), {"bulk", "hold", "--workflow", flow, "--reason", "audit", "--yes"}).code == exit_ok);
  const auto body = json::parse(server.requests().back().body);
  CHECK(body["action"] == "hold");
  CHECK(body["filter"] == json{{"workflow", flow}});
  CHECK(body["reason"] == "audit");
  CHECK(run_at(server.url(), {"bulk", "release", "--all", "--yes"}).out.find("released 3 jobs") != std::string::npos);
}

TEST_CASE("workflows are paused and resumed") {
  fake_server server{[](const fake_request& r) {
    const bool paused = r.target.ends_with("/pause");
    return fake_answer{
      200, json{{"id", flow}, {"state", paused ? "paused" : "running"}, {paused ? "held" : "released", 3}}.dump()};
  }};
  auto r = run_at(server.url(), {"workflows", "pause", flow, "--reason", "full"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == flow + "  3 jobs held, paused\n");
  CHECK(server.requests().back().method == "POST");
  CHECK(server.requests().back().target == "/api/workflows/" + flow + "/pause");
  CHECK(json::parse(server.requests().back().body) == json{{"reason", "full"}});
  r = run_at(server.url(), {"workflows", "resume", flow});
  CHECK(r.out == flow + "  3 jobs released, running\n");
  CHECK(server.requests().back().body.empty());
}

TEST_CASE("watch follows a workflow until it has ended, also while it is paused") {
  std::vector<std::string> states{"running", "paused", "running", "completed"};
  std::atomic<size_t> at{0};
  fake_server server{[&](const fake_request&) {
    const auto state = states[std::min(at++, states.size() - 1)];
    const json progress{{"total", 2},     {"completed", 1}, {"skipped", 0}, {"failed", 0},
                        {"cancelled", 0}, {"running", 0},   {"waiting", 1}};
    return fake_answer{200, json{{"id", flow}, {"state", state}, {"progress", progress}}.dump()};
  }};
  const auto r = run_at(server.url(), {"watch", flow});
  CHECK(r.code == exit_ok);
  for (const auto& s : states)
    CHECK(r.out.find(flow + "  " + s) != std::string::npos);
  CHECK(server.requests().back().target == "/api/workflows/" + flow);
  const auto mixed = run_at(server.url(), {"watch", flow, "job_1"});
  CHECK(mixed.code == exit_usage);
  CHECK(mixed.err.find("one workflow, or any number of jobs") != std::string::npos);
  states = {"failed"};
  CHECK(run_at(server.url(), {"watch", flow}).code == exit_job_failed);
}
