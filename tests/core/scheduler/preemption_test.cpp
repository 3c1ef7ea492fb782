// Running attempts are stopped so that a more urgent job gets their place.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct preempting_world : hand_world {
  explicit preempting_world(decision_settings s = plain_settings()) : hand_world(std::move(s)) {
    start();
    allow(rate_limit{60, 60s, 1});
  }
  void allow(std::optional<rate_limit> r) {
    limit_call c;
    c.target = {limit_kind::queue, "default", {}};
    c.rule.emplace().preemption = r;
    ask_limit(std::move(c));
  }
  /// A job that runs on w.
  job_id run(worker_id w, job_builder b) {
    const auto id = submit(b.spec());
    REQUIRE(has(w, id));
    begin(w, id);
    return id;
  }
  job_id low(worker_id w, uint8_t priority = 2, duration min_run = 0s) {
    return run(w, job_builder{}.priority(priority).preemptible(min_run));
  }
  job_id urgent(uint8_t priority = 9) {
    return submit(job_builder{}.priority(priority).preempts().spec());
  }
  /// Jobs whose attempts the worker was asked to stop.
  std::vector<job_id> asked(worker_id w) {
    std::vector<job_id> out;
    for (const auto& x : told[w].preempted)
      out.push_back(job_id{x.job});
    return out;
  }
  void hand_back(worker_id w, job_id id, job_id by) {
    attempt_outcome o;
    o.kind = outcome_kind::returned;
    o.started_at = now.wall;
    o.message = "preempted for " + to_string(by);
    end(w, id, o);
  }
  std::vector<std::string> why(job_id id) {
    std::vector<std::string> out;
    const auto x = explain(core, id, now);
    for (const auto& r : x->reasons)
      out.push_back(r.code);
    return out;
  }
  bool says(job_id id, const std::string& code) {
    const auto all = why(id);
    return std::count(all.begin(), all.end(), code) == 1;
  }
};

using jobs = std::vector<job_id>;

} // namespace

TEST_CASE_METHOD(preempting_world, "preemption: the victim goes back uncharged, and the urgent job gets its place",
                 "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  const auto id = urgent();
  REQUIRE(asked(w) == jobs{victim});
  CHECK(told[w].preempted.front().by == id.value);
  CHECK_FALSE(told[w].preempted.front().if_waiting);
  CHECK(preempted == 1);
  CHECK(says(victim, "preempted"));
  CHECK(says(id, "preempting"));
  end_turn();
  CHECK(asked(w).size() == 1); // once
  hand_back(w, victim, id);
  CHECK(has(w, id));
  CHECK(live(victim)->state == job_state::retrying);
  CHECK(live(victim)->has(job_flag::ready));
  end(w, id);
  REQUIRE(order_of(w, victim)->number == 2);
  end(w, victim);
  CHECK(disk.at(victim).retry_count == 0);
  CHECK(disk.at(victim).loss_count == 0);
  const auto& h = disk.at(victim).history;
  CHECK(std::any_of(h.begin(), h.end(), [&](const auto& x) { return x.reason == "preempted for " + to_string(id); }));
}

TEST_CASE_METHOD(preempting_world, "preemption: only what asks for it, is of lower priority and may be stopped",
                 "[preemption]") {
  const auto w = join("w1");
  SECTION("the victim may not be stopped") {
    run(w, job_builder{}.priority(0));
    urgent();
  }
  SECTION("the same priority") {
    low(w, 9);
    urgent(9);
  }
  SECTION("the job does not preempt") {
    low(w);
    submit(job_builder{}.priority(9).spec());
  }
  SECTION("its queue does not allow it") {
    allow(std::nullopt);
    low(w);
    CHECK(says(urgent(), "preemption_not_allowed"));
  }
  SECTION("another worker has room") {
    low(w);
    const auto other = join("w2");
    CHECK(has(other, urgent()));
  }
  pass(1h);
  CHECK(asked(w).empty());
}

TEST_CASE_METHOD(preempting_world, "preemption: waits for the promised run, and wakes for it", "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w, 2, 30s);
  pass(10s);
  urgent();
  CHECK(asked(w).empty());
  CHECK(core.next_wake().steady == now.steady + 20s);
  pass(19s);
  CHECK(asked(w).empty());
  pass(1s);
  CHECK(asked(w) == jobs{victim});
}

TEST_CASE_METHOD(preempting_world, "preemption: the lowest priority first, then the one that has run least",
                 "[preemption]") {
  const auto w = join("w1", 3);
  low(w, 4);
  pass(10s);
  low(w, 1);
  pass(10s);
  const auto young = low(w, 1);
  pass(10s);
  urgent();
  CHECK(asked(w) == jobs{young});
}

TEST_CASE_METHOD(preempting_world, "preemption: as few as a large job needs, all on one worker", "[preemption]") {
  const auto w1 = join("w1", 2), w2 = join("w2", 3);
  std::vector<job_id> all;
  for (int i = 0; i < 5; ++i) {
    const auto id = submit(job_builder{}.priority(1).preemptible().spec());
    begin(has(w1, id) ? w1 : w2, id);
  }
  auto spec = job_builder{}.priority(9).preempts().spec();
  spec.resources.slots = 3;
  const auto id = submit(spec);
  CHECK(asked(w1).empty());
  REQUIRE(asked(w2).size() == 3);
  // What becomes free is kept for it, and for no smaller job.
  const auto small = submit(job_builder{}.priority(9).spec());
  for (auto victim : asked(w2)) {
    CHECK_FALSE(has(w2, small));
    hand_back(w2, victim, id);
  }
  CHECK(has(w2, id));
  CHECK_FALSE(has(w2, small));
}

TEST_CASE_METHOD(preempting_world, "preemption x loss of the victim's worker: the job goes elsewhere", "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  const auto id = urgent();
  leave(w);
  CHECK_FALSE(says(id, "preempting"));
  const auto other = join("w2");
  CHECK(has(other, id));
  CHECK(live(victim)->has(job_flag::ready));
  CHECK(disk.at(victim).retry_count == 0);
  CHECK(disk.at(victim).loss_count == 1);
}

TEST_CASE_METHOD(preempting_world, "preemption x victim completes at the same time: that counts", "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  const auto id = urgent();
  REQUIRE(asked(w).size() == 1);
  end(w, victim);
  CHECK(disk.at(victim).state == job_state::completed);
  CHECK(has(w, id));
}

TEST_CASE_METHOD(preempting_world, "preemption x cancel of the preemptor: the worker is there for all again",
                 "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  const auto id = urgent();
  const auto next = submit(job_builder{}.priority(5).spec());
  ask(cancel_call{id, "", {}});
  settle();
  CHECK_FALSE(core.state().ledger.fit().is_kept(w));
  hand_back(w, victim, id);
  CHECK(has(w, next));
  CHECK(live(victim)->has(job_flag::ready));
}

TEST_CASE_METHOD(preempting_world, "preemption x limits by key: one that is held takes nothing", "[preemption]") {
  const auto w = join("w1", 2);
  limit_call c;
  c.target = {limit_kind::queue, "default", {}};
  c.rule.emplace().preemption = rate_limit{60, 60s, 1};
  c.rule->per_key.concurrency = 1;
  ask_limit(std::move(c));
  auto keyed = job_builder{}.priority(9).preempts().spec();
  keyed.concurrency_key = "k";
  const auto first = submit(keyed);
  begin(w, first);
  low(w);
  const auto second = submit(keyed);
  CHECK(asked(w).empty());
  CHECK(says(second, "key_concurrency"));
  // One that comes to be held while its victim stops lets go.
  end(w, first);
  CHECK(has(w, second));
}

TEST_CASE_METHOD(preempting_world, "preemption x a limit that closes meanwhile: the worker is let go", "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  const auto id = urgent();
  limit_call c;
  c.target = {limit_kind::queue, "default", {}};
  c.paused = true;
  ask_limit(std::move(c));
  CHECK_FALSE(core.state().ledger.fit().is_kept(w));
  const auto other = submit(job_builder{}.queue("other").spec());
  hand_back(w, victim, id);
  CHECK(has(w, other));
}

TEST_CASE("preemption x aging: the base priority decides", "[preemption]") {
  auto s = hand_world::plain_settings();
  s.aging_step = 1s;
  preempting_world x{s};
  const auto w = x.join("w1");
  x.low(w, 5);
  x.urgent(5);
  x.pass(1h); // it has the highest effective priority by now
  CHECK(x.asked(w).empty());
}

TEST_CASE_METHOD(preempting_world, "preemption x drain: nobody is stopped on a worker that leaves", "[preemption]") {
  const auto w = join("w1");
  const auto victim = low(w);
  SECTION("before") {
    happen(worker_changed{w, false});
    const auto id = urgent();
    CHECK(asked(w).empty());
    CHECK_FALSE(says(id, "preempting"));
  }
  SECTION("meanwhile") {
    const auto id = urgent();
    happen(worker_changed{w, false});
    CHECK_FALSE(says(id, "preempting"));
    hand_back(w, victim, id);
    CHECK(has(join("w2"), id));
  }
}

TEST_CASE_METHOD(preempting_world, "preemption x rate bound: the next one waits for its turn", "[preemption]") {
  allow(rate_limit{1, 60s, 1});
  const auto w = join("w1", 2);
  low(w);
  low(w);
  const auto first = urgent();
  auto other = job_builder{}.priority(9).preempts().spec();
  other.timeout = 1s;
  const auto second = submit(other);
  CHECK(asked(w).size() == 1);
  hand_back(w, asked(w).front(), first);
  CHECK(asked(w).size() == 1);
  CHECK(says(second, "preemption_rate"));
  CHECK(core.next_wake().steady == now.steady + 60s);
  pass(60s);
  CHECK(asked(w).size() == 2);
}

TEST_CASE_METHOD(hand_world, "preemption x scheduler restart: the new one decides anew, by a run that it has seen",
                 "[preemption]") {
  start();
  limit_call c;
  c.target = {limit_kind::queue, "default", {}};
  c.rule.emplace().preemption = rate_limit{60, 60s, 1};
  ask_limit(std::move(c));
  const auto low = submit(job_builder{}.priority(1).preemptible(10s).spec());
  const auto urgent = submit(job_builder{}.priority(9).preempts().spec());
  worker_arrival x; // which has run the first job for the former scheduler
  x.worker = worker_id{50};
  x.registration.slots = 1;
  x.registration.local = true;
  x.registration.types = {"noop"};
  x.registration.boot_epoch = 1;
  x.registration.held = {{low.value, 7, 1, (now.wall - 1h).time_since_epoch().count()}};
  x.name = std::make_shared<const std::string>("w1");
  happen(std::move(x));
  settle();
  CHECK(told[worker_id{50}].preempted.empty());
  pass(10s);
  REQUIRE(told[worker_id{50}].preempted.size() == 1);
  CHECK(told[worker_id{50}].preempted.front().by == urgent.value);
}

TEST_CASE("preemption x prefetch: an attempt that was given ahead is just returned", "[preemption]") {
  auto s = hand_world::plain_settings();
  s.dispatch = {16, 1h};
  preempting_world x{s};
  const auto w = x.join("w1");
  for (int i = 0; i < 20; ++i)
    x.end(w, x.run(w, job_builder{}));
  const auto running = x.low(w);
  const auto ahead = x.submit(job_builder{}.priority(1).preemptible(1h).spec());
  REQUIRE(x.has(w, ahead));
  const auto id = x.urgent();
  CHECK_FALSE(x.has(w, id)); // what preempts is not given ahead: it would wait behind what it may stop
  REQUIRE(x.asked(w).size() == 2);
  for (const auto& p : x.told[w].preempted)
    CHECK(p.if_waiting == (p.job == ahead.value));
  // It is faster: nobody stops it.
  x.begin(w, ahead);
  CHECK_FALSE(x.says(ahead, "preempted"));
  CHECK(x.says(running, "preempted"));
}
