#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

#include <atomic>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// Gives the answers one after another, and the last one for ever.
auto sequence(std::vector<fake_answer> answers) {
  return [answers = std::move(answers), next = std::make_shared<std::atomic<size_t>>(0)](const fake_request&) {
    return answers[std::min(next->fetch_add(1), answers.size() - 1)];
  };
}

fake_answer state(const char* status) {
  return {200, std::string{R"({"id":"job_1","status":")"} + status + R"(","attempt":1,"workerID":"w"})"};
}

} // namespace

TEST_CASE("watch prints each change until the job is completed") {
  fake_server server{
    sequence({state("queued"), state("queued"), state("running"), state("running"), state("completed")})};
  const auto r = run_at(server.url(), {"watch", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "job_1  queued\njob_1  running on w\njob_1  completed\n");
  CHECK(r.pauses.size() == 4);
  CHECK(server.requests().size() == 5);
}

TEST_CASE("a job that did not succeed is a 2") {
  for (const auto* end : {"failed", "cancelled"}) {
    fake_server server{sequence({state("running"), state(end)})};
    CHECK(run_at(server.url(), {"watch", "job_1"}).code == exit_job_failed);
    fake_server again{[end](const fake_request& r) {
      return r.method == "POST" ? fake_answer{201, R"({"jobID":"job_1"})"} : state(end);
    }};
    CHECK(run_at(again.url(), {"submit", "exec", "--wait"}).code == exit_job_failed);
  }
}

TEST_CASE("one of several that fails is enough") {
  fake_server server{[](const fake_request& r) { return state(r.target.ends_with("bad") ? "failed" : "completed"); }};
  CHECK(run_at(server.url(), {"watch", "job_a", "job_b"}).code == exit_ok);
  const auto r = run_at(server.url(), {"watch", "job_a", "job_bad", "job_c"});
  CHECK(r.code == exit_job_failed);
  CHECK(r.out == "job_a  completed\njob_bad  failed\njob_c  completed\n");
}

TEST_CASE("waits get longer while nothing happens, up to a bound, and short again after a change") {
  std::vector<fake_answer> answers(8, state("queued"));
  answers.push_back(state("running"));
  answers.push_back(state("completed"));
  fake_server server{sequence(answers)};
  const auto r = run_at(server.url(), {"watch", "job_1"});
  CHECK(r.pauses == std::vector<duration>{50ms, 100ms, 200ms, 400ms, 500ms, 500ms, 500ms, 500ms, 50ms});
}

TEST_CASE("on a terminal one line is rewritten") {
  fake_server server{sequence({state("queued"), state("running"), state("completed")})};
  session s;
  s.terminal = true;
  s.environment["NO_COLOR"] = "1";
  CHECK(run_at(server.url(), {"watch", "job_1"}, s).out ==
        "\rjob_1  queued\033[K\rjob_1  running on w\033[K\rjob_1  completed\033[K\n");
}

TEST_CASE("the flag --json prints a line of JSON for each change") {
  fake_server server{sequence({state("queued"), state("queued"), state("completed")})};
  CHECK(run_at(server.url(), {"watch", "job_1", "--json"}).out ==
        state("queued").body + "\n" + state("completed").body + "\n");
}

TEST_CASE("a scheduler that restarts is waited for") {
  fake_server server{sequence({state("running"),
                               {.hang_up = true},
                               {503, R"({"error":{"code":"starting","message":"starting"}})"},
                               state("completed")})};
  const auto r = run_at(server.url(), {"watch", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "job_1  running on w\njob_1  completed\n");
}

TEST_CASE("a scheduler that stays away is not waited for forever") {
  const auto r = run_at(dead_url(), {"watch", "job_1", "--reconnect", "5s"});
  CHECK(r.code == exit_unreachable);
  duration waited{0};
  for (const auto p : r.pauses)
    waited += p;
  CHECK(waited >= 5s);
  CHECK(waited < 6s);
}

TEST_CASE("an unknown job ends a watch at once") {
  fake_server server{sequence({{404, R"({"error":{"code":"unknown_job","message":"there is no such job"}})"}})};
  const auto r = run_at(server.url(), {"watch", "job_1"});
  CHECK(r.code == exit_usage);
  CHECK(r.pauses.empty());
  CHECK(r.err == "callboard: there is no such job (unknown_job)\n");
}

TEST_CASE("a status that nobody knows") {
  fake_server server{sequence({state("sleeping")})};
  CHECK(run_at(server.url(), {"watch", "job_1"}).code == exit_server);
}
