#include "tests/simulate/scripts.hpp"

using namespace callboard;
using namespace callboard::test;
using simulate::read_scenario;

namespace {

struct mistake {
  const char* patch;
  const char* path;
  const char* words; ///< a part of the message
};

/// One step, in an array.
#define STEP(text) "{\"steps\": [{\"at\": 0, " text "}]}"
#define SCHEDULE(text) STEP("\"schedule\": {\"name\": \"s\", \"job\": {\"jobType\": \"work\"}, " text "}")
#define JOB(text) STEP("\"submit\": {\"as\": \"a\", \"jobType\": \"work\", " text "}")

const mistake mistakes[] = {
  {R"({"name": null})", "name", "is required"},
  {R"({"name": 3})", "name", "must be a text that is not empty, not 3"},
  {R"({"colour": 3})", "colour", "is not known; known here are name, description"},
  {R"({"start": "soon"})", "start", "RFC 3339"},
  {R"({"seed": -1})", "seed", "must be a whole number"},
  {R"({"until": "tomorrow"})", "until", "must be a number of seconds, or a text such as"},
  {R"({"settings": {"jobs.agingstep": 1}})", "settings", "jobs.aging_step"},
  {R"({"settings": {"jobs.losses_max": "many"}})", "settings", "jobs.losses_max must be"},
  {R"({"settings": []})", "settings", "must be an object of settings"},
  {R"({"types": null})", "types", "is required"},
  {R"({"types": []})", "types", "must be an object with at least one type"},
  {R"({"types": {"a b": {}}})", "types.a b", "is not good"},
  {R"({"types": {"work": {"outcome": "maybe"}}})", "types.work.outcome", "must be one of success, failure, fatal"},
  {R"({"types": {"work": {"duration": -1}}})", "types.work.duration", "must be a number of seconds"},
  {R"({"types": {"work": {"code": "E"}}})", "types.work.code", "is only for the outcomes failure and fatal"},
  {R"({"types": {"work": {"outcome": "snooze"}}})", "types.work.snooze", "is required"},
  {R"({"types": {"work": {"outcome": "timeout"}}})", "types.work.outcome", "crash, return, not \"timeout\""},
  {R"({"types": {"work": {"atSoftTimeout": "success"}}})", "types.work.atSoftTimeout", "object"},
  {R"({"types": {"work": {"atSoftTimeout": {"outcome": "maybe"}}}})", "types.work.atSoftTimeout.outcome",
   "return, timeout, not \"maybe\""},
  {R"({"types": {"work": {"atSoftTimeout": {"duration": 1}}}})", "types.work.atSoftTimeout.duration", "is not known"},
  {R"({"types": {"work": {"atSoftTimeout": {"outcome": "snooze"}}}})", "types.work.atSoftTimeout.snooze",
   "is required"},
  {R"({"types": {"work": {"duration": null, "attempts": []}}})", "types.work.attempts", "at least one"},
  {R"({"types": {"work": {"duration": null, "attempts": [{"x": 1}]}}})", "types.work.attempts[0].x", "is not known"},
  {R"({"workers": {}})", "workers", "must be an array"},
  {R"({"workers": [{"slots": 2}]})", "workers[0].name", "is required"},
  {R"({"workers": [{"name": "a/b"}]})", "workers[0].name", "is not good"},
  {R"({"workers": [{"name": "w"}, {"name": "w"}]})", "workers[1].name", "is the name of another worker"},
  {R"({"workers": [{"name": "w", "slots": 0}]})", "workers[0].slots", "must be a whole number from 1 to 1024"},
  {R"({"workers": [{"name": "w", "types": ["x"]}]})", "workers[0].types[0]", "must be one of the scenario's types"},
  {R"({"workers": [{"name": "w", "resources": {"cpu": "x"}}]})", "workers[0]", "resources.cpu must be"},
  {R"({"workers": [{"name": "w", "resources": {"slots": 2}}]})", "workers[0].resources", "stand beside it"},
  {R"({"steps": null})", "steps", "is required"},
  {R"({"steps": {}})", "steps", "must be an array of steps"},
  {R"({"steps": [3]})", "steps[0]", "must be an object with one of submit"},
  {R"({"steps": [{"at": 0}]})", "steps[0]", "must have exactly one of submit, batch"},
  {R"({"steps": [{"store": "fail", "clock": "+1h"}]})", "steps[0]", "it has 2"},
  {STEP(R"("store": "burn")"), "steps[0].store", "must be one of fail, recover, not \"burn\""},
  {STEP(R"("scheduler": "pause")"), "steps[0].scheduler", "must be one of stop, start, restart"},
  {STEP(R"("clock": "1h")"), "steps[0].clock", "a step such as \"+1h\""},
  {STEP(R"("worker": "w1")"), "steps[0].do", "is required"},
  {STEP(R"("worker": "w9", "do": "crash")"), "steps[0].worker", "names no worker: w9"},
  {STEP(R"("worker": "w1", "do": "crash", "within": 3)"), "steps[0].within", "is only for drain"},
  {STEP(R"("cancel": "x")"), "steps[0].cancel", "names no job that was submitted before: x"},
  {STEP(R"("retry": "x")"), "steps[0].retry", "names no job"},
  {STEP(R"("change": {"job": "x", "priority": 3})"), "steps[0].change.job", "names no job"},
  {STEP(R"("change": {"job": "x"})"), "steps[0].change", "at least one of priority, scheduleAt, deadline"},
  {STEP(R"("change": {"job": "x", "priority": 30})"), "steps[0].change", "priority must be an integer from 0 to 9"},
  {STEP(R"("submit": 3)"), "steps[0].submit", "must be a job"},
  {STEP(R"("submit": {"as": "a"})"), "steps[0].submit.jobType", "jobType is required"},
  {STEP(R"("submit": {"as": "a", "jobType": "x"})"), "steps[0].submit.jobType", "jobType must be one of bad, work"},
  {STEP(R"("submit": {"as": "a#1", "jobType": "work"})"), "steps[0].submit.as", "must not have # and @"},
  {STEP(R"("submit": {"as": "s@1", "jobType": "work"})"), "steps[0].submit.as", "must not have # and @"},
  {JOB(R"("priority": 11)"), "steps[0].submit.priority", "priority must be an integer from 0 to 9, not 11"},
  {JOB(R"("colour": 1)"), "steps[0].submit.colour", "unknown field"},
  {JOB(R"("count": 0)"), "steps[0].submit.count", "must be a whole number from 1"},
  {JOB(R"("scheduleAt": "soon")"), "steps[0].submit.scheduleAt", "must be a time from then on"},
  {JOB(R"("deadline": 3)"), "steps[0].submit.deadline", "must be a time from then on"},
  {JOB(R"("timeout": "long")"), "steps[0].submit.timeout", "must be a number of seconds"},
  {JOB(R"("softTimeout": "long")"), "steps[0].submit.softTimeout", "must be a number of seconds"},
  {JOB(R"("softTimeout": "10m")"), "steps[0].submit.softTimeout", "softTimeout must be below timeout, which is 300 s"},
  {JOB(R"("timeout": "2d")"), "steps[0].submit.timeout", "timeout must be"},
  {JOB(R"("retryPolicy": {"kind": "x"})"), "steps[0].submit.retryPolicy.kind", "must be one of fixed"},
  {JOB(R"("dependencies": "b")"), "steps[0].submit.dependencies", "must be an array of names"},
  {JOB(R"("dependencies": ["b"])"), "steps[0].submit.dependencies", "names no job that was submitted before: b"},
  {JOB(R"("dependencies": ["a"])"), "steps[0].submit.dependencies", "names no job that was submitted before: a"},
  {JOB(R"("dependencies": [{"id": "b", "on": "failure"}])"), "steps[0].submit.dependencies",
   "names no job that was submitted before: b"},
  {JOB(R"("dependencies": ["b", 3])"), "steps[0].submit.dependencies[1]", "must be the name of a job, or an object"},
  {JOB(R"("dependencies": [""])"), "steps[0].submit.dependencies[0]", "must be a text that is not empty"},
  {JOB(R"("dependencies": [{"on": "failure"}])"), "steps[0].submit.dependencies[0].id", "must be a text"},
  {JOB(R"("dependencies": [{"id": 5}])"), "steps[0].submit.dependencies[0].id", "must be a text"},
  {JOB(R"("dependencies": [{"id": "b", "when": "failure"}])"), "steps[0].submit.dependencies[0].when",
   "known here are id, on"},
  {JOB(R"("dependencies": ["b", {"id": "b", "on": "late"}])"), "steps[0].submit.dependencies[1].on",
   "is refused: dependencies[1].on must be one of success, failure, finished, started, not \"late\""},
  {JOB(R"("dependencies": [{"id": "b", "on": null}])"), "steps[0].submit.dependencies[0].on", "must be one of success"},
  {JOB(R"("dependencyRule": "most")"), "steps[0].submit.dependencyRule", "must be one of all, any, all_done"},
  {JOB(R"("dependencies": [{"id": "b", "on": "failure"}], "dependencyRule": "none_failed")"),
   "steps[0].submit.dependencyRule", "must not be none_failed"},
  {STEP(R"("batch": {"jobs": []})"), "steps[0].batch.jobs", "must hold 1 to"},
  {STEP(R"("batch": {"jobs": [{"as": "a", "jobType": "work", "every": 1}]})"), "steps[0].batch.jobs[0].every",
   "is not for the jobs of a batch"},
  {STEP(R"("batch": {"jobs": [{"as": "a", "jobType": "work"}, {"as": "a", "jobType": "work"}]})"),
   "steps[0].batch.jobs[1].as", "is the name of another job: a"},
  {STEP(R"("batch": {"jobs": [{"as": "a", "jobType": "work", "dependencies": ["b"]},
                              {"as": "b", "jobType": "work", "dependencies": ["a"]}]})"),
   "steps[0].batch.jobs", "wait for each other in a circle: #0 -> #1 -> #0"},
  {STEP(R"("batch": {"jobs": [{"as": "a", "jobType": "work", "dependencies": [{"id": "b", "on": "started"}]},
                              {"as": "b", "jobType": "work", "dependencies": [{"id": "a", "on": "failure"}]}]})"),
   "steps[0].batch.jobs", "wait for each other in a circle: #0 -> #1 -> #0"},
  {STEP(R"("schedule": 3)"), "steps[0].schedule", "must be a schedule"},
  {STEP(R"("schedule": {})"), "steps[0].schedule.name", "is refused: name is required"},
  {STEP(R"("schedule": {"name": "preview"})"), "steps[0].schedule.name", "is refused: name must not be"},
  {STEP(R"("schedule": {"name": "s", "every": 60})"), "steps[0].schedule.job", "is refused: job is required"},
  {STEP(R"("schedule": {"name": "s", "every": 60, "job": {"jobType": "x"}})"), "steps[0].schedule.job.jobType",
   "jobType must be one of bad, work"},
  {STEP(R"("schedule": {"name": "s", "every": 60, "job": {"jobType": "work", "timeout": "long"}})"),
   "steps[0].schedule.job.timeout", "must be a number of seconds"},
  {STEP(R"("schedule": {"name": "s", "every": 60, "job": {"jobType": "work", "deadline": "+1h"}})"),
   "steps[0].schedule.job.deadline", "is refused"},
  {SCHEDULE(R"("colour": 1)"), "steps[0].schedule.colour", "unknown field"},
  {SCHEDULE(R"("cron": "30 25 * * *")"), "steps[0].schedule.cron", "hour"},
  {SCHEDULE(R"("cron": "@daily", "timeZone": "Mars/Base")"), "steps[0].schedule.timeZone", "Mars/Base"},
  {SCHEDULE(R"("cron": "@daily", "every": 60)"), "steps[0].schedule.every", "are both given"},
  {SCHEDULE(R"("cron": "@daily", "anchor": "+1h")"), "steps[0].schedule.anchor", "goes with every"},
  {SCHEDULE(R"("every": "often")"), "steps[0].schedule.every", "must be a number of seconds"},
  {SCHEDULE(R"("every": 60, "jitter": "x")"), "steps[0].schedule.jitter", "must be a number of seconds"},
  {SCHEDULE(R"("every": 60, "overlap": "x")"), "steps[0].schedule.overlap", "must be one of allow, skip"},
  {SCHEDULE(R"("at": "soon")"), "steps[0].schedule.at", "must be a time from then on"},
  {SCHEDULE(R"("every": 60, "endAt": 3)"), "steps[0].schedule.endAt", "must be a time from then on"},
  {STEP(R"("pauseSchedule": "x")"), "steps[0].pauseSchedule", "names no schedule that was put before: x"},
  {STEP(R"("resumeSchedule": "x")"), "steps[0].resumeSchedule", "names no schedule"},
  {STEP(R"("removeSchedule": "x")"), "steps[0].removeSchedule", "names no schedule"},
  {STEP(R"("removeSchedule": "x", "as": "a")"), "steps[0].as", "is not known"},
  {STEP(R"("runSchedule": "x")"), "steps[0].runSchedule", "names no schedule"},
  {STEP(R"("runSchedule": "x", "as": "x@1")"), "steps[0].as", "must not have # and @"},
  {STEP(R"("limit": 3)"), "steps[0].limit", "must be an object with queue, type"},
  {STEP(R"("limit": {"concurrency": 1})"), "steps[0].limit", "must have exactly one of queue and type"},
  {STEP(R"("limit": {"queue": "q", "type": "work"})"), "steps[0].limit", "must have exactly one of queue and type"},
  {STEP(R"("limit": {"queue": "q", "colour": 1})"), "steps[0].limit.colour", "is not known"},
  {STEP(R"("limit": {"queue": "q", "concurrency": 0})"), "steps[0].limit.concurrency", "integer from 1 to"},
  {STEP(R"("limit": {"queue": "q", "rate": {"per": 1}})"), "steps[0].limit.rate.jobs", "is required"},
  {STEP(R"("limit": {"queue": "q", "rate": {"jobs": 1, "per": "x"}})"), "steps[0].limit.rate.per", "number of seconds"},
  {STEP(R"("limit": {"type": "work", "weight": 2})"), "steps[0].limit.weight", "weight is for queues"},
  {STEP(R"("limit": {"type": "work", "key": "k"})"), "steps[0].limit.key", "goes with a queue"},
  {STEP(R"("limit": {"queue": "q", "key": "k", "waitingMax": 2})"), "steps[0].limit.waitingMax",
   "waitingMax is for queues"},
  {STEP(R"("limit": {"queue": "q", "key": ""})"), "steps[0].limit.key", "must be a text that is not empty"},
  {STEP(R"("limit": {"queue": "q", "perKey": {"rate": {"jobs": 1, "per": "x"}}})"), "steps[0].limit.perKey.rate.per",
   "number of seconds"},
  {STEP(R"("limit": {"queue": "q", "fullAcceptsFrom": 2})"), "steps[0].limit.fullAcceptsFrom", "goes with waitingMax"},
  {STEP(R"("pauseType": "work", "key": "k")"), "steps[0].key", "is not known"},
  {STEP(R"("pauseQueue": "")"), "steps[0].pauseQueue", "must be a text that is not empty"},
  {STEP(R"("pauseType": "a b")"), "steps[0].pauseType", "is refused"},
  {STEP(R"("limit": {"type": "a b"})"), "steps[0].limit.type", "is refused"},
  {STEP(R"("expect": {"jobs": {"x": "completed"}})"), "steps[0].expect.jobs.x", "names no job"},
  {STEP(R"("expect": {"jobs": {"x@1": "completed"}})"), "steps[0].expect.jobs.x@1", "names no job"},
  {R"({"expect": {"jobs": {"a": "done"}}})", "expect.jobs.a", "one of queued, scheduled, running"},
  {R"({"expect": {"jobs": {"a": {"count": 1}}}})", "expect.jobs.a.count", "is only for the jobs of a schedule"},
  {R"({"expect": {"schedules": 3}})", "expect.schedules", "must be an object with schedules by their names"},
  {R"({"expect": {"schedules": {"x": {}}}})", "expect.schedules.x", "names no schedule"},
  {R"({"expect": {"schedules": {"x": 3}}})", "expect.schedules.x", "must be an object with fired"},
  {R"({"expect": {"schedules": {"x": {"colour": 1}}}})", "expect.schedules.x.colour", "is not known"},
  {R"({"expect": {"schedules": {"x": {"paused": 1}}}})", "expect.schedules.x.paused", "must be true or false"},
  {R"({"expect": {"schedules": {"x": {"fires": "1h"}}}})", "expect.schedules.x.fires", "must be an array of times"},
  {R"({"expect": {"schedules": {"x": {"next": "soon"}}}})", "expect.schedules.x.next", "must be a number of seconds"},
  {R"({"expect": {"queues": {"x": {}}}})", "expect.queues.x", "names no queue of a job or a limit"},
  {R"({"expect": {"keys": {"x": {"k": {}}}}})", "expect.keys.x.k", "names no queue of a job or a limit"},
  {R"({"expect": {"keys": {"x": 3}}})", "expect.keys.x", "must be an object with concurrency keys of the queue"},
  {R"({"expect": {"keys": {"x": {"k": {"running": 1}}}}})", "expect.keys.x.k.running", "is not known"},
  {R"({"expect": {"queues": {"default": {"held": "x"}}}})", "expect.queues.default.held",
   "must be one of paused, concurrency, rate"},
  {R"({"expect": {"types": {"x": {}}}})", "expect.types.x", "names none of the scenario's types"},
  {R"({"expect": {"types": {"work": {"running": 1}}}})", "expect.types.work.running", "is not known"},
  {R"({"expect": {"jobs": {"a": {"colour": 1}}}})", "expect.jobs.a.colour", "is not known"},
  {R"({"expect": {"jobs": {"a": {"worker": "w9"}}}})", "expect.jobs.a.worker", "names no worker"},
  {R"({"expect": {"jobs": {"a": {"startedAt": {"from": 3, "to": 2}}}}})", "expect.jobs.a.startedAt.to",
   "must not be before from"},
  {R"({"expect": {"order": ["a"]}})", "expect.order[0]", "must be an array of names"},
  {R"({"expect": {"order": [["a", "x"]]}})", "expect.order[0]", "names no job"},
  {R"({"expect": {"together": [{"jobs": ["a"]}]}})", "expect.together[0]", "must have atMost, atLeast or both"},
  {R"({"expect": {"counts": {"done": 1}}})", "expect.counts.done", "is no state"},
};

} // namespace

TEST_CASE("a scenario that is wrong is refused with the place and what is allowed") {
  for (const auto& m : mistakes) {
    INFO(m.patch);
    const auto plan = read_scenario(scripted(m.patch));
    REQUIRE_FALSE(plan);
    CHECK(plan.err().code == ec::invalid_value);
    CHECK(plan.err().field == m.path);
    CHECK_THAT(plan.err().message, Catch::Contains(m.words));
  }
}

TEST_CASE("a scenario that is no JSON, or names a thing twice, is refused") {
  CHECK(read_scenario("{\"name\": ").err().code == ec::malformed_json);
  CHECK(read_scenario("[]").err().code == ec::invalid_value);
  const auto twice = read_scenario(R"({"name": "a", "steps": [], "name": "b"})");
  REQUIRE_FALSE(twice);
  CHECK_THAT(twice.err().message, Catch::Contains("name is given twice"));
}

TEST_CASE("jobs of a schedule that was put can be named, by numbers from 1") {
  const auto naming = [](const std::string& name) {
    return read_scenario(scripted(R"({"steps": [
      {"schedule": {"name": "s", "every": 60, "job": {"jobType": "work", "queue": "q"}}}, {"cancel": ")" +
                                  name + R"("}],
      "expect": {"queues": {"q": {}}}})"));
  };
  for (const auto* name : {"s@", "s@1", "s@120"})
    CHECK(naming(name));
  for (const auto* name : {"s@0", "s@x", "s@1a", "t@1", "s", "@1"}) {
    INFO(name);
    const auto plan = naming(name);
    REQUIRE_FALSE(plan);
    CHECK(plan.err().field == "steps[1].cancel");
  }
}

TEST_CASE("what a scenario leaves out has a default") {
  const auto plan = read_good(scripted("{}"));
  CHECK(plan.start == time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}});
  CHECK(plan.seed == 1);
  REQUIRE(plan.workers.size() == 1);
  CHECK(plan.workers.front().name == "w1");
  CHECK(plan.workers.front().offer.slots == 1);
  CHECK(plan.workers.front().types == std::vector<std::string>{"bad", "work"});
  CHECK_FALSE(plan.until);
  CHECK(plan.jobs.at("c") == std::vector<std::string>{"c#1", "c#2"});
}

TEST_CASE("a step without a time comes with the one before it, and steps are taken by time") {
  const auto plan = read_good(scripted(R"({"steps": [
    {"at": "1m", "store": "fail"}, {"store": "recover"}, {"at": 30, "clock": "+1h"}]})"));
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.steps[0].path == "steps[2]");
  CHECK(plan.steps[1].at == std::chrono::seconds{60});
  CHECK(plan.steps[2].at == std::chrono::seconds{60});
  CHECK(plan.steps[2].path == "steps[1]");
}
