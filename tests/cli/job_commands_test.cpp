#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string job =
  R"({"id":"job_1","type":"exec","priority":5,"status":"failed","scheduleAt":"2026-01-15T11:59:00.000Z",)"
  R"("createdAt":"2026-01-15T11:59:00.000Z","startedAt":"2026-01-15T11:59:10.000Z",)"
  R"("completedAt":"2026-01-15T11:59:12.500Z","retryCount":3,"payload":{"argv":["false"]},)"
  R"("maxRetries":3,"timeout":300,"dependencies":["job_0"],"queue":"default","tags":["a","b"],)"
  R"("durability":"fsync","attempt":4,"workerID":"w1",)"
  R"("error":{"message":"exit code 1\u001b[2J","code":"EXIT_CODE","timestamp":"2026-01-15T11:59:12.500Z"}})";

fake_answer error_answer(int status, const char* code) {
  return {status, nlohmann::json{{"error", {{"code", code}, {"message", "because"}, {"field", "x"}}}}.dump()};
}

} // namespace

TEST_CASE("a scheduler that is starting is asked again, for as long as an answer may take") {
  auto starting = 3;
  fake_server server{[&](const fake_request&) {
    return starting-- > 0 ? error_answer(503, "starting") : fake_answer{200, job};
  }};
  const auto r = run_at(server.url(), {"get", "job_1"});
  CHECK(r.code == 0);
  CHECK(r.pauses.size() == 3);
  CHECK(server.requests().size() == 4);
  starting = 1'000;
  const auto late = run_at(server.url(), {"get", "job_1", "--request-timeout", "1s"});
  CHECK(late.code == exit_server);
  CHECK(late.err == "callboard: job_1: because (starting, field x)\n");
  CHECK(late.pauses.size() == 5);
  // Any other refusal is told at once.
  fake_server full{[](const fake_request&) { return error_answer(503, "overloaded"); }};
  CHECK(run_at(full.url(), {"get", "job_1"}).pauses.empty());
}

TEST_CASE("get prints a job for people") {
  fake_server server{[](const fake_request&) { return fake_answer{200, job}; }};
  const auto r = run_at(server.url(), {"get", "job_1"});
  CHECK(r.code == 0);
  CHECK(server.requests().at(0).method == "GET");
  CHECK(server.requests().at(0).target == "/api/jobs/job_1");
  for (const auto* line :
       {"id            job_1\n", "status        failed\n", "error         EXIT_CODE: exit code 1?[2J\n",
        "tags          a b\n", "created       2026-01-15T11:59:00.000Z  (1min ago)\n", "ran for       2.5s\n",
        "retries       3 of 3\n", "timeout       300s\n", "depends on    job_0\n"}) {
    INFO(line);
    CHECK(r.out.find(line) != std::string::npos);
  }
  CHECK(r.out.find("argv") != std::string::npos);
  // What a job does not have is not shown.
  CHECK(r.out.find("deadline") == std::string::npos);
  CHECK(r.out.find("soft timeout") == std::string::npos);
}

TEST_CASE("get prints the soft timeout of a job") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200, R"({"id":"job_1","timeout":60,"softTimeout":45.5})"};
  }};
  const auto r = run_at(server.url(), {"get", "job_1"});
  CHECK_THAT(r.out, Catch::Contains("timeout       60s\n") && Catch::Contains("soft timeout  45.5s\n"));
}

TEST_CASE("get prints what a job waits for, and what is known of it") {
  const auto printed = [](const std::string& members) {
    fake_server server{[&](const fake_request&) { return fake_answer{200, R"({"id":"job_1",)" + members + "}"}; }};
    const auto r = run_at(server.url(), {"get", "job_1"});
    CHECK(r.code == 0);
    const auto at = r.out.find("depends on");
    return at == std::string::npos ? std::string{} : r.out.substr(at, r.out.find('\n', at) - at);
  };
  CHECK(printed(R"("dependencies":[])").empty());
  CHECK(printed(R"("dependencies":["job_2","job_3"])") == "depends on    job_2 job_3");
  CHECK(printed(R"("dependencies":[{"id":"job_2","on":"failure","ended":"failed","began":true}],)"
                R"("dependencyRule":"all")") == "depends on    job_2 on failure (failed)");
  CHECK(printed(R"("dependencies":[{"id":"job_2","on":"success"},{"id":"job_3","on":"started","began":true}],)"
                R"("dependencyRule":"any")") == "depends on    job_2 on success, job_3 on started (begun); rule any");
  CHECK(printed(R"("dependencies":[{"id":"job_2\u001b[2J","on":"started"}],"dependencyRule":"all")") ==
        "depends on    job_2?[2J on started");
}

TEST_CASE("get prints the unique key, and how long it is held") {
  const auto printed = [](const std::string& unique) {
    fake_server server{[&](const fake_request&) { return fake_answer{200, R"({"id":"job_1")" + unique + "}"}; }};
    const auto r = run_at(server.url(), {"get", "job_1"});
    const auto at = r.out.find("unique ");
    return at == std::string::npos ? std::string{} : r.out.substr(at, r.out.find('\n', at) - at);
  };
  CHECK(printed("").empty());
  CHECK(printed(R"(,"unique":{"key":"{\"type\":\"exec\"}","while":"queued","onConflict":"reject"})") ==
        R"(unique        {"type":"exec"} while queued, on conflict reject)");
  CHECK(printed(R"(,"unique":{"key":"k","while":"running"})") == "unique        k while running");
  CHECK(printed(R"(,"unique":{"key":"k","while":"queued","onConflict":{"debounce":0.5}})") ==
        "unique        k while queued, on conflict debounce 0.5s");
  CHECK(printed(R"(,"unique":{"key":"k","while":"queued","onConflict":{"debounce":5,"max":60}})") ==
        "unique        k while queued, on conflict debounce 5s, at most 60s");
  CHECK(printed(R"(,"unique":{"key":"k\u001b[2J","while":{"for":1.5},"onConflict":"replace"})") ==
        "unique        k?[2J for 1.5s, on conflict replace");
}

TEST_CASE("get prints the rules for failures, for a missed deadline, and the concurrency key") {
  const auto printed = [](const std::string& members) {
    fake_server server{[&](const fake_request&) { return fake_answer{200, R"({"id":"job_1")" + members + "}"}; }};
    return run_at(server.url(), {"get", "job_1"}).out;
  };
  const auto all = printed(R"(,"deadline":"2026-01-15T13:00:00.000Z","onMiss":"promote",)"
                           R"("finishBy":"2026-01-15T14:00:00.000Z","concurrencyKey":"k\u001b[2J",)"
                           R"("retryPolicy":{"kind":"fixed","onError":{"Z":"retry","DB_*":{"snooze":1.5},"*":"fail"},)"
                           R"("totalSeconds":7200})");
  for (const auto* line :
       {"on miss       promote\n", "finish by     2026-01-15T14:00:00.000Z  (in 2h)\n", "concurrency   k?[2J\n",
        "on error      Z retry, DB_* snooze 1.5s, * fail\n", "retry within  7200s\n"}) {
    INFO(line);
    CHECK(all.find(line) != std::string::npos);
  }
  const auto none = printed(R"(,"retryPolicy":{"kind":"fixed"})");
  for (const auto* label : {"on miss", "finish by", "concurrency", "on error", "retry within"})
    CHECK(none.find(label) == std::string::npos);
}

TEST_CASE("get --json prints what the scheduler said") {
  fake_server server{[](const fake_request&) { return fake_answer{200, job}; }};
  CHECK(run_at(server.url(), {"get", "job_1", "--json"}).out == job + "\n");
}

TEST_CASE("an id cannot reach another resource") {
  fake_server server{[](const fake_request&) { return error_answer(404, "unknown_job"); }};
  CHECK(run_at(server.url(), {"get", "../workers?x=/"}).code == 1);
  CHECK(server.requests().at(0).target == "/api/jobs/..%2Fworkers%3Fx%3D%2F");
}

TEST_CASE("get shows history and logs") {
  fake_server server{[](const fake_request& r) {
    return r.target.ends_with("/history")
             ? fake_answer{200, R"({"history":[{"status":"queued","at":"2026-01-15T11:00:00.000Z","attempt":0},)"
                                R"({"status":"running","at":"2026-01-15T11:00:01.000Z","attempt":1,"workerID":"w1"}]})"}
             : fake_answer{200, R"({"lines":["one","two\u0007"]})"};
  }};
  auto r = run_at(server.url(), {"get", "job_1", "--history"});
  CHECK(first_line(r.out) == "AT                        STATUS   ATTEMPT  WORKER  REASON");
  CHECK(r.out.find("2026-01-15T11:00:01.000Z  running  1        w1") != std::string::npos);
  r = run_at(server.url(), {"get", "job_1", "--logs"});
  CHECK(r.out == "one\ntwo?\n");
  CHECK(run_at(server.url(), {"get", "job_1", "--logs", "--history"}).code == 1);
}

TEST_CASE("cancel and retry go on after a refusal, which they tell") {
  fake_server server{[](const fake_request& r) {
    return r.target.find("job_bad") != std::string::npos ? error_answer(409, "invalid_state")
                                                         : fake_answer{200, R"({"status":"cancelled"})"};
  }};
  auto r = run_at(server.url(), {"cancel", "job_bad", "job_2", "--reason", "no \"need\""});
  CHECK(r.code == 1);
  CHECK(r.out == "job_2  cancelled\n");
  CHECK(r.err == "callboard: job_bad: because (invalid_state, field x)\n");
  r = run_at(server.url(), {"retry", "job_3"});
  CHECK(r.code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].method == "POST");
  CHECK(requests[1].target == "/api/jobs/job_2/cancel");
  CHECK(nlohmann::json::parse(requests[1].body) == nlohmann::json{{"reason", "no \"need\""}});
  CHECK(requests[2].target == "/api/jobs/job_3/retry");
  CHECK(requests[2].body.empty());
}

TEST_CASE("scale") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200, R"({"before":2,"workers":4,"actual":3,"automatic":false,"reason":"set by hand"})"};
  }};
  CHECK(run_at(server.url(), {"scale", "4"}).out == "workers: 2 -> 4 wanted, 3 there\nset by hand\n");
  CHECK(server.requests().at(0).body == R"({"workers":4})");
  CHECK(run_at(server.url(), {"scale"}).out == "workers: 4 wanted, 3 there\nset by hand\n");
  CHECK(server.requests().at(1).method == "GET");
  CHECK(run_at(server.url(), {"scale", "--min", "1", "--max", "6"}).code == 0);
  CHECK(server.requests().at(2).body == R"({"max":6,"min":1})");
  CHECK(run_at(server.url(), {"scale", "4", "--min", "1"}).code == 1);
  CHECK(run_at(server.url(), {"scale", "many"}).code == 1);
  CHECK(run_at(server.url(), {"scale", "-1"}).code == 1);
}

TEST_CASE("drain") {
  fake_server server{[](const fake_request&) { return fake_answer{202, R"({"id":"w 1","currentJobs":3})"}; }};
  CHECK(run_at(server.url(), {"drain", "w 1", "--deadline", "2.5"}).out ==
        "w 1 finishes the 3 jobs it has, and leaves\n");
  CHECK(server.requests().at(0).body == R"({"deadline":2.5})");
  CHECK(server.requests().at(0).target == "/api/workers/w%201/drain");
}

TEST_CASE("the tree of actors, each below its parent, and one restarted") {
  fake_server server{[](const fake_request&) {
    return fake_answer{
      200,
      R"({"actors":[{"name":"root","parent":"","mailbox":0,"handled":3,"perSecond":0,"restarts":0},)"
      R"({"name":"gateway","parent":"root","mailbox":7,"handled":9,"perSecond":1,"longestTurnMs":12.25,"restarts":2,)"
      R"("lastReason":"kill"}],"count":2})"};
  }};
  const auto out = run_at(server.url(), {"actors"}).out;
  CHECK(out.find("\nroot ") != std::string::npos);
  CHECK(out.find("\n  gateway ") != std::string::npos);
  CHECK(out.find("kill") != std::string::npos);
  CHECK(out.find(" 12.3 ") != std::string::npos);
  CHECK(run_at(server.url(), {"actors", "--restart", "worker/local-1"}).code == 0);
  CHECK(server.requests().at(1).method == "POST");
  CHECK(server.requests().at(1).target == "/api/actors/worker%2Flocal-1/restart");
}

TEST_CASE("the inside of one actor") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200, R"({"name":"executor","node":"blue 1","state":{"running":"3","waiting":"4"}})"};
  }};
  const auto r = run_at(server.url(), {"actors", "--dump", "executor", "--node", "blue 1"});
  CHECK(r.code == 0);
  CHECK(r.out.find("waiting") != std::string::npos);
  CHECK(server.requests().at(0).target == "/api/actors/executor?node=blue%201");
  CHECK(run_at(server.url(), {"actors", "--node", "blue"}).code == 1);
}

TEST_CASE("workers") {
  fake_server server{[](const fake_request&) {
    return fake_answer{
      200, R"({"workers":[{"id":"w1","status":"working","suspect":false,"capacity":4,"currentJobs":3,)"
           R"("lastHeartbeat":"2026-01-15T11:59:59.000Z","host":"h","pid":7,"completed":5,"failed":1,"lost":0},)"
           R"({"id":"worker-2","status":"idle","suspect":true,"capacity":4,"currentJobs":0}],"count":2})"};
  }};
  const auto r = run_at(server.url(), {"workers"});
  CHECK(r.out == "ID        STATUS   JOBS  COMPLETED  FAILED  LOST  HEARTBEAT  HOST  PID\n"
                 "w1        working  3/4   5          1       0     1s ago     h     7\n"
                 "worker-2  suspect  0/4                                             \n");
}

TEST_CASE("exit codes follow the answer's status") {
  const std::pair<int, int> samples[] = {{400, exit_usage},  {404, exit_usage},  {409, exit_usage},  {413, exit_usage},
                                         {408, exit_server}, {429, exit_server}, {500, exit_server}, {503, exit_server},
                                         {504, exit_server}, {301, exit_usage}};
  for (const auto& [status, code] : samples) {
    INFO(status);
    fake_server server{[status = status](const fake_request&) { return error_answer(status, "some_code"); }};
    for (const auto& arguments : {std::vector<std::string>{"get", "job_1"},
                                  {"list"},
                                  {"workers"},
                                  {"scale", "1"},
                                  {"submit", "exec"},
                                  {"cancel", "job_1"},
                                  {"retry", "job_1"}}) {
      INFO(arguments[0]);
      const auto r = run_at(server.url(), arguments);
      CHECK(r.code == code);
      CHECK(r.out.empty());
      CHECK(r.err.find("because (some_code, field x)") != std::string::npos);
    }
  }
}

TEST_CASE("nobody there, and an answer that breaks off, are both 3") {
  for (const auto& arguments : {std::vector<std::string>{"get", "job_1"}, {"list"}, {"workers"}, {"submit", "exec"}}) {
    const auto url = dead_url();
    const auto r = run_at(url, arguments);
    CHECK(r.code == exit_unreachable);
    CHECK(r.err.find("no answer from " + url) != std::string::npos);
  }
  fake_server server{[](const fake_request&) { return fake_answer{.hang_up = true}; }};
  CHECK(run_at(server.url(), {"get", "a", "b"}).code == exit_unreachable);
  // With nobody there the second id is not asked for.
  for (const auto& r : server.requests())
    CHECK(r.target == "/api/jobs/a");
}

TEST_CASE("something else than a scheduler") {
  for (const auto* body : {"<html>", "", "[]", "\"x\""}) {
    fake_server server{[body](const fake_request&) { return fake_answer{200, body}; }};
    for (const auto& arguments :
         {std::vector<std::string>{"get", "x"}, {"list"}, {"workers"}, {"submit", "exec"}, {"watch", "x"}}) {
      INFO(arguments[0] << " " << body);
      const auto r = run_at(server.url(), arguments);
      CHECK(r.code == exit_server);
      CHECK(r.err.find("no JSON object") != std::string::npos);
    }
  }
  fake_server server{[](const fake_request&) { return fake_answer{500, "<html>"}; }};
  CHECK(run_at(server.url(), {"list"}).err == "callboard: HTTP status 500\n");
}

TEST_CASE("a flag says better than the environment where the scheduler is") {
  fake_server server{[](const fake_request&) { return fake_answer{200, R"({"workers":[]})"}; }};
  CHECK(run_at(dead_url(), {"workers", "--server", server.url()}).code == 0);
  CHECK(run_at(dead_url(), {"workers", "--server", server.url().substr(7) + "/"}).code == 0);
  CHECK(run_at("file:///etc/passwd", {"workers"}).code == exit_unreachable);
}
