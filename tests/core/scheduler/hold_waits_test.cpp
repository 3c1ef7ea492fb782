// Jobs that are held while they wait for something else: a time, other jobs, a limit.
#include "tests/core/scheduler/hold_world.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(hold_world, "hold x retry back-off elapses: the retry starts with the release", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  hold(id);
  CHECK(disk.at(id).state == job_state::scheduled); // without the attempt
  CHECK(disk.at(id).attempt == 0);
  end(w, id, failure());
  CHECK(disk.at(id).attempt == 1);
  CHECK(disk.at(id).spec.hold->held);
  const auto orders = told[w].run.size();
  pass(10s);
  CHECK(told[w].run.size() == orders);
  CHECK(reasons_of(id) == std::vector<std::string>{"held"});
  release(id);
  pass(1ms); // it has its turn among the retries
  CHECK(told[w].run.size() == orders + 1);
}

TEST_CASE_METHOD(hold_world, "hold x retry back-off: one that is released before still waits for it", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  hold(id);
  end(w, id, failure());
  release(id);
  CHECK(reasons_of(id) == std::vector<std::string>{"backoff"});
  const auto orders = told[w].run.size();
  pass(2s);
  CHECK(told[w].run.size() == orders + 1);
}

TEST_CASE_METHOD(hold_world, "hold x scheduleAt: a time that passes is over at the release", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit(held_spec(job_builder{}.schedule_at(now.wall + 1h)));
  pass(2h);
  CHECK_FALSE(has(w, id));
  release(id);
  CHECK(has(w, id));
}

TEST_CASE_METHOD(hold_world, "hold x clock step: a time that comes back is waited for after the release", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit(held_spec(job_builder{}.schedule_at(now.wall + 1h)));
  pass(2h);
  now.wall -= 90min;
  release(id);
  CHECK_FALSE(has(w, id));
  pass(30min);
  CHECK(has(w, id));
}

TEST_CASE_METHOD(hold_world, "hold x deadline missed: it fails held, and one that runs late is still held", "[hold]") {
  start();
  const auto w = join("w1");
  const auto fails = submit(held_spec(job_builder{}.deadline(now.wall + 1h)));
  const auto late = submit(held_spec(job_builder{}.deadline(now.wall + 1h).on_miss(deadline_action::promote)));
  pass(2h);
  CHECK(disk.at(fails).error->code == job_error_code::deadline_missed);
  CHECK(disk.at(late).spec.priority == 9);
  CHECK_FALSE(has(w, late));
  release(late);
  CHECK(has(w, late));
}

TEST_CASE_METHOD(hold_world, "hold x dependency completes: it waits for its release only", "[hold]") {
  start();
  const auto w = join("w1");
  const auto first = submit();
  const auto id = submit(held_spec(job_builder{}.after(first)));
  const auto behind = submit(job_builder{}.after(id).spec());
  end(w, first);
  CHECK(reasons_of(id) == std::vector<std::string>{"held"});
  CHECK_FALSE(has(w, id));
  release(id);
  REQUIRE(has(w, id));
  end(w, id);
  CHECK(has(w, behind));
}

TEST_CASE_METHOD(hold_world, "hold x dependency fails: a held job is cancelled like any other", "[hold]") {
  start();
  const auto w = join("w1");
  const auto first = submit(job_builder{}.retries(0).spec());
  const auto id = submit(held_spec(job_builder{}.after(first)));
  end(w, first, failure());
  CHECK(disk.at(id).error->code == job_error_code::upstream_failed);
  CHECK(core.state().index.held().size() == 0);
}

TEST_CASE_METHOD(hold_world, "hold x limit key: a held job takes nothing of it, and frees its lane", "[hold]") {
  start();
  limit_call limit{{limit_kind::queue, "default", {}}, limit_rule{}, {}, {}};
  limit.rule->per_key.concurrency = 1;
  ask_limit(std::move(limit));
  auto keyed = job_builder{}.spec();
  keyed.concurrency_key = "acme";
  auto held = keyed;
  held.hold = job_hold{};
  const auto a = submit(held), b = submit(keyed);
  const auto w = join("w1", 2);
  CHECK_FALSE(has(w, a));
  CHECK(has(w, b));
  release(a);
  CHECK_FALSE(has(w, a));
  CHECK(reasons_of(a).front() == "key_concurrency");
  end(w, b);
  CHECK(has(w, a));
}

TEST_CASE_METHOD(hold_world, "hold x retry rate: it takes no turn from others, and one of its own after the release",
                 "[hold]") {
  start();
  limit_call limit{{limit_kind::type, "noop", {}}, limit_rule{}, {}, {}};
  limit.rule->retry_rate = rate_limit{1, 10s, 1};
  ask_limit(std::move(limit));
  const auto w = join("w1", 3);
  const auto a = submit(), b = submit();
  begin(w, a);
  begin(w, b);
  hold(a);
  end(w, a, failure());
  end(w, b, failure());
  const auto orders = [&] { return told[w].run.size(); };
  const auto before = orders();
  pass(1s);
  CHECK(orders() == before + 1); // the only turn there is, at once
  CHECK(live(b)->has(job_flag::placed));
  release(a);
  pass(1s);
  CHECK(reasons_of(a) == std::vector<std::string>{"retry_rate"});
  pass(10s);
  CHECK(live(a)->has(job_flag::placed));
}
