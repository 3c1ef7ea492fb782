#include "tests/simulate/scripts.hpp"

#include <sstream>

#include "simulate/trace_text.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

std::string trace_of(const std::string& patch) {
  std::string out;
  for (const auto& e : simulate::run_scenario(read_good(scripted(patch))).trace)
    out += simulate::trace_line(e) + "\n";
  return out;
}

const std::string jitter = R"({
  "types": {"work": {"duration": null, "attempts": [{"duration": 1, "outcome": "failure"}, {"duration": 1}]}},
  "steps": [{"submit": {"as": "a", "jobType": "work", "count": 20, "retryPolicy": {"kind": "fixed", "baseSeconds": 60}}}],
  "workers": [{"name": "w1", "slots": 4}, {"name": "w2", "slots": 3}]})";

} // namespace

TEST_CASE("the same scenario brings the same trace, and another seed another one") {
  const auto once = trace_of(jitter);
  CHECK(once == trace_of(jitter));
  auto other = nlohmann::json::parse(jitter);
  other["seed"] = 2;
  CHECK(once != trace_of(other.dump()));
}

TEST_CASE("a trace tells what happened, by both clocks, with the names of the scenario") {
  CHECK(trace_of(R"({"steps": [
    {"at": "0s", "submit": {"as": "a", "jobType": "bad"}},
    {"at": "0s", "submit": {"as": "b", "jobType": "work", "dependencies": ["a"]}},
    {"at": "2s", "clock": "+1h"}]})") ==
        "00:00:00.000  2026-01-01T00:00:00.000Z  scheduler               is up\n"
        "00:00:00.000  2026-01-01T00:00:00.000Z  worker      w1          joins\n"
        "00:00:00.001  2026-01-01T00:00:00.001Z  queued      a           accepted\n"
        "00:00:00.001  2026-01-01T00:00:00.001Z  placed      a           on w1\n"
        "00:00:00.001  2026-01-01T00:00:00.001Z  running     a           started\n"
        "00:00:00.002  2026-01-01T00:00:00.002Z  queued      b           accepted; waits for its dependencies\n"
        "00:00:01.002  2026-01-01T00:00:01.002Z  failed      a           E: no luck\n"
        "00:00:01.002  2026-01-01T00:00:01.002Z  cancelled   b           UPSTREAM_FAILED: a did not complete\n"
        "00:00:02.000  2026-01-01T01:00:02.000Z  clock                   is set to 2026-01-01T01:00:02.000Z\n");
}

TEST_CASE("a trace tells of schedules and limits, and names the jobs of a schedule by their number") {
  CHECK(trace_of(R"({"until": "13s", "steps": [
    {"at": "0s", "schedule": {"name": "s", "every": "10s", "job": {"jobType": "bad", "queue": "q"}}},
    {"at": "1s", "limit": {"queue": "q", "concurrency": 2}},
    {"at": "2s", "runSchedule": "s", "as": "now"},
    {"at": "4s", "pauseType": "work"},
    {"at": "5s", "cancel": "s@1"},
    {"at": "12s", "pauseSchedule": "s"},
    {"at": "12.5s", "removeSchedule": "s"},
    {"at": "12.8s", "resumeSchedule": "s"},
    {"at": "12.9s", "limit": {"queue": "q"}}]})") ==
        "00:00:00.000  2026-01-01T00:00:00.000Z  scheduler               is up\n"
        "00:00:00.000  2026-01-01T00:00:00.000Z  worker      w1          joins\n"
        "00:00:00.001  2026-01-01T00:00:00.001Z  schedule    s           version 1, next 2026-01-01T00:00:10.000Z\n"
        "00:00:01.001  2026-01-01T00:00:01.001Z  queue       q           limits: paused=0 concurrency=2 weight=1\n"
        "00:00:02.002  2026-01-01T00:00:02.002Z  queued      now         accepted\n"
        "00:00:02.002  2026-01-01T00:00:02.002Z  placed      now         on w1\n"
        "00:00:02.002  2026-01-01T00:00:02.002Z  running     now         started\n"
        "00:00:03.003  2026-01-01T00:00:03.003Z  failed      now         E: no luck\n"
        "00:00:04.001  2026-01-01T00:00:04.001Z  type        work        limits: paused=1 concurrency=0 weight=1\n"
        "00:00:05.000  2026-01-01T00:00:05.000Z  refused     s@1         to cancel it: the schedule has not submitted "
        "s@1\n"
        "00:00:10.002  2026-01-01T00:00:10.002Z  queued      s@1         accepted\n"
        "00:00:10.002  2026-01-01T00:00:10.002Z  placed      s@1         on w1\n"
        "00:00:10.002  2026-01-01T00:00:10.002Z  running     s@1         started\n"
        "00:00:11.003  2026-01-01T00:00:11.003Z  failed      s@1         E: no luck\n"
        "00:00:12.001  2026-01-01T00:00:12.001Z  schedule    s           version 1, paused, no next time\n"
        "00:00:12.501  2026-01-01T00:00:12.501Z  schedule    s           is removed\n"
        "00:00:12.800  2026-01-01T00:00:12.800Z  refused                 schedule s: unknown_schedule: there is no "
        "schedule 's'\n"
        "00:00:12.901  2026-01-01T00:00:12.901Z  queue       q           no limits\n");
}

TEST_CASE("times of a trace have days when there are any") {
  CHECK(simulate::clock_text(0s) == "00:00:00.000");
  CHECK(simulate::clock_text(3661s + 1999us) == "01:01:01.001");
  CHECK(simulate::clock_text(26h) == "1d 02:00:00.000");
}

TEST_CASE("a trace and its summary are JSON as well") {
  const auto plan = read_good(scripted(R"({"expect": {"jobs": {"a": "failed"}}})"));
  const auto r = simulate::run_scenario(plan);
  for (const auto& e : r.trace) {
    const auto line = nlohmann::json::parse(simulate::trace_json(e));
    CHECK(line.at("event") == e.what);
    CHECK(line.at("text") == e.text);
  }
  const auto all = nlohmann::json::parse(simulate::summary_json(plan, r, 5ms));
  CHECK(all.at("scenario") == "a test");
  CHECK(all.at("asExpected") == false);
  CHECK(all.at("unmet").at(0).at("path") == "expect.jobs.a.state");
  CHECK(all.at("unmet").at(0).at("was") == "completed");
  CHECK(all.at("jobs") == nlohmann::json{{"completed", 3}, {"failed", 1}});
  CHECK(all.at("faults").empty());
}

TEST_CASE("the summary for people names what did not hold") {
  const auto plan = read_good(scripted(R"({"expect": {"jobs": {"a": "failed"}}})"));
  const auto text = simulate::summary_text(plan, simulate::run_scenario(plan), 5ms);
  CHECK_THAT(text, Catch::Contains(": expect.jobs.a.state\n  expected: failed\n  was:      completed\n"));
  CHECK_THAT(text, Catch::Contains("a test: NOT as expected; 3 completed, 1 failed; 00:00:16.00"));
}

TEST_CASE("a run that does not come to rest ends by its time") {
  const auto plan = read_good(scripted(R"({
    "types": {"work": {"duration": 1, "outcome": "snooze", "snooze": 1}},
    "steps": [{"submit": {"as": "a", "jobType": "work"}}], "until": "1h", "expect": {"counts": {"completed": 0}}})"));
  const auto r = simulate::run_scenario(plan);
  CHECK(r.good());
  CHECK(r.lasted <= 1h);
  CHECK(r.lasted > 59min);
}
