#include "cli/exit_code.hpp"
#include "cli/server_events.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

#include <atomic>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

std::string event_of(int n, const std::string& kind, const std::string& members) {
  const auto id = "7-" + std::to_string(n);
  return "id: " + id + "\nevent: " + kind + "\ndata: {\"id\":\"" + id + "\",\"kind\":\"" + kind +
         "\",\"at\":\"2026-01-15T10:30:00.000Z\"," + members + "}\n\n";
}

const std::string created =
  event_of(1, "job.created", R"("jobID":"job_1","status":"queued","type":"exec","queue":"mail")");
const std::string failed_event =
  event_of(2, "job.failed", R"("jobID":"job_1","status":"failed","worker":"w1","code":"EXIT_1","reason":"it broke")");

fake_answer never(const fake_request&) {
  return {500};
}

/// Answers one after the other, and the last one for ever.
auto sequence(std::vector<fake_answer> answers) {
  return [answers = std::move(answers), next = std::make_shared<std::atomic<size_t>>(0)](const fake_request&) {
    return answers[std::min(next->fetch_add(1), answers.size() - 1)];
  };
}

fake_answer stream(const std::string& body) {
  return {200, body, false, true};
}

} // namespace

TEST_CASE("events are read from parts of any size") {
  const std::string text = "retry: 2000\nid: 7-0\n\n: comment\n\n" + created + "event: x\r\ndata: a\r\ndata: b\r\n\r\n";
  for (size_t size : {size_t{1}, size_t{7}, text.size()}) {
    server_event_parser p;
    std::vector<std::string> got;
    for (size_t at = 0; at < text.size(); at += size)
      p.put(std::string_view{text}.substr(at, size),
            [&](const server_event& e) { got.push_back(e.kind + " " + e.id); });
    CHECK(got == std::vector<std::string>{"job.created 7-1", "x "});
    CHECK(p.last_id() == "7-1");
  }
  server_event_parser p;
  const auto nobody = [](const server_event&) { FAIL("half an event"); };
  p.put("id: 7-5\n\nid: 7-6\ndata: x", nobody);
  p.restart();
  p.put("\n\n", nobody);
  CHECK(p.last_id() == "7-5");
}

TEST_CASE("events are printed as they come, with what they are about") {
  fake_server server{never};
  server.follow_by(sequence({stream("id: 7-0\n\n" + created + failed_event)}));
  const auto r = run_at(server.url(), {"events", "--count", "2"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "2026-01-15T10:30:00.000Z  job.created  job_1  exec  mail\n"
                 "2026-01-15T10:30:00.000Z  job.failed  job_1  w1  EXIT_1: it broke\n");
  CHECK(r.pauses.empty());
}

TEST_CASE("with --json events are printed as they are, and no more than were asked for") {
  fake_server server{never};
  server.follow_by(sequence({stream(created + failed_event)}));
  const auto r = run_at(server.url(), {"events", "--json", "--count", "1"});
  CHECK(r.out.starts_with(R"({"id":"7-1","kind":"job.created")"));
  CHECK(r.out.ends_with("}\n"));
  CHECK(r.out.find("7-2") == std::string::npos);
}

TEST_CASE("filters of events go into the address") {
  fake_server server{never};
  server.follow_by(sequence({stream(created)}));
  run_at(server.url(), {"events", "--count", "1", "--kind", "job,worker.lost", "--queue", "a&b", "--after", "7-0"});
  const auto asked = server.requests();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].target == "/api/events?kind=job%2Cworker.lost&queue=a%26b");
  CHECK(asked[0].last_event_id == "7-0");
}

TEST_CASE("after a break events go on behind the last one") {
  fake_server server{never};
  server.follow_by(sequence({stream(created), {.hang_up = true}, {503}, stream(failed_event)}));
  const auto r = run_at(server.url(), {"events", "--count", "2", "--json"});
  CHECK(r.code == exit_ok);
  CHECK(r.pauses == std::vector<duration>(3, 2s));
  const auto asked = server.requests();
  REQUIRE(asked.size() == 4);
  CHECK(asked[0].last_event_id.empty());
  for (size_t i = 1; i < 4; ++i)
    CHECK(asked[i].last_event_id == "7-1");
}

TEST_CASE("events that are refused, or of a scheduler that stays away, are an error") {
  fake_server server{never};
  server.follow_by(sequence({{400, R"({"error":{"code":"invalid_value","message":"no kind x","field":"kind"}})"}}));
  const auto r = run_at(server.url(), {"events", "--kind", "x"});
  CHECK(r.code == exit_usage);
  CHECK(r.err == "callboard: no kind x (invalid_value, field kind)\n");
  CHECK(run_at(dead_url(), {"events", "--reconnect", "5s"}).code == exit_unreachable);
}

TEST_CASE("watch looks when the stream tells something, and does not wait by itself") {
  const auto job = [](const char* status) {
    return fake_answer{200, std::string{R"({"id":"job_1","status":")"} + status + R"(","attempt":1,"workerID":"w"})"};
  };
  fake_server server{sequence({job("queued"), job("running"), job("completed")})};
  server.follow_by(sequence({stream("id: 7-0\n\n"), stream(created)}));
  const auto r = run_at(server.url(), {"watch", "job_1"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "job_1  queued\njob_1  running on w\njob_1  completed\n");
  const auto asked = server.requests();
  REQUIRE(asked.size() >= 2);
  CHECK(asked[1].target == "/api/events?kind=job&id=job_1");
}
