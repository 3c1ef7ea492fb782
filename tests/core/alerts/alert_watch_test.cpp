#include "tests/core/alerts/watched.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using enum alert_rule;

TEST_CASE("nothing holds while all is well", "[alerts]") {
  watched w;
  w.look();
  const auto s = w.over(10min, [&] {
    w.v.queues["mail"].completed += 10;
    w.v.types["noop"].completed += 10;
  });
  CHECK(s.holding.empty());
  CHECK(s.looked_at.all());
}

TEST_CASE("without figures nothing is said of what needs them", "[alerts]") {
  watched w;
  w.audit_fails = true;
  const auto s = w.watch.look({nullptr, std::vector<certificate_end>{}, true}, w.now);
  REQUIRE(s.holding.size() == 1);
  CHECK(s.holding[0].rule == audit_not_writable);
  CHECK(s.looked_at.count() == 2);
  CHECK(w.watch.look({}, w.now).looked_at.none());
  // A store that does not tell of its disk says nothing of it.
  w.v.engine.reset();
  CHECK_FALSE(w.look().looked_at[static_cast<size_t>(disk_nearly_full)]);
}

TEST_CASE("most jobs of a queue or a type fail", "[alerts]") {
  watched w;
  w.look();
  const auto fail = [&](uint64_t bad, uint64_t good) {
    w.v.queues["mail"].failed += bad;
    w.v.queues["mail"].completed += good;
    w.v.types["email_send"].failed += bad;
    w.v.types["email_send"].completed += good;
    w.pass(10s);
    return w.look();
  };
  CHECK_FALSE(find(fail(19, 0), most_jobs_fail, "queue/mail")); // too few to say anything
  const auto s = fail(1, 10);
  REQUIRE(find(s, most_jobs_fail, "queue/mail"));
  CHECK(find(s, most_jobs_fail, "queue/mail")->value == Approx(20.0 / 30));
  CHECK(find(s, most_jobs_fail, "type/email_send"));
  CHECK_FALSE(find(fail(0, 10), most_jobs_fail, "queue/mail")); // half is not most
  CHECK_FALSE(find(w.over(15min), most_jobs_fail, "queue/mail"));
}

TEST_CASE("the queue of the notices is judged by nobody", "[alerts]") {
  watched w;
  w.look();
  w.v.queues["alerts"].failed = 50;
  w.pass(10s);
  CHECK(w.look().holding.empty());
}

TEST_CASE("failures above what is usual for the queue", "[alerts]") {
  watched w;
  w.look();
  auto& q = w.v.queues["mail"];
  // One of ten fails, always.
  const auto usual = [&] {
    q.failed += 1;
    q.completed += 9;
  };
  w.over(59min, usual);
  q.failed += 1000;
  w.pass(10s);
  CHECK_FALSE(find(w.look(), failures_above_usual, "queue/mail")); // no history yet
  q.completed += 9000;
  w.over(2h, usual);
  CHECK_FALSE(find(w.look(), failures_above_usual, "queue/mail"));
  // 3 x 0.1 + 0.05
  const auto worse = [&](uint64_t bad) {
    return w.over(11min, [&, bad] {
      q.failed += bad;
      q.completed += 100 - bad;
    });
  };
  CHECK_FALSE(find(worse(30), failures_above_usual, "queue/mail"));
  const auto s = worse(45);
  REQUIRE(find(s, failures_above_usual, "queue/mail"));
  // What was worse before is a part of the history by now.
  CHECK(find(s, failures_above_usual, "queue/mail")->threshold == Approx(0.4).margin(0.05));
  CHECK_FALSE(find(s, most_jobs_fail, "queue/mail"));
}

TEST_CASE("the usual ratio follows slowly", "[alerts]") {
  usual_ratio u;
  auto now = steady_point{1000s};
  CHECK_FALSE(u.value());
  for (int i = 0; i <= 60; ++i, now += 1min)
    u.see(now, 0.1);
  REQUIRE(u.value());
  CHECK(*u.value() == Approx(0.1));
  for (int i = 0; i < 24 * 60; ++i, now += 1min)
    u.see(now, 0.5);
  // The first twelve hours are a mean over all that is seen, the second ones a half-life.
  CHECK(*u.value() > 0.3);
  CHECK(*u.value() < 0.5);
  // A pause is not a time in which that was seen.
  const auto before = *u.value();
  u.see(now + 24h, 0);
  CHECK(*u.value() > before * 0.99);
}

TEST_CASE("dead letters grow", "[alerts]") {
  watched w;
  auto& dead = w.v.by_state[static_cast<size_t>(job_state::failed)];
  dead = 5000; // of long ago
  w.look();
  w.pass(10s);
  dead += 100;
  CHECK_FALSE(find(w.look(), dead_letters_grow));
  dead += 1;
  w.pass(10s);
  REQUIRE(find(w.look(), dead_letters_grow));
  CHECK(find(w.look(), dead_letters_grow)->value == 101);
  CHECK(find(w.over(50min), dead_letters_grow));
  CHECK_FALSE(find(w.over(15min), dead_letters_grow)); // an hour ago there were as many
  dead = 0;                                            // discarded
  w.pass(10s);
  CHECK_FALSE(find(w.look(), dead_letters_grow));
}

TEST_CASE("figures of one moment", "[alerts]") {
  watched w;
  auto& q = w.v.queues["mail"];
  q.ready = 3;
  q.oldest_ready = 1800s;
  CHECK(w.look().holding.empty());
  q.oldest_ready = 1801s;
  REQUIRE(find(w.look(), queue_waits, "queue/mail"));
  CHECK(find(w.look(), queue_waits, "queue/mail")->value == 1801);
  q.oldest_ready = 0s;

  q.fullness = 0.9;
  CHECK(w.look().holding.empty());
  q.fullness = 0.91;
  CHECK(find(w.look(), queue_full, "queue/mail"));
  q.fullness.reset();

  w.v.jobs_live = 901;
  CHECK(find(w.look(), jobs_nearly_full));
  w.v.jobs_live = 900;
  CHECK(w.look().holding.empty());

  w.v.workers = 0;
  CHECK(find(w.look(), no_workers)->value == 3);
  q.ready = 0;
  CHECK(w.look().holding.empty()); // nobody waits for one

  w.v.schedule_lag = 61s;
  CHECK(find(w.look(), schedule_late));
  w.v.schedule_lag = 60s;
  w.v.schedules_faulty = 2;
  CHECK(find(w.look(), schedules_faulty)->value == 2);
  w.v.schedules_faulty = 0;

  w.v.store_writable = false;
  CHECK(find(w.look(), store_not_writable));
  w.v.store_writable = true;

  w.v.engine->disk_bytes_free = 10 * gib;
  CHECK(w.look().holding.empty());
  w.v.engine->disk_bytes_free -= 1;
  CHECK(find(w.look(), disk_nearly_full));
  w.v.engine->disk_bytes_free = 50 * gib;

  w.certificate = w.now.wall + 24h * 21;
  CHECK(w.look().holding.empty());
  w.certificate -= 1s;
  CHECK(find(w.look(), certificate_ends, "certificate/node"));
  w.certificate = w.now.wall + 24h * 365;

  w.audit_fails = true;
  CHECK(find(w.look(), audit_not_writable));
}

TEST_CASE("workers that were lost, and steps of the clock, for some minutes", "[alerts]") {
  watched w;
  w.look();
  w.v.workers_lost = 2;
  w.v.clock_steps = 1;
  w.pass(10s);
  const auto s = w.look();
  REQUIRE(find(s, workers_lost));
  CHECK(find(s, workers_lost)->value == 2);
  CHECK(find(s, clock_stepped));
  const auto later = w.over(11min);
  CHECK_FALSE(find(later, workers_lost));
  CHECK(find(later, clock_stepped));
  CHECK_FALSE(find(w.over(5min), clock_stepped));
}

TEST_CASE("what has counted before the first look is not of now", "[alerts]") {
  watched w;
  w.v.started_at = w.now.wall - 1h;
  w.v.workers_lost = 5;
  w.v.queues["mail"].failed = 100;
  CHECK(w.look().holding.empty());
  // A scheduler that has just begun has counted all of it by now.
  watched fresh;
  fresh.v.started_at = fresh.now.wall - 5s;
  fresh.v.workers_lost = 5;
  CHECK(find(fresh.look(), workers_lost));
}

TEST_CASE("metrics that count anew are no failure", "[alerts]") {
  watched w;
  w.look();
  w.over(10min, [&] { w.v.queues["mail"].completed += 100; });
  w.v.queues["mail"].completed = 5;
  w.v.queues["mail"].failed = 1;
  w.v.started_at = w.now.wall;
  w.pass(10s);
  CHECK(w.look().holding.empty());
}

TEST_CASE("slow commits", "[alerts]") {
  watched w;
  w.look();
  auto& c = w.v.commit_time;
  const auto commits = [&](uint64_t quick, uint64_t slow) {
    c.count += quick + slow;
    for (size_t i = 0; i < latency_bounds_us.size(); ++i)
      c.at_most[i] += (latency_bounds_us[i] >= 5'000 ? quick : 0) + (latency_bounds_us[i] >= 500'000 ? slow : 0);
    w.pass(10s);
    return w.look();
  };
  CHECK_FALSE(find(commits(990, 9), commit_slow));
  const auto s = commits(0, 30);
  REQUIRE(find(s, commit_slow));
  // Between 250 and 500 ms, as far as the 99th of a hundred lies among the slow ones.
  CHECK(find(s, commit_slow)->value > 0.25);
  CHECK(find(s, commit_slow)->value < 0.5);
  CHECK_FALSE(find(w.over(6min, [&] { commits(100, 0); }), commit_slow));
  CHECK_FALSE(find(w.over(6min), commit_slow)); // none at all
}

TEST_CASE("however often it is looked at, a window holds as many values", "[alerts]") {
  recent_values<int> r{1h, 1min};
  for (int i = 0; i < 100'000; ++i)
    r.add(steady_point{i * 100ms}, i);
  CHECK(r.size() <= 63);
  CHECK(r.latest()->value == 99'999);
  const auto* hour_ago = r.before(steady_point{99'999 * 100ms} - 1h);
  CHECK(hour_ago->at <= steady_point{99'999 * 100ms} - 1h);
  CHECK(hour_ago->at >= steady_point{99'999 * 100ms} - 1h - 2min);
}

TEST_CASE("a rule that is off never holds", "[alerts]") {
  auto l = limits();
  for (auto& c : l.conditions)
    c.on = false;
  watched w{l};
  w.v.workers = 0;
  w.v.workers_lost = 3;
  w.v.queues["mail"].ready = 1;
  w.v.queues["mail"].oldest_ready = 10h;
  w.v.queues["mail"].failed = 1000;
  w.v.queues["mail"].objective = queue_objective{0s, 0, 999'000, 24h * 30};
  w.v.engine->disk_bytes_free = 0;
  w.certificate = w.now.wall;
  w.audit_fails = true;
  CHECK(w.look().holding.empty());
}
