#include "core/calendar/schedule.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using std::chrono::hours, std::chrono::minutes, std::chrono::seconds, std::chrono::years;
using std::chrono::sys_days, std::chrono::year;

namespace {

time_point at(int hour, int minute = 0, int second = 0) {
  return sys_days{year{2026} / 5 / 1} + hours{hour} + minutes{minute} + seconds{second};
}

schedule_rules by_cron(const char* text) {
  auto c = cron::parse(text);
  REQUIRE(c);
  schedule_rules r;
  r.when = std::move(*c);
  return r;
}

using moments = std::vector<time_point>;

} // namespace

TEST_CASE("schedule: every, once and cron, from their start until their end", "[schedule]") {
  schedule_rules r;
  r.when = fire_every{90s, at(8)};
  CHECK(next_fire(r, at(1)) == at(8));
  CHECK(next_fire(r, at(8)) == at(8, 1, 30));
  CHECK(next_fire(r, at(8, 1, 29)) == at(8, 1, 30));
  CHECK(next_fire(r, at(8, 1, 30)) == at(8, 3));
  r.starts_at = at(8, 3);
  CHECK(next_fire(r, at(1)) == at(8, 3));
  r.ends_at = at(8, 4, 30); // the end is not within
  CHECK(next_fire(r, at(8, 3)) == std::nullopt);
  r = {};
  r.when = fire_once{at(9)};
  CHECK(next_fire(r, at(8)) == at(9));
  CHECK(next_fire(r, at(9)) == std::nullopt);
  r = by_cron("30 * * * *");
  r.starts_at = at(10, 30);
  CHECK(next_fire(r, at(1)) == at(10, 30));
  CHECK(next_fire(r, at(10, 29, 59) + 999ms) == at(10, 30)); // of whole seconds, whatever is asked
  CHECK(next_fire(r, at(10, 30) + 1us) == at(11, 30));
}

TEST_CASE("schedule: each fire time is due once", "[schedule]") {
  const auto r = by_cron("*/10 * * * *");
  CHECK(fires_due(r, "s", at(8), at(8, 9, 59)).serve.empty());
  const auto due = fires_due(r, "s", at(8), at(8, 10));
  CHECK(due.serve == moments{at(8, 10)});
  CHECK(due.handled == at(8, 10));
  CHECK(fires_due(r, "s", due.handled, at(8, 10, 30)).serve.empty());
  // The clock was set back: nothing comes a second time.
  CHECK(fires_due(r, "s", due.handled, at(7)).serve.empty());
  CHECK(fires_due(r, "s", due.handled, at(7)).handled == at(8, 10));
}

TEST_CASE("schedule: what passed unserved is caught up with as asked", "[schedule]") {
  auto r = by_cron("*/10 * * * *");
  const auto now = at(9, 5);
  r.missed = catch_up_rule::none;
  auto due = fires_due(r, "s", at(8), now);
  CHECK(due.serve.empty());
  CHECK(due.missed == 6);
  CHECK(due.handled == at(9));
  r.missed = catch_up_rule::last;
  due = fires_due(r, "s", at(8), now);
  CHECK(due.serve == moments{at(9)});
  CHECK(due.missed == 5);
  r.missed = catch_up_rule::all;
  CHECK(fires_due(r, "s", at(8), now).serve.size() == 6);
  r.catch_up_max = 2;
  due = fires_due(r, "s", at(8), now);
  CHECK(due.serve == moments{at(8, 50), at(9)});
  CHECK(due.missed == 4);
}

TEST_CASE("schedule: a fire time that is hardly late is served, and is the last one then", "[schedule]") {
  auto r = by_cron("*/10 * * * *");
  for (auto missed : {catch_up_rule::none, catch_up_rule::last}) {
    r.missed = missed;
    const auto due = fires_due(r, "s", at(8), at(9, 0, 59));
    CHECK(due.serve == moments{at(9)});
    CHECK(due.missed == 5);
  }
}

TEST_CASE("schedule: a year of seconds without anybody takes no longer than some", "[schedule]") {
  auto r = by_cron("* * * * 1 *"); // every second of January: months ago
  r.missed = catch_up_rule::all;
  const auto due = fires_due(r, "s", sys_days{year{2025} / 1 / 1}, at(8));
  REQUIRE(due.serve.size() == r.catch_up_max);
  CHECK(due.handled == sys_days{year{2026} / 1 / 31} + 23h + 59min + 59s);
  CHECK(due.missed > 800);
  CHECK(due.missed + due.serve.size() <= fires_counted_max);
  r.when = fire_every{1s, at(0)};
  r.missed = catch_up_rule::last;
  CHECK(fires_due(r, "s", at(0), at(0) + years{3}).serve.size() >= 60); // the last minute is not late
}

TEST_CASE("schedule: jitter delays each fire time by its own amount, always the same", "[schedule]") {
  auto r = by_cron("0 * * * *");
  r.jitter = 10min;
  duration least = r.jitter, most{0};
  for (int i = 0; i < 24; ++i) {
    const auto d = jitter_of(r, "nightly", at(i));
    CHECK(d == jitter_of(r, "nightly", at(i)));
    CHECK(d >= 0s);
    CHECK(d <= r.jitter);
    least = std::min(least, d);
    most = std::max(most, d);
  }
  CHECK(most - least > 5min);
  CHECK(jitter_of(r, "nightly", at(3)) != jitter_of(r, "daily", at(3)));
  const auto d = jitter_of(r, "nightly", at(3));
  CHECK(fires_due(r, "nightly", at(2, 30), at(3) + d - 1us).serve.empty());
  CHECK(fires_due(r, "nightly", at(2, 30), at(3) + d).serve == moments{at(3)});
}

TEST_CASE("schedule: what happens while former jobs are unfinished", "[schedule]") {
  for (auto rule : {overlap_rule::allow, overlap_rule::skip, overlap_rule::queue, overlap_rule::replace})
    CHECK(decide_fire(rule, 0) == fire_decision::submit);
  CHECK(decide_fire(overlap_rule::allow, 1) == fire_decision::submit);
  CHECK(decide_fire(overlap_rule::skip, 1) == fire_decision::skip);
  CHECK(decide_fire(overlap_rule::queue, 1) == fire_decision::wait);
  CHECK(decide_fire(overlap_rule::replace, 2) == fire_decision::cancel_others_and_submit);
}
