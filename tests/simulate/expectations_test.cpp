#include "tests/simulate/scripts.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

struct wrong {
  const char* expect;
  const char* path;
  const char* expected;
  const char* was;
};

// a runs from 0 to 5 s, b fails at 6 s, c#1 runs from 6 to 11 s and c#2 from 11 to 16 s, all on w1.
const wrong wrongs[] = {
  {R"({"jobs": {"a": "failed"}})", "expect.jobs.a.state", "failed", "completed"},
  {R"({"jobs": {"b": {"error": "F"}}})", "expect.jobs.b.error", "F", "E"},
  {R"({"jobs": {"b": {"error": null}}})", "expect.jobs.b.error", "none", "E"},
  {R"({"jobs": {"a": {"error": "E"}}})", "expect.jobs.a.error", "E", "none"},
  {R"({"jobs": {"b": {"message": "luck was there"}}})", "expect.jobs.b.message", "something with \"luck was there\"",
   "\"no luck\""},
  {R"({"jobs": {"a": {"attempts": 2}}})", "expect.jobs.a.attempts", "2", "1"},
  {R"({"jobs": {"a": {"retryCount": 1}}})", "expect.jobs.a.retryCount", "1", "0"},
  {R"({"jobs": {"a": {"losses": 1}}})", "expect.jobs.a.losses", "1", "0"},
  {R"({"jobs": {"a": {"priority": 4}}})", "expect.jobs.a.priority", "4", "5"},
  {R"({"jobs": {"a": {"worker": "w2"}}})", "expect.jobs.a.worker", "w2", "w1"},
  {R"({"jobs": {"a": {"workers": ["w1", "w2"]}}})", "expect.jobs.a.workers", "w1, w2", "w1"},
  {R"({"jobs": {"a": {"startedAt": "1s"}}})", "expect.jobs.a.startedAt", "1s", "0.001s (2026-01-01T00:00:00.001Z)"},
  {R"({"jobs": {"a": {"startedAt": "2026-01-01T00:00:03Z"}}})", "expect.jobs.a.startedAt", "2026-01-01T00:00:03Z",
   "0.001s (2026-01-01T00:00:00.001Z)"},
  {R"({"jobs": {"a": {"startedAt": {"from": 1, "to": 2}}}})", "expect.jobs.a.startedAt", R"({"from":1,"to":2})",
   "0.001s (2026-01-01T00:00:00.001Z)"},
  {R"({"jobs": {"a": {"finishedAt": 7}}})", "expect.jobs.a.finishedAt", "7s", "5.002s (2026-01-01T00:00:05.002Z)"},
  {R"({"tolerance": "1ms", "jobs": {"a": {"finishedAt": 5}}})", "expect.jobs.a.finishedAt", "5s",
   "5.002s (2026-01-01T00:00:05.002Z)"},
  {R"({"jobs": {"a": {"starts": ["0s", "9s"]}}})", "expect.jobs.a.starts", "0s, 9s",
   "0.001s (2026-01-01T00:00:00.001Z)"},
  {R"({"jobs": {"a": {"result": {"n": 1}}}})", "expect.jobs.a.result", R"({"n":1})", "null"},
  {R"({"jobs": {"a": {"sameAs": "b"}}})", "expect.jobs.a.sameAs", "b", "a job of its own"},
  {R"({"jobs": {"c": "failed", "c#1": "completed"}, "counts": {"failed": 1}})", "expect.jobs.c (c#1).state", "failed",
   "completed"},
  {R"({"order": [["b", "a"]]})", "expect.order[0]", "b starts before a", "a started first"},
  {R"({"together": [{"atLeast": 2}]})", "expect.together[0].atLeast", "2", "1"},
  {R"({"together": [{"jobs": ["a"], "atMost": 0}]})", "expect.together[0].atMost", "0", "1"},
  {R"({"counts": {"completed": 4}})", "expect.counts.completed", "4", "3"},
  {R"({"counts": {"gone": 1}})", "expect.counts.gone", "1", "0"},
};

// s fires at 10 and 20 s; of its two jobs of 5 s in queue q the second one runs at the end, and b is paused.
const std::string with_rules =
  R"({"workers": [{"name": "w1"}, {"name": "w2", "joins": false}], "until": "24s", "steps": [
  {"schedule": {"name": "s", "every": "10s", "job": {"jobType": "work", "queue": "q", "payload": {"n": 1}}}},
  {"limit": {"queue": "q", "concurrency": 1}}, {"pauseType": "bad"}, {"submit": {"as": "b", "jobType": "bad"}}]})";
const wrong wrong_rules[] = {
  {R"({"schedules": {"s": null}})", "expect.schedules.s", "no such schedule", "there is one"},
  {R"({"schedules": {"s": {"fired": 3}}})", "expect.schedules.s.fired", "3", "2"},
  {R"({"schedules": {"s": {"missed": 1}}})", "expect.schedules.s.missed", "1", "0"},
  {R"({"schedules": {"s": {"skipped": 1}}})", "expect.schedules.s.skipped", "1", "0"},
  {R"({"schedules": {"s": {"unfinished": 2}}})", "expect.schedules.s.unfinished", "2", "1"},
  {R"({"schedules": {"s": {"version": 2}}})", "expect.schedules.s.version", "2", "1"},
  {R"({"schedules": {"s": {"paused": true}}})", "expect.schedules.s.paused", "true", "false"},
  {R"({"schedules": {"s": {"fires": ["10s", "21s"]}}})", "expect.schedules.s.fires", "10s, 21s",
   "10s (2026-01-01T00:00:10.000Z), 20s (2026-01-01T00:00:20.000Z)"},
  {R"({"schedules": {"s": {"next": "31s"}}})", "expect.schedules.s.next", "31s", "30s (2026-01-01T00:00:30.000Z)"},
  {R"({"schedules": {"s": {"next": null}}})", "expect.schedules.s.next", "none", "30s (2026-01-01T00:00:30.000Z)"},
  {R"({"schedules": {"s": {"waiting": "20s"}}})", "expect.schedules.s.waiting", "20s", "never"},
  {R"({"schedules": {"s": {"trouble": "disk"}}})", "expect.schedules.s.trouble", "something with \"disk\"", "\"\""},
  {R"({"schedules": {"s": {"error": "queue_full"}}})", "expect.schedules.s.error", "queue_full", "none"},
  {R"({"jobs": {"s@": {"count": 3}}})", "expect.jobs.s@.count", "3", "2"},
  {R"({"jobs": {"s@": "completed"}})", "expect.jobs.s@ (s@2).state", "completed", "running"},
  {R"({"jobs": {"s@1": {"payload": {"n": 2}}}})", "expect.jobs.s@1.payload", R"({"n":2})", R"({"n":1})"},
  {R"({"jobs": {"s@3": "completed"}})", "expect.jobs.s@3", "a job", "the schedule has submitted no such job"},
  {R"({"jobs": {"s@1": {"sameAs": "s@3"}}})", "expect.jobs.s@1.sameAs", "s@3", "a job of its own"},
  {R"({"order": [["s@1", "s@3"]]})", "expect.order[0]", "s@3 starts", "the schedule has submitted no such job"},
  {R"({"queues": {"q": {"held": "rate"}}})", "expect.queues.q.held", "rate", "concurrency"},
  {R"({"queues": {"q": {"held": null}}})", "expect.queues.q.held", "none", "concurrency"},
  {R"({"queues": {"default": {"held": "paused"}}})", "expect.queues.default.held", "paused", "none"},
  {R"({"queues": {"q": {"underWay": 0}}})", "expect.queues.q.underWay", "0", "1"},
  {R"({"queues": {"q": {"running": 0}}})", "expect.queues.q.running", "0", "1"},
  {R"({"queues": {"q": {"retrying": 1}}})", "expect.queues.q.retrying", "1", "0"},
  {R"({"queues": {"q": {"waiting": 1}}})", "expect.queues.q.waiting", "1", "0"},
  {R"({"queues": {"default": {"ready": 0}}})", "expect.queues.default.ready", "0", "1"},
  {R"({"queues": {"q": {"error": "queue_full"}}})", "expect.queues.q.error", "queue_full", "none"},
  {R"({"types": {"bad": {"held": null}}})", "expect.types.bad.held", "none", "paused"},
  {R"({"types": {"bad": {"ready": 2}}})", "expect.types.bad.ready", "2", "1"},
};

void check_wrong(const wrong& w, const std::string& patch) {
  INFO(w.expect);
  const auto r = simulate::run_scenario(read_good(scripted(patch, w.expect)));
  CHECK_FALSE(r.good());
  REQUIRE_FALSE(r.unmet.empty());
  CHECK(r.unmet.front().path == w.path);
  CHECK(r.unmet.front().expected == w.expected);
  CHECK(r.unmet.front().was == w.was);
  CHECK(r.faults.empty());
}

} // namespace

TEST_CASE("an expectation that does not hold is reported with what was") {
  for (const auto& w : wrongs)
    check_wrong(w, R"({"workers": [{"name": "w1"}, {"name": "w2", "joins": false}]})");
}

TEST_CASE("an expectation of a schedule, its jobs, a queue or a type that does not hold is reported") {
  for (const auto& w : wrong_rules)
    check_wrong(w, with_rules);
}

TEST_CASE("expectations of schedules, queues and types that hold are not reported") {
  const auto r = simulate::run_scenario(read_good(scripted(with_rules, R"({
    "schedules": {"s": {"fired": 2, "missed": 0, "skipped": 0, "unfinished": 1, "version": 1, "paused": false,
                        "fires": ["10s", "2026-01-01T00:00:20Z"], "next": {"from": "29s", "to": "31s"},
                        "waiting": null, "trouble": null, "error": null}},
    "queues": {"q": {"held": "concurrency", "underWay": 1, "ready": 0, "running": 1, "retrying": 0, "waiting": 0}},
    "types": {"bad": {"held": "paused", "underWay": 0, "ready": 1, "error": null}},
    "jobs": {"s@": {"count": 2, "priority": 5}, "s@1": {"state": "completed", "payload": {"n": 1}}, "b": "queued"},
    "counts": {"completed": 1, "running": 1, "queued": 1}})")));
  CHECK(r.good());
  CHECK(r.jobs == std::map<std::string, uint64_t>{{"completed", 1}, {"queued", 1}, {"running", 1}});
}

TEST_CASE("without a scheduler schedules are looked at as they are stored, and limits not at all") {
  const auto r = simulate::run_scenario(read_good(scripted(R"({"steps": [
    {"schedule": {"name": "s", "every": "10s", "job": {"jobType": "work"}}}, {"at": "15s", "scheduler": "stop"}],
    "expect": {"schedules": {"s": {"fired": 1, "next": "20s"}}, "queues": {"default": {"ready": 0}}}})")));
  REQUIRE(r.unmet.size() == 1);
  CHECK(r.unmet.front().path == "expect.queues.default");
  CHECK(r.unmet.front().was == "no scheduler is running");
}

TEST_CASE("of a schedule that is not there only what was asked is looked at") {
  const auto run = [](const std::string& expect) {
    return simulate::run_scenario(read_good(scripted(R"({"settings": {"schedules.count_max": 0}, "steps": [
      {"schedule": {"name": "s", "every": "10s", "job": {"jobType": "work"}}}]})",
                                                     R"({"schedules": {"s": )" + expect + "}}")));
  };
  CHECK(run(R"({"error": "queue_full", "fires": []})").good());
  CHECK(run("null").good());
  const auto r = run(R"({"fired": 0})");
  REQUIRE(r.unmet.size() == 1);
  CHECK(r.unmet.front().path == "expect.schedules.s");
  CHECK(r.unmet.front().was == "there is no such schedule");
}

TEST_CASE("expectations that hold are not reported") {
  const auto r = simulate::run_scenario(read_good(scripted("{}", R"({
    "jobs": {"a": {"state": "completed", "error": null, "attempts": 1, "worker": "w1", "startedAt": "0s",
                   "finishedAt": "2026-01-01T00:00:05Z", "starts": [0], "workers": ["w1"], "result": null},
             "b": {"state": "failed", "error": "E", "message": "luck"}, "c": "completed"},
    "order": [["a", "b", "c"], ["c#1", "c#2"]],
    "together": [{"atMost": 1, "atLeast": 1}],
    "counts": {"completed": 3, "failed": 1}})")));
  CHECK(r.good());
  CHECK(r.jobs == std::map<std::string, uint64_t>{{"completed", 3}, {"failed", 1}});
}

TEST_CASE("an expectation of a moment is looked at then, when all else of that moment has happened") {
  const auto plan = read_good(scripted(R"({"steps": [
    {"at": "3s", "expect": {"jobs": {"a": "completed"}}},
    {"at": "0s", "submit": {"as": "a", "jobType": "work"}},
    {"at": "3s", "expect": {"jobs": {"a": "running"}}}]})"));
  const auto r = simulate::run_scenario(plan);
  REQUIRE(r.unmet.size() == 1);
  CHECK(r.unmet.front().at == std::chrono::seconds{3});
  CHECK(r.unmet.front().path == "steps[0].expect.jobs.a.state");
  CHECK(r.unmet.front().was == "running");
}

TEST_CASE("until ends a run early") {
  const auto plan = read_good(scripted(R"({"until": "4s", "expect": {"jobs": {"a": "running", "c": "queued"}}})"));
  CHECK(simulate::run_scenario(plan).good());
  CHECK_FALSE(simulate::run_scenario(plan, std::chrono::seconds{60}).good());
}
