// Schedules through the actors: written down, served by the clock, found again by the next process.
#include "tests/actors/scheduler_fixture.hpp"

#include <optional>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

struct schedule_fixture : scheduler_fixture {
  template <class T, class Call>
  result<T> ask(Call c) {
    std::optional<result<T>> got;
    c.reply = answer<T>{[&got](result<T> x) { got.emplace(std::move(x)); }};
    caf::anon_send(manager, std::move(c));
    settle();
    REQUIRE(got);
    return std::move(*got);
  }
  schedule_definition every_minute(uint32_t jitter_seconds = 0) {
    schedule_definition d;
    d.name = "minutely";
    d.rules.when = fire_every{1min, now()};
    d.rules.jitter = std::chrono::seconds{jitter_seconds};
    d.job = spec();
    d.job.payload = blob{std::string{R"({"at":"${schedule.time}"})"}};
    return d;
  }
  schedule_view put(schedule_definition d) {
    schedule_put_call c;
    c.definition = std::move(d);
    auto got = ask<schedule_view>(std::move(c));
    REQUIRE(got);
    return std::move(*got);
  }
  schedule_view view() {
    schedule_list_call c;
    c.only = "minutely";
    auto got = ask<schedule_page>(std::move(c));
    REQUIRE(got);
    return got->schedules.front();
  }
};

} // namespace

TEST_CASE_METHOD(schedule_fixture, "schedules: served by the clock, across a kill", "[schedule]") {
  start();
  put(every_minute());
  const auto begun = now();
  advance(61s);
  const auto first = view().progress.last_job;
  REQUIRE(first);
  CHECK(get(first).spec.origin->fire == begun + 1min);
  CHECK(get(first).spec.tags == std::vector<std::string>{"schedule:minutely"});
  CHECK(get(first).spec.payload.view().find("${") == std::string_view::npos);
  kill();
  start();
  CHECK(view().progress.fired == 1);
  CHECK(view().unfinished == 1);
  advance(1min);
  CHECK(view().progress.fired == 2);
  CHECK(view().progress.last_job != first);
  CHECK(get(view().progress.last_job).spec.origin->fire == begun + 2min);
}

TEST_CASE_METHOD(schedule_fixture, "schedules: the time of day is set ahead, and the scheduler sees it", "[schedule]") {
  start();
  put(every_minute());
  step_wall(10min);
  advance(2s); // scheduler.clock_look
  CHECK(view().progress.fired == 1);
  CHECK(view().progress.missed == 9);
}

TEST_CASE_METHOD(schedule_fixture, "schedules: all versions can be read, the latest first", "[schedule]") {
  start();
  put(every_minute());
  CHECK(put(every_minute(5)).definition->version == 2);
  schedule_history_call c;
  c.name = "minutely";
  const auto got = ask<schedule_versions>(std::move(c));
  REQUIRE(got);
  REQUIRE(got->versions.size() == 2);
  CHECK(got->versions[0]->version == 2);
  CHECK(got->versions[0]->rules.jitter == 5s);
  CHECK(got->versions[1]->version == 1);
  schedule_history_call none;
  none.name = "nobody";
  CHECK(ask<schedule_versions>(std::move(none)).err().code == ec::unknown_schedule);
}
