// One decision after the other for a schedule: what is submitted, and where it stands then.
#include "core/calendar/schedule_step.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const time_point start = std::chrono::sys_days{std::chrono::year{2026} / 5 / 1};

schedule_definition every_minute(overlap_rule overlap, catch_up_rule missed = catch_up_rule::last) {
  schedule_definition d;
  d.name = "s";
  d.version = 1;
  d.changed_at = start;
  d.rules.when = fire_every{1min, start};
  d.rules.when_unfinished = overlap;
  d.rules.missed = missed;
  d.job.type = "noop";
  return d;
}

struct living {
  std::set<uint64_t> ids;
  bool operator()(job_id id) const {
    return ids.count(id.value) != 0;
  }
};

} // namespace

TEST_CASE("schedule step: a fire time is submitted once, and moves the schedule on", "[schedule]") {
  const auto d = every_minute(overlap_rule::allow);
  auto p = progress_of_version(d, nullptr);
  CHECK(next_due(d, p) == start + 1min);
  CHECK_FALSE(next_step(d, p, start + 59s, living{}));
  auto s = next_step(d, p, start + 61s, living{});
  REQUIRE(s);
  CHECK(s->fire == start + 1min);
  CHECK(s->after.handled == start + 1min);
  CHECK(s->after.last_fire == start + 1min);
  CHECK(s->after.fired == 1);
  CHECK_FALSE(next_step(d, s->after, start + 61s, living{}));
  // The clock is set back: what has fired does not fire again.
  CHECK_FALSE(next_step(d, s->after, start - 1h, living{}));
  CHECK(next_due(d, s->after) == start + 2min);
}

TEST_CASE("schedule step: overlap x unfinished jobs", "[schedule]") {
  const living one{{7}};
  const auto with_job = [](const schedule_definition& d) {
    auto p = progress_of_version(d, nullptr);
    add_job(p, job_id{7});
    return p;
  };
  SECTION("skip") {
    const auto d = every_minute(overlap_rule::skip);
    const auto s = next_step(d, with_job(d), start + 1min, one);
    REQUIRE(s);
    CHECK_FALSE(s->fire);
    CHECK(s->after.skipped == 1);
    CHECK(s->after.handled == start + 1min);
    CHECK(next_step(d, with_job(d), start + 1min, living{})->fire == start + 1min);
  }
  SECTION("replace") {
    const auto d = every_minute(overlap_rule::replace);
    const auto s = next_step(d, with_job(d), start + 1min, one);
    REQUIRE(s);
    CHECK(s->fire == start + 1min);
    CHECK(s->cancel == std::vector{job_id{7}});
  }
  SECTION("queue: the latest waits, and is submitted when the others have ended") {
    const auto d = every_minute(overlap_rule::queue);
    const auto first = next_step(d, with_job(d), start + 1min, one);
    REQUIRE(first);
    CHECK_FALSE(first->fire);
    CHECK(first->after.waiting == start + 1min);
    const auto second = next_step(d, first->after, start + 2min, one);
    REQUIRE(second);
    CHECK(second->after.waiting == start + 2min);
    CHECK(second->after.skipped == 1);
    const auto third = next_step(d, second->after, start + 2min + 30s, living{});
    REQUIRE(third);
    CHECK(third->fire == start + 2min);
    CHECK_FALSE(third->after.waiting);
    CHECK(third->after.handled == start + 2min);
    CHECK(third->after.unfinished.empty());
  }
}

TEST_CASE("schedule step: catch-up x a long absence", "[schedule]") {
  const auto after_ten = start + 10min + 30s; // nine fire times are late, the tenth is in time
  const auto run = [&](catch_up_rule rule) {
    auto d = every_minute(overlap_rule::allow, rule);
    d.rules.catch_up_max = 3;
    auto p = progress_of_version(d, nullptr);
    std::vector<time_point> fired;
    while (auto s = next_step(d, p, after_ten, living{})) {
      if (s->fire)
        fired.push_back(*s->fire);
      p = s->after;
    }
    CHECK(p.fired + p.missed == 10);
    return fired;
  };
  CHECK(run(catch_up_rule::none) == std::vector{start + 10min});
  CHECK(run(catch_up_rule::last) == std::vector{start + 10min});
  CHECK(run(catch_up_rule::all) == std::vector{start + 7min, start + 8min, start + 9min, start + 10min});
}

TEST_CASE("schedule step: paused, or without its zone, nothing happens, and later the catch-up rule decides",
          "[schedule]") {
  auto d = every_minute(overlap_rule::allow, catch_up_rule::none);
  auto p = progress_of_version(d, nullptr);
  p.paused = true;
  CHECK_FALSE(next_step(d, p, start + 1h, living{}));
  CHECK_FALSE(next_due(d, p));
  p.paused = false;
  const auto s = next_step(d, p, start + 1h + 30s, living{});
  REQUIRE(s);
  CHECK(s->fire == start + 1h);
  CHECK(s->after.missed == 59);
  d.fault = "no such zone";
  CHECK_FALSE(next_step(d, p, start + 1h, living{}));
}

TEST_CASE("schedule step: each fire time is decided exactly once, whatever the clock does", "[schedule]") {
  CHECK(rc::check("fired + missed + skipped + waiting = passed", [] {
    auto d =
      every_minute(*rc::gen::elementOf(
                     std::vector{overlap_rule::allow, overlap_rule::skip, overlap_rule::queue, overlap_rule::replace}),
                   *rc::gen::elementOf(std::vector{catch_up_rule::none, catch_up_rule::last, catch_up_rule::all}));
    d.rules.catch_up_max = *rc::gen::inRange(1u, 5u);
    d.rules.jitter = *rc::gen::element<duration>(0s, 20s);
    auto p = progress_of_version(d, nullptr);
    std::set<time_point> fires;
    living alive;
    uint64_t last = 0;
    auto now = start;
    for (const auto move : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-300, 600))) {
      now += std::chrono::seconds{move};
      if (move % 3 == 0)
        alive.ids.clear();
      while (auto s = next_step(d, p, now, alive)) {
        p = s->after;
        if (!s->fire)
          continue;
        RC_ASSERT(fires.insert(*s->fire).second);
        alive.ids.insert(++last);
        add_job(p, job_id{last});
      }
      RC_ASSERT(parse_schedule_progress(to_text(p)) && *parse_schedule_progress(to_text(p)) == p);
    }
    const auto passed = static_cast<uint64_t>((p.handled - start) / 1min);
    RC_ASSERT(passed == p.fired + p.missed + p.skipped + p.waiting.has_value());
    RC_ASSERT(p.fired == fires.size());
    RC_ASSERT(p.unfinished.size() <= schedule_unfinished_max);
  }));
}

TEST_CASE("schedule: the job of a fire time", "[schedule]") {
  auto d = every_minute(overlap_rule::allow);
  d.version = 3;
  d.job.tags = {"nightly"};
  d.start_within = 10min;
  d.job.payload = blob{R"({"a":"${schedule.date}/${schedule.time}","b":"${schedule.x}"})"};
  const auto fire = start + 2h + 30min;
  const auto spec = job_for(d, fire, false);
  CHECK(spec.payload.view() == R"({"a":"2026-05-01/2026-05-01T02:30:00Z","b":"${schedule.x}"})");
  CHECK(spec.tags == std::vector<std::string>{"nightly", "schedule:s"});
  CHECK(spec.deadline == fire + 10min);
  CHECK(spec.origin == schedule_origin{"s", 3, fire, false});
}

TEST_CASE("schedule: the date of a fire time is that of its zone", "[schedule]") {
  class two_hours_behind final : public zone_rules {
    span at(std::chrono::sys_seconds) const override {
      return {std::chrono::sys_seconds::min(), std::chrono::sys_seconds::max(), -2h};
    }
  };
  auto d = every_minute(overlap_rule::allow);
  d.rules.zone = std::make_shared<two_hours_behind>();
  d.job.payload = blob{R"("${schedule.date}")"};
  CHECK(job_for(d, start + 1h, false).payload.view() == R"("2026-04-30")");
}

TEST_CASE("schedule: where it stands, as text", "[schedule]") {
  schedule_progress p;
  p.paused = true;
  p.handled = start;
  p.waiting = start + 1s;
  p.last_fire = start - 1s;
  p.last_job = job_id{UINT64_MAX};
  p.fired = 5;
  p.missed = 6;
  p.skipped = 7;
  p.unfinished = {job_id{3}, job_id{2}};
  const auto back = parse_schedule_progress(to_text(p));
  REQUIRE(back);
  CHECK(*back == p);
  CHECK(parse_schedule_progress(to_text(p) + " later=1")); // of a later program
  for (const auto* bad : {"", "paused=0", "handled=", "handled=x", "handled=1 fired=-1", "handled=1 unfinished=1,x",
                          "handled=1 paused=2", "handled"})
    CHECK_FALSE(parse_schedule_progress(bad));
}
