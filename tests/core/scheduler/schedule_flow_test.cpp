// Schedules in the core: a fire time and its job are one write.
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct schedule_world : hand_world {
  using hand_world::hand_world;
  schedule_definition every(duration period, overlap_rule overlap = overlap_rule::allow) const {
    schedule_definition d;
    d.name = "s";
    d.rules.when = fire_every{period, now.wall};
    d.rules.when_unfinished = overlap;
    d.job = job_builder{}.spec();
    return d;
  }
  schedule_answer put(schedule_definition d) {
    auto got = ask_schedule(schedule_put_call{std::move(d), false, {}, {}});
    settle();
    return got;
  }
  schedule_answer change(schedule_change_call::action what) {
    auto got = ask_schedule(schedule_change_call{"s", what, {}});
    settle();
    return got;
  }
  schedule_view view() const {
    return page_of(core.state(), {{}, 1, "s", {}})->schedules.front();
  }
  std::vector<job_id> jobs() const {
    std::vector<job_id> out;
    for (const auto& [id, rec] : disk)
      if (rec.spec.origin)
        out.push_back(id);
    return out;
  }
  auto schedule_facts() const {
    return std::count_if(facts.begin(), facts.end(), [](const auto& f) { return f.first.starts_with("schedule"); });
  }
  schedule_progress stored() const {
    return *parse_schedule_progress(facts.at("schedule-progress/s"));
  }
};

using action = schedule_change_call::action;

} // namespace

TEST_CASE_METHOD(schedule_world, "schedules: a fire time is written with its job", "[scheduler]") {
  start();
  const auto got = put(every(1min));
  REQUIRE((***got).definition->version == 1);
  CHECK(core.next_wake().wall == now.wall + 1min);
  CHECK(facts.at("schedule/s") == "s v1");
  const auto begun = now.wall;
  pass(1min);
  REQUIRE(jobs().size() == 1);
  CHECK(disk.at(jobs()[0]).spec.origin == schedule_origin{"s", 1, begun + 1min, false});
  CHECK(stored().handled == begun + 1min);
  CHECK(stored().last_job == jobs()[0]);
  CHECK(stored() == view().progress);
  CHECK(core.next_wake().wall == now.wall + 1min);
}

TEST_CASE_METHOD(schedule_world, "schedules x a full disk: the fire time is served later, once", "[scheduler]") {
  start();
  put(every(1min));
  const auto due = now.wall + 1min;
  disk_full = true;
  pass(1min);
  CHECK(jobs().empty());
  CHECK_FALSE(view().trouble.empty());
  CHECK(stored().fired == 0);
  CHECK(core.next_wake().steady == now.steady + 1s);
  disk_full = false;
  pass(1s);
  REQUIRE(jobs().size() == 1);
  CHECK(disk.at(jobs()[0]).spec.origin->fire == due);
  CHECK(view().trouble.empty());
  CHECK(stored().fired == 1);
}

TEST_CASE("schedules x jobs.waiting_max: the fire time waits for room", "[scheduler]") {
  auto s = hand_world::plain_settings();
  s.waiting_max = 1;
  schedule_world world{s};
  world.start();
  const auto full = world.submit();
  world.put(world.every(1min));
  world.pass(1min);
  CHECK(world.jobs().empty());
  CHECK(world.view().trouble.find("jobs.waiting_max") != std::string::npos);
  world.ask(cancel_call{full, "", {}});
  world.settle();
  world.pass(1s);
  CHECK(world.jobs().size() == 1);
}

TEST_CASE_METHOD(schedule_world, "schedules x overlap: queue waits for the end of the former job", "[scheduler]") {
  start();
  put(every(1min, overlap_rule::queue));
  pass(1min);
  pass(1min);
  REQUIRE(jobs().size() == 1);
  CHECK(view().progress.waiting == now.wall);
  const auto w = join("w1");
  end(w, jobs()[0]);
  REQUIRE(jobs().size() == 2);
  CHECK(disk.at(jobs()[1]).spec.origin->fire == now.wall);
  CHECK_FALSE(view().progress.waiting);
}

TEST_CASE_METHOD(schedule_world, "schedules x overlap: replace cancels the former job", "[scheduler]") {
  start();
  put(every(1min, overlap_rule::replace));
  pass(1min);
  const auto first = jobs().at(0);
  pass(1min);
  CHECK(disk.at(first).state == job_state::cancelled);
  CHECK(disk.at(first).error->message == "replaced by the next job of schedule s");
  CHECK(jobs().size() == 2);
}

TEST_CASE_METHOD(schedule_world, "schedules x clock: set back it fires nothing again, set ahead it catches up",
                 "[scheduler]") {
  start();
  auto d = every(1min);
  d.rules.missed = catch_up_rule::all;
  put(d);
  pass(1min);
  now.wall -= 30min;
  pass(1min);
  CHECK(jobs().size() == 1);
  now.wall += 31min;
  pass(0s);
  CHECK(jobs().size() == 3); // the second and the third minute
  CHECK(stored().missed == 0);
}

TEST_CASE_METHOD(schedule_world, "schedules: pause, resume, run now, remove", "[scheduler]") {
  start();
  put(every(1min));
  REQUIRE((***change(action::pause)).progress.paused);
  CHECK(core.next_wake().wall == time_point::max());
  pass(5min);
  CHECK(jobs().empty());
  auto ran = std::make_shared<std::optional<result<submit_answer>>>();
  happen(schedule_run_call{"s", answer<submit_answer>{[ran](result<submit_answer> x) { ran->emplace(std::move(x)); }}});
  settle();
  REQUIRE(static_cast<bool>(**ran));
  CHECK(disk.at((***ran).id).spec.origin->by_hand);
  CHECK(stored().last_job == (***ran).id);
  CHECK(stored().fired == 0);
  CHECK(stored().paused);
  REQUIRE_FALSE((***change(action::resume)).progress.paused);
  CHECK(jobs().size() == 3); // of the five that passed meanwhile the two that are not late
  CHECK(stored().missed == 3);
  CHECK(**change(action::remove));
  CHECK(schedule_facts() == 0);
  CHECK((*change(action::pause))->err().code == ec::unknown_schedule);
  pass(5min);
  CHECK(jobs().size() == 3);
}

TEST_CASE_METHOD(schedule_world, "schedules x versions: kept, told apart, and counted from their beginning",
                 "[scheduler]") {
  start();
  put(every(1min));
  CHECK((*ask_schedule(schedule_put_call{every(1min), true, {}, {}}))->err().code == ec::invalid_state);
  CHECK((*ask_schedule(schedule_put_call{every(1min), false, 2, {}}))->err().code == ec::version_conflict);
  pass(1min);
  auto got = ask_schedule(schedule_put_call{every(1h), false, 1, {}});
  settle();
  CHECK((***got).definition->version == 2);
  CHECK(facts.count("schedule-version/s/0000000001") == 1);
  CHECK(facts.count("schedule-version/s/0000000002") == 1);
  CHECK(stored().fired == 1);
  CHECK(core.next_wake().wall == now.wall + 1h);
  for (uint32_t v = 3; v <= 25; ++v)
    put(every(1h));
  CHECK(facts.count("schedule-version/s/0000000005") == 0);
  CHECK(facts.count("schedule-version/s/0000000006") == 1);
}

TEST_CASE_METHOD(schedule_world, "schedules: calls about one schedule are carried out one after the other",
                 "[scheduler]") {
  start();
  put(every(1min));
  disk_held = true;
  pass(1min); // its job is on its way to the disk
  const auto paused = ask_schedule(schedule_change_call{"s", action::pause, {}});
  const auto resumed = ask_schedule(schedule_change_call{"s", action::resume, {}});
  const auto removed = ask_schedule(schedule_change_call{"s", action::remove, {}});
  CHECK_FALSE(paused->has_value());
  disk_held = false;
  settle();
  CHECK((***paused).progress.paused);
  CHECK((***paused).progress.fired == 1);
  CHECK_FALSE((***resumed).progress.paused);
  CHECK(**removed);
  CHECK(schedule_facts() == 0);
}

TEST_CASE_METHOD(schedule_world, "schedules x draining: nothing fires, and calls that wait are refused",
                 "[scheduler]") {
  start();
  put(every(1min));
  disk_held = true;
  ask_schedule(schedule_change_call{"s", action::pause, {}});
  const auto waiting = ask_schedule(schedule_change_call{"s", action::resume, {}});
  core.drain();
  REQUIRE(waiting->has_value());
  CHECK((*waiting)->err().code == ec::shutting_down);
  CHECK_FALSE(core.drained());
  disk_held = false;
  settle();
  CHECK(core.drained());
  pass(5min);
  CHECK(jobs().empty());
}

TEST_CASE_METHOD(schedule_world, "schedules x restart: it goes on where it stood", "[scheduler]") {
  auto d = every(1min);
  d.rules.when = fire_every{1min, now.wall - 1h};
  d.version = 4;
  d.changed_at = now.wall - 1h;
  d.rules.missed = catch_up_rule::none;
  schedule_progress p;
  p.handled = now.wall - 2min; // two have passed meanwhile, one of them in time
  core.on_opened({2, job_id{}, {}, {{d, p}}, {}}, now);
  end_turn();
  CHECK(core.next_wake().wall == time_point::max()); // not before it is known which jobs live
  core.on_recovery_complete(now);
  end_turn();
  settle();
  CHECK(jobs().size() == 2);
  CHECK(disk.at(jobs()[0]).spec.origin == schedule_origin{"s", 4, now.wall - 1min, false});
  CHECK(stored().handled == now.wall);
}

TEST_CASE("schedules: more of them than schedules.count_max are refused", "[scheduler]") {
  auto s = hand_world::plain_settings();
  s.schedules_max = 1;
  schedule_world world{s};
  world.start();
  world.put(world.every(1min));
  auto d = world.every(1min);
  d.name = "t";
  const auto got = world.put(d);
  CHECK((*got)->err().code == ec::queue_full);
  CHECK((*got)->err().message.find("schedules.count_max") != std::string::npos);
}
