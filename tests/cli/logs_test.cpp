#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <numeric>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

fake_answer log(const char* status, uint64_t attempt, uint64_t first, const std::vector<std::string>& lines) {
  return {200, json{{"id", "job_1"},
                    {"status", status},
                    {"attempt", attempt},
                    {"first", first},
                    {"next", first + lines.size()},
                    {"lines", lines}}
                 .dump()};
}

auto sequence(std::vector<fake_answer> answers) {
  return [answers = std::move(answers), next = std::make_shared<std::atomic<size_t>>(0)](const fake_request&) {
    return answers[std::min(next->fetch_add(1), answers.size() - 1)];
  };
}

} // namespace

TEST_CASE("logs shows the lines that are there, whatever the job is") {
  fake_server server{sequence({log("running", 1, 0, {"one", "two \033[2J"})})};
  const auto r = run_at(server.url(), {"logs", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out.starts_with("one\ntwo "));
  CHECK(r.out.find('\033') == std::string::npos);
  CHECK(r.err.empty());
  CHECK(r.pauses.empty());
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].target == "/api/jobs/job_1/logs");
}

TEST_CASE("logs --follow prints each line once until the job has ended") {
  fake_server server{sequence({log("queued", 0, 0, {}), log("running", 1, 0, {"a"}), log("running", 1, 1, {}),
                               log("running", 1, 1, {"b", "c"}), log("completed", 1, 3, {"d"})})};
  const auto r = run_at(server.url(), {"logs", "-f", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "a\nb\nc\nd\n");
  CHECK(r.err.empty());
  std::vector<std::string> targets;
  for (const auto& q : server.requests())
    targets.push_back(q.target.substr(q.target.find("logs")));
  CHECK(targets == std::vector<std::string>{"logs", "logs", "logs?attempt=1&from=1", "logs?attempt=1&from=1",
                                            "logs?attempt=1&from=3"});
}

TEST_CASE("logs --follow says where another attempt begins, and that lines are missing") {
  fake_server server{sequence(
    {log("running", 1, 2, {"c"}), log("retrying", 1, 9, {"j"}), log("running", 2, 0, {"a"}), log("failed", 2, 1, {})})};
  const auto r = run_at(server.url(), {"logs", "--follow", "job_1"});
  CHECK(r.code == exit_job_failed);
  CHECK(r.out == "c\nj\na\n");
  CHECK(r.err == "-- 2 lines are not kept\n-- 6 lines are not kept\n-- attempt 2\n");
}

TEST_CASE("logs --json has an object for each line") {
  fake_server server{sequence({log("completed", 2, 7, {"a", "b"})})};
  const auto r = run_at(server.url(), {"logs", "job_1", "--json"});
  CHECK(r.out == R"({"attempt":2,"number":7,"line":"a"})"
                 "\n"
                 R"({"attempt":2,"number":8,"line":"b"})"
                 "\n");
  CHECK(r.err.empty());
}

TEST_CASE("logs --follow waits for a scheduler that restarts, and not for ever") {
  fake_server server{sequence({log("running", 1, 0, {"a"}),
                               {.hang_up = true},
                               {503, R"({"error":{"code":"starting","message":"starting"}})"},
                               log("completed", 1, 1, {"b"})})};
  const auto r = run_at(server.url(), {"logs", "-f", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "a\nb\n");
  CHECK(run_at(dead_url(), {"logs", "-f", "job_1", "--reconnect", "1s"}).code == exit_unreachable);
  fake_server starting{[](const fake_request&) {
    return fake_answer{503, R"({"error":{"code":"starting","message":"starting"}})"};
  }};
  const auto late = run_at(starting.url(), {"logs", "-f", "job_1", "--reconnect", "1s"});
  CHECK(late.code == exit_server);
  // By its own patience, and not for as long as an answer may take besides.
  CHECK(std::accumulate(late.pauses.begin(), late.pauses.end(), duration{0}) < 2s);
}

TEST_CASE("logs of a job that is not there, or by a scheduler that answers something else, is an error") {
  fake_server server{sequence({{404, R"({"error":{"code":"unknown_job","message":"no job is known","field":"id"}})"}})};
  CHECK(run_at(server.url(), {"logs", "-f", "job_1"}).code == exit_usage);
  fake_server odd{sequence({{200, R"({"lines":[]})"}})};
  const auto r = run_at(odd.url(), {"logs", "job_1"});
  CHECK(r.code == exit_server);
  CHECK(r.err.find("attempt") != std::string::npos);
  CHECK(run_at(server.url(), {"logs", "job_1", "--reconnect", "1s"}).code == exit_usage); // only with --follow
}
