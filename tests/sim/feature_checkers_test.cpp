#include "tests/sim/cache_checks.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/event_checks.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::sim;
using namespace std::chrono_literals;

namespace {

attempt_run attempt(uint64_t job, uint64_t f, duration from, std::optional<duration> to) {
  return {job_id{job}, fence_token{f}, "w1", from, to, std::nullopt};
}

} // namespace

TEST_CASE("checker of results that are used again: the source must be one", "[sim]") {
  const time_point noon{std::chrono::hours{1}};
  const auto completed = [&](uint64_t id, std::optional<uint64_t> from, std::string result) {
    job_record rec;
    rec.id = job_id{id};
    rec.spec.type = pure_type;
    rec.state = job_state::completed;
    rec.worker = from ? "" : "w1";
    rec.finished_at = noon;
    rec.result = blob{std::move(result)};
    if (from)
      rec.cached_from = job_id{*from};
    return rec;
  };
  result_sources s;
  CHECK_THROWS_AS(s.on_completed(completed(2, 1, "a"), "p"), violation); // there is none
  s.on_completed(completed(1, {}, "a"), "p");
  CHECK_NOTHROW(s.on_completed(completed(2, 1, "a"), "p"));
  CHECK_THROWS_AS(s.on_completed(completed(3, 1, "b"), "p"), violation); // another result
  CHECK_THROWS_AS(s.on_completed(completed(3, 1, "a"), "q"), violation); // another payload
  CHECK_THROWS_AS(s.on_completed(completed(3, 2, "a"), "p"), violation); // which took it itself
  auto other = completed(3, 1, "a");
  other.spec.type = "noop";
  CHECK_THROWS_AS(s.on_completed(other, "p"), violation);
  const observed_hit good{job_id{2}, job_id{1}, fence_token{7}, version_of_types("w1"), noon + 4s, 5s};
  CHECK_NOTHROW(s.on_hit(good));
  auto x = good;
  x.at = noon + 5s;
  CHECK_THROWS_AS(s.on_hit(x), violation);
  x = good;
  x.version = version_of_types("w2");
  CHECK_THROWS_AS(s.on_hit(x), violation);
  history h;
  h.attempts.push_back(attempt(2, 8, 1s, 2s));
  CHECK_NOTHROW(s.check_no_attempts(h));
  h.attempts.push_back(attempt(2, 7, 1s, 2s));
  CHECK_THROWS_AS(s.check_no_attempts(h), violation);
}

TEST_CASE("checker: events that are no path, come too early or are left out are found", "[sim]") {
  const job_id one{1};
  const auto event = [&](event_kind k, job_state before, job_state after) {
    scheduler_event e;
    e.kind = k;
    e.job = one;
    e.before = before;
    e.state = after;
    return e;
  };
  using enum job_state;
  const auto born = event(event_kind::job_created, queued, queued);
  const auto started = event(event_kind::job_started, scheduled, running);
  const auto ended = event(event_kind::job_completed, running, completed);
  const auto stored = [&](std::optional<job_state> s) { return [s](job_id) { return s; }; };
  event_watch good;
  good.begin();
  good.told({born}, stored(queued));
  good.told({started}, stored(queued));
  CHECK_THROWS_AS(good.compare(stored(job_state::completed)), violation); // the end is missing
  good.told({ended}, stored(completed));
  CHECK_NOTHROW(good.compare(stored(job_state::completed)));
  CHECK_NOTHROW(good.compare(stored(std::nullopt)));                 // purged
  CHECK_THROWS_AS(good.told({ended}, stored(completed)), violation); // twice
  event_watch early;
  CHECK_THROWS_AS(early.told({born}, stored(std::nullopt)), violation);
  event_watch unborn;
  CHECK_THROWS_AS(unborn.told({started}, stored(queued)), violation);
  event_watch hasty;
  hasty.told({born, started}, stored(queued));
  CHECK_THROWS_AS(hasty.told({ended}, stored(scheduled)), violation); // not written yet
  event_watch after_restart;
  after_restart.found(one, scheduled);
  CHECK_NOTHROW(after_restart.told({started}, stored(scheduled)));
  const auto handed_back = event(event_kind::job_retrying, running, retrying);
  for (const auto before : {queued, retrying}) {
    event_watch w;
    w.told({born, started, handed_back}, stored(queued));
    const auto again = event(event_kind::job_scheduled, before, scheduled);
    if (before == queued) // loaded as it was written, before that attempt
      CHECK_NOTHROW(w.told({again}, stored(queued)));
    else
      CHECK_THROWS_AS(w.told({again}, stored(queued)), violation);
  }
  CHECK_FALSE(may_follow(queued, retrying));
  CHECK(may_follow(queued, failed)); // its deadline passed
}
