#include "cli/top/top_source.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <sstream>

using namespace callboard;
using namespace callboard::test;
using kind = top_act::kind;

namespace {

fake_answer scheduler(const fake_request& r) {
  if (r.target == "/api/health")
    return {200, R"({"version":"1.2.3","ready":true,"startedAt":"2026-01-15T11:00:00.000Z","components":[]})"};
  if (r.target == "/api/metrics/jobs")
    return {200, R"({"byStatus":{"running":1},"types":{"exec":{"completed":3,"failed":0,"runTime":{"p50Ms":5}}}})"};
  if (r.target.starts_with("/api/queues?"))
    return {200, R"({"queues":[{"name":"mail","paused":false,"ready":1,"waiting":0,"running":1,"retrying":0}]})"};
  if (r.target == "/api/workers")
    return {200, R"({"workers":[{"id":"local-1","status":"working","capacity":2,"currentJobs":1,"loadPercent":50}]})"};
  if (r.target.starts_with("/api/jobs?"))
    return {200, R"({"jobs":[{"id":"job_1","type":"exec","status":"running","queue":"mail","attempt":1}]})"};
  if (r.target == "/api/jobs/job_1/cancel")
    return {200, R"({"id":"job_1"})"};
  if (r.target == "/api/jobs/job_1/explain")
    return {200, R"({"jobID":"job_1","status":"running","reasons":[{"code":"running","text":"it runs on local-1"}]})"};
  if (r.target == "/api/jobs/job_1")
    return {200, R"({"id":"job_1","status":"running"})"};
  return {409, R"({"error":{"code":"invalid_state","message":"not now"}})"};
}

program_context context_of(std::istream& in, std::ostream& out) {
  return {.in = in,
          .out = out,
          .err = out,
          .environment = {},
          .executable = "",
          .now = [] { return time_point{}; },
          .pause = {},
          .serve = {},
          .worker = {},
          .cert = {}};
}

} // namespace

TEST_CASE("top prints one screen for scripts") {
  fake_server server{scheduler};
  const auto r = run_at(server.url(), {"top", "--once"});
  CHECK(r.code == 0);
  CHECK(r.out.starts_with("callboard 1.2.3 " + server.url() + "  ready  up 1h"));
  CHECK(r.out.find("\nmail ") != std::string::npos);
  CHECK(r.out.find("\nexec ") != std::string::npos);
  CHECK(r.out.find("\nlocal-1  working  ■□") != std::string::npos);
  CHECK(r.out.find("\njob_1  exec  running  mail") != std::string::npos);
  CHECK(run_at(dead_url(), {"top", "--once"}).code == 3);
}

TEST_CASE("top without a terminal names the way to do without one") {
  const auto r = run_at(dead_url(), {"top"});
  CHECK(r.code == 1);
  CHECK(r.err == "callboard: standard output is no terminal; `callboard top --once` prints a screen as text\n");
}

TEST_CASE("acts become requests, and their answers sentences") {
  fake_server server{scheduler};
  std::istringstream in;
  std::ostringstream out;
  const auto context = context_of(in, out);
  scheduler_client client{context, {.server = server.url()}};
  top_model m{server.url()};
  perform_act(client, {kind::cancel, pane::jobs, "job_1"}, context)(m);
  CHECK(m.status() == "job_1 is cancelled");
  CHECK_FALSE(m.status_is_bad());
  perform_act(client, {kind::pause, pane::queues, "a b"}, context)(m);
  CHECK(m.status() == "a b: not now (invalid_state)");
  CHECK(m.status_is_bad());
  perform_act(client, {kind::show, pane::jobs, "job_1"}, context)(m);
  REQUIRE(m.details().size() > 2);
  CHECK(m.details()[0] == "job_1 is running");
  CHECK(m.details()[1] == "it runs on local-1");
  const auto asked = server.requests();
  CHECK(asked.at(0).method == "POST");
  CHECK(asked.at(1).target == "/api/queues/a%20b/pause");
}

TEST_CASE("the source looks, acts, and ends at once although a stream of events is open") {
  fake_server server{scheduler};
  std::istringstream in;
  std::ostringstream out;
  auto context = context_of(in, out);
  std::promise<void> told;
  std::atomic<bool> once{false};
  top_model m{server.url()};
  {
    top_source source{context, {.server = server.url()}, [&] {
                        if (!once.exchange(true))
                          told.set_value();
                      }};
    REQUIRE(told.get_future().wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    for (const auto& tell : source.take())
      tell(m);
  }
  CHECK(m.health() == "ready");
  CHECK(m.shown(pane::jobs).rows.size() == 1);
}
