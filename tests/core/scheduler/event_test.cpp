#include "core/scheduler/event.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct event_world : hand_world {
  using hand_world::hand_world;
  /// What was told since the last call: kinds, with the state of jobs.
  std::vector<std::string> news() {
    std::vector<std::string> out;
    for (const auto& e : std::exchange(events, {}))
      out.push_back(std::string{to_string(e.kind)} + (e.job ? " " + std::string{to_string(e.state)} : ""));
    return out;
  }
  scheduler_event last(event_kind k) const {
    for (auto i = events.rbegin(); i != events.rend(); ++i)
      if (i->kind == k)
        return *i;
    FAIL("no " << to_string(k));
    return {};
  }
};

using lines = std::vector<std::string>;

attempt_outcome failure(std::string code) {
  attempt_outcome o;
  o.kind = outcome_kind::failed_retryable;
  o.code = std::move(code);
  o.message = "it broke";
  return o;
}

} // namespace

TEST_CASE("each kind of event has a name of its own, with a family", "[event]") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < event_kind_count; ++i) {
    const auto k = static_cast<event_kind>(i);
    CHECK(names.insert(to_string(k)).second);
    CHECK(parse_event_kind(to_string(k)) == k);
    CHECK(to_string(k).starts_with(std::string{family_of(k)} + "."));
  }
  CHECK_FALSE(parse_event_kind("job"));
}

TEST_CASE("a long reason is cut between two characters", "[event]") {
  CHECK(event_reason("short") == "short");
  const auto cut = event_reason(std::string(event_reason_bytes_max - 1, 'x') + "\xC3\xA9y");
  CHECK(cut == std::string(event_reason_bytes_max - 1, 'x'));
  CHECK(event_reason(std::string(event_reason_bytes_max - 2, 'x') + "\xC3\xA9y").size() == event_reason_bytes_max);
}

TEST_CASE("a job that runs and completes is three events, with what they are about", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  CHECK(w.news() == lines{"scheduler.recovered", "worker.joined"});
  auto spec = job_builder{}.spec();
  spec.queue = "mail";
  const auto id = w.submit(spec);
  CHECK(w.news() == lines{"job.created queued"});
  w.begin(worker, id);
  const auto started = w.last(event_kind::job_started);
  CHECK(started.job == id);
  CHECK(started.before == job_state::scheduled);
  CHECK(started.attempt == 1);
  CHECK(started.type == "noop");
  CHECK(started.queue == "mail");
  CHECK(*started.worker == "w1");
  CHECK(started.at == w.now.wall);
  w.end(worker, id);
  CHECK(w.news() == lines{"job.started running", "job.completed completed"});
}

TEST_CASE("an attempt of which only the end is heard has begun as well", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  auto spec = job_builder{}.spec();
  spec.max_retries = 1;
  const auto id = w.submit(spec);
  w.news();
  w.end(worker, id, failure("E1"));
  CHECK(w.last(event_kind::job_started).attempt == 1);
  CHECK(w.last(event_kind::job_retrying).before == job_state::running);
  CHECK(w.last(event_kind::job_retrying).details().code == "E1");
  CHECK(w.news() == lines{"job.started running", "job.retrying retrying"});
  w.pass(1h);
  w.end(worker, id, failure("E2"));
  CHECK(w.last(event_kind::job_failed).details().code == "E2");
  CHECK(w.news() == lines{"job.started running", "job.failed failed"});
}

TEST_CASE("a birth is told after its commit, and not when that fails", "[event]") {
  event_world w;
  w.start();
  w.news();
  w.disk_held = true;
  auto got = w.send(job_builder{}.spec());
  w.settle();
  CHECK(w.news().empty());
  w.disk_held = false;
  w.settle();
  CHECK(w.news() == lines{"job.created queued"});
  w.disk_full = true;
  got = w.send(job_builder{}.spec());
  w.settle();
  CHECK(w.news().empty());
}

TEST_CASE("an end that could not be written is told when it is", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  const auto id = w.submit();
  w.begin(worker, id);
  w.news();
  w.disk_full = true;
  w.end(worker, id);
  CHECK(w.news().empty());
  w.disk_full = false;
  w.end(worker, id); // the worker tells it again
  CHECK(w.news() == lines{"job.completed completed"});
}

TEST_CASE("a failure that is tried again, and the last one, say why", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  auto spec = job_builder{}.spec();
  spec.max_retries = 1;
  const auto id = w.submit(spec);
  w.begin(worker, id);
  w.end(worker, id, failure("E1"));
  const auto again = w.last(event_kind::job_retrying);
  CHECK(again.before == job_state::running);
  CHECK(again.details().code == "E1");
  CHECK_FALSE(again.details().reason.empty());
  w.pass(1h);
  w.begin(worker, id);
  w.news();
  w.end(worker, id, failure("E2"));
  CHECK(w.last(event_kind::job_failed).details().code == "E2");
  CHECK(w.last(event_kind::job_failed).attempt == 2);
  CHECK(w.news() == lines{"job.failed failed"});
}

TEST_CASE("dependants that are cancelled with a failure are told with it", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  auto spec = job_builder{}.spec();
  spec.max_retries = 0;
  const auto first = w.submit(spec);
  auto waits = job_builder{}.spec();
  waits.dependencies.emplace_back(first);
  const auto second = w.submit(waits);
  w.begin(worker, first);
  w.news();
  w.disk_held = true;
  w.end(worker, first, failure("E"));
  CHECK(w.news().empty());
  w.disk_held = false;
  w.settle();
  CHECK(w.last(event_kind::job_cancelled).job == second);
  CHECK(w.last(event_kind::job_cancelled).details().code == "UPSTREAM_FAILED");
  CHECK(w.news() == lines{"job.failed failed", "job.cancelled cancelled"});
}

TEST_CASE("a job that is born cancelled is born first", "[event]") {
  event_world w;
  w.start();
  const auto first = w.submit(job_builder{}.spec());
  w.ask(cancel_call{first, "not needed", {}});
  w.settle();
  w.news();
  auto waits = job_builder{}.spec();
  waits.dependencies.emplace_back(first);
  w.submit(waits);
  CHECK(w.last(event_kind::job_created).before == job_state::queued);
  CHECK(w.last(event_kind::job_cancelled).before == job_state::queued);
  CHECK(w.news() == lines{"job.created queued", "job.cancelled cancelled"});
}

TEST_CASE("an atomic batch is told as a whole, or not at all", "[event]") {
  event_world w;
  w.start();
  w.news();
  submit_request r;
  r.atomic = true;
  r.jobs = {job_builder{}.spec(), job_builder{}.spec(), job_builder{}.spec()};
  w.disk_full = true;
  w.send(r);
  w.settle();
  CHECK(w.news().empty());
  w.disk_full = false;
  w.send(r);
  w.settle();
  CHECK(w.news() == lines(3, "job.created queued"));
}

TEST_CASE("holds, releases and changes are told once, and what changes nothing is not", "[event]") {
  event_world w;
  w.start();
  const auto id = w.submit();
  w.news();
  const auto change = [&](job_patch p) {
    w.ask(modify_call{id, std::move(p), {}});
    w.settle();
  };
  job_patch hold;
  hold.held = true;
  hold.reason = "audit";
  change(hold);
  CHECK(w.last(event_kind::job_held).details().reason.find("audit") != std::string::npos);
  CHECK(w.news() == lines{"job.held queued"});
  change(hold);
  CHECK(w.news().empty());
  job_patch release;
  release.held = false;
  change(release);
  CHECK(w.news() == lines{"job.released queued"});
  job_patch urgent;
  urgent.priority = uint8_t{9};
  change(urgent);
  CHECK(w.news() == lines{"job.changed queued"});
}

TEST_CASE("a start that lies ahead is told when it is armed", "[event]") {
  event_world w;
  w.start();
  w.news();
  auto spec = job_builder{}.spec();
  spec.schedule_at = w.now.wall + 1h;
  const auto id = w.submit(spec);
  CHECK(w.news() == lines{"job.created queued", "job.scheduled scheduled"});
  w.ask(cancel_call{id, "", {}});
  w.settle();
  CHECK(w.last(event_kind::job_cancelled).before == job_state::scheduled);
}

TEST_CASE("a failed job that is brought back, or discarded, is told with its names", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  auto spec = job_builder{}.spec();
  spec.max_retries = 0;
  const auto id = w.submit(spec);
  w.begin(worker, id);
  w.end(worker, id, failure("E"));
  w.news();
  w.ask(retry_call{id, {}});
  w.settle();
  const auto again = w.last(event_kind::job_retrying);
  CHECK(again.before == job_state::failed);
  CHECK(again.type == "noop");
  w.begin(worker, id);
  w.end(worker, id, failure("E"));
  w.news();
  w.ask(cancel_call{id, "", {}});
  w.settle();
  CHECK(w.last(event_kind::job_cancelled).before == job_state::failed);
  CHECK(w.news() == lines{"job.cancelled cancelled"});
}

TEST_CASE("workers are told as they come, change and go", "[event]") {
  event_world w;
  w.start();
  w.news();
  const auto a = w.join("a");
  const auto b = w.join("b");
  CHECK(w.news() == lines{"worker.joined", "worker.joined"});
  w.happen(worker_changed{a, false});
  w.happen(worker_changed{a, false});
  w.happen(worker_changed{a, true});
  w.happen(worker_changed{b, false, true});
  CHECK(*w.last(event_kind::worker_draining).worker == "b");
  CHECK(w.news() == lines{"worker.suspect", "worker.ready", "worker.draining"});
  w.happen(worker_gone{b, "the worker left", true});
  const auto id = w.submit();
  w.begin(a, id);
  w.news();
  w.leave(a);
  CHECK(w.last(event_kind::worker_lost).details().reason == "its lease ran out");
  CHECK(w.news() == lines{"worker.lost", "job.retrying retrying"});
}

TEST_CASE("progress is told of an attempt that runs", "[event]") {
  event_world w;
  w.start();
  const auto worker = w.join("w1");
  const auto id = w.submit();
  const auto fence = w.order_of(worker, id)->fence;
  const auto say = [&](uint64_t f) {
    worker_news news{worker, {}, {}, {}};
    news.progress.push_back({id.value, f, 40, "half"});
    w.happen(std::move(news));
    w.settle();
  };
  w.news();
  say(fence); // not started yet
  CHECK(w.news().empty());
  w.begin(worker, id);
  w.news();
  say(fence + 1);
  CHECK(w.news().empty());
  say(fence);
  CHECK(w.last(event_kind::job_progress).percent == 40);
  CHECK(w.last(event_kind::job_progress).details().reason == "half");
  CHECK(w.news() == lines{"job.progress running"});
}

TEST_CASE("limits are told when they are written", "[event]") {
  event_world w;
  w.start();
  w.news();
  const auto pause = [&](limit_kind kind, bool on) {
    w.ask_limit({{kind, "x", kind == limit_kind::key ? "k" : ""}, {}, on, {}});
  };
  pause(limit_kind::queue, true);
  pause(limit_kind::queue, false);
  pause(limit_kind::type, true);
  CHECK(w.last(event_kind::type_changed).type == "x");
  CHECK(w.last(event_kind::type_changed).details().reason == "paused");
  pause(limit_kind::key, true);
  CHECK(w.last(event_kind::key_changed).details().name == "k");
  w.ask_limit({{limit_kind::queue, "x", ""}, {}, {}, {}}); // only asks
  CHECK(w.news() == lines{"queue.paused", "queue.resumed", "type.changed", "key.changed"});
  w.disk_full = true;
  pause(limit_kind::queue, true);
  CHECK(w.news().empty());
}

TEST_CASE("after a restart only what happens anew is told", "[event]") {
  event_world w;
  w.start();
  w.submit();
  event_world again;
  again.disk = w.disk;
  again.start({}, 2);
  CHECK(again.news() == lines{"scheduler.recovered"});
  again.core.drain();
  again.end_turn();
  again.end_turn();
  CHECK(again.news() == lines{"scheduler.draining"});
}
