// Limits in the core: rules that are written down, hold, and lose no unit.
#include "core/scheduler/limit_views.hpp"
#include "core/scheduler/live_views.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct limit_world : hand_world {
  using hand_world::hand_world;
  limit_answer limit(limit_rule r, limit_kind kind = limit_kind::queue, std::string name = "default") {
    return ask_limit({{kind, std::move(name), {}}, std::move(r), {}, {}});
  }
  limit_view view(limit_kind kind = limit_kind::queue, const std::string& name = "default") const {
    return view_of(core.state(), {kind, name, {}}, now);
  }
};

} // namespace

TEST_CASE_METHOD(limit_world, "limits: a rule is written, holds, and goes", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  CHECK((***limit({.concurrency = 1})).rule.concurrency == 1);
  CHECK(facts.at("limit/queue/default") == "paused=0 concurrency=1 weight=1");
  const auto a = submit(), b = submit();
  CHECK(has(w, a));
  CHECK_FALSE(has(w, b));
  CHECK(view().under_way == 1);
  CHECK(view().held == "concurrency");
  CHECK(view().ready == 1);
  end(w, a);
  CHECK(has(w, b));
  limit({});
  CHECK(facts.count("limit/queue/default") == 0);
  CHECK(has(w, submit()));
  CHECK(view().held.empty());
}

TEST_CASE_METHOD(limit_world,
                 "limits: whoever shows jobs of a type is told what its rule says of them, once it is written",
                 "[scheduler][limits][redaction]") {
  const auto rules = [this] {
    std::vector<std::string> out;
    for (const auto& line : trace)
      if (line.starts_with("type rule "))
        out.push_back(line.substr(line.find(' ', 10) + 1));
    trace.clear();
    return out;
  };
  limit_rule r;
  r.redact = {"payload.password"};
  core.on_opened({2, job_id{}, {}, {}, {{{limit_kind::type, "noop", {}}, r}}}, now);
  CHECK(rules() == std::vector{to_text(r)}); // before anybody can ask for a job
  core.on_recovery_complete(now);
  end_turn();
  r.redact.push_back("result");
  limit(r, limit_kind::type, "noop");
  CHECK(rules() == std::vector{to_text(r)});
  r.concurrency = 3;
  limit(r, limit_kind::type, "noop");
  CHECK(rules().empty());
  disk_full = true;
  limit({}, limit_kind::type, "noop");
  CHECK(rules().empty());
  disk_full = false;
  limit({}, limit_kind::type, "noop");
  CHECK(rules() == std::vector{to_text(limit_rule{})});
}

TEST_CASE_METHOD(limit_world, "limits x a full disk: the rule does not hold, and the client is told",
                 "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  disk_full = true;
  CHECK((*limit({.paused = true}))->err().code == ec::storage_unavailable);
  disk_full = false;
  CHECK(has(w, submit()));
}

TEST_CASE_METHOD(limit_world, "limits: what is under way counts when a rule comes", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  const auto a = submit(), b = submit();
  CHECK((***limit({.concurrency = 2}, limit_kind::type, "noop")).under_way == 2);
  const auto c = submit();
  CHECK_FALSE(has(w, c));
  end(w, a);
  CHECK(has(w, c));
  end(w, b);
  CHECK(view(limit_kind::type, "noop").under_way == 1);
}

TEST_CASE_METHOD(limit_world, "limits x cancel, loss, return, failed write: no unit is lost", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  limit({.concurrency = 1});
  const auto a = submit();
  begin(w, a);
  ask(cancel_call{a, "", {}});
  settle();
  CHECK(view().under_way == 1); // it runs until its worker says that it has stopped
  const auto b = submit();
  CHECK_FALSE(has(w, b));
  end(w, a, {.kind = outcome_kind::cancelled});
  CHECK(has(w, b));
  end(w, b, {.kind = outcome_kind::returned});
  CHECK(view().under_way == 1); // placed again
  disk_full = true;
  end(w, b);
  CHECK(view().under_way == 0); // it has ended, whatever the disk says
  disk_full = false;
  const auto before = view().under_way;
  leave(w);
  pass(2s);
  CHECK(before == 0);
  CHECK(view().under_way == 0);
  const auto w2 = join("w2", 5);
  CHECK(view().under_way == (live(b) && has(w2, b) ? 1 : 0));
}

TEST_CASE_METHOD(limit_world, "limits x restart: a rule that was found holds, also for what is adopted",
                 "[scheduler][limits]") {
  core.on_opened({2, job_id{}, {}, {}, {{{limit_kind::queue, "default", {}}, {.concurrency = 1}}}}, now);
  end_turn();
  recovered_job f;
  f.id = job_id{5};
  f.type = "noop";
  f.queue = "default";
  auto other = f;
  other.id = job_id{6};
  core.on_recovered({f, other}, now);
  core.on_recovery_complete(now);
  end_turn();
  CHECK(view().rule.concurrency == 1);
  job_record rec;
  rec.id = f.id;
  rec.spec = job_builder{}.spec();
  disk[f.id] = rec;
  rec.id = other.id;
  disk[other.id] = rec;
  worker_arrival x;
  x.worker = worker_id{77};
  x.registration.slots = 5;
  x.registration.local = true;
  x.registration.types = {"noop"};
  x.registration.held.push_back({5, (uint64_t{1} << 32) + 1, 1, now.wall.time_since_epoch().count()});
  x.name = std::make_shared<const std::string>("w1");
  happen(std::move(x));
  settle();
  CHECK(view().under_way == 1);
  CHECK_FALSE(has(worker_id{77}, other.id));
}

TEST_CASE_METHOD(limit_world, "limits: pausing keeps the rest of the rule", "[scheduler][limits]") {
  start();
  limit({.concurrency = 4, .weight = 2});
  const auto paused = ask_limit({{limit_kind::queue, "default", {}}, {}, true, {}});
  CHECK((***paused).rule == limit_rule{.paused = true, .concurrency = 4, .weight = 2});
  const auto w = join("w1");
  const auto a = submit();
  CHECK_FALSE(has(w, a));
  CHECK(view().held == "paused");
  ask_limit({{limit_kind::queue, "default", {}}, {}, false, {}});
  CHECK(has(w, a));
}

TEST_CASE_METHOD(limit_world, "limits: calls about one queue are carried out one after the other",
                 "[scheduler][limits]") {
  start();
  disk_held = true;
  const auto first = limit({.concurrency = 4});
  const auto second = ask_limit({{limit_kind::queue, "default", {}}, {}, true, {}});
  const auto other = limit({.concurrency = 1}, limit_kind::queue, "other");
  CHECK_FALSE(first->has_value());
  disk_held = false;
  settle();
  CHECK((***first).rule == limit_rule{.concurrency = 4});
  CHECK((***second).rule == limit_rule{.paused = true, .concurrency = 4});
  CHECK((***other).rule.concurrency == 1);
  // A rule that could not be written is not what the next one builds on.
  disk_held = disk_full = true;
  const auto failed = limit({.concurrency = 9});
  const auto resumed = ask_limit({{limit_kind::queue, "default", {}}, {}, false, {}});
  disk_held = false;
  run_disk();
  disk_full = false;
  settle();
  CHECK((*failed)->err().code == ec::storage_unavailable);
  CHECK((***resumed).rule == limit_rule{.concurrency = 4});
}

TEST_CASE_METHOD(limit_world, "limits x rate: the scheduler wakes when a token comes", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 9);
  limit({.rate = rate_limit{1, 10s, 1}});
  CHECK(has(w, submit()));
  const auto b = submit();
  CHECK_FALSE(has(w, b));
  CHECK(core.next_wake().steady == now.steady + 10s);
  pass(10s);
  CHECK(has(w, b));
}

TEST_CASE_METHOD(limit_world, "limits x rate x restart: what is adopted takes tokens, and later ones come all the same",
                 "[scheduler][limits]") {
  core.on_opened({2, job_id{}, {}, {}, {{{limit_kind::queue, "default", {}}, {.rate = rate_limit{1, 10s, 1}}}}}, now);
  end_turn();
  core.on_recovery_complete(now);
  end_turn();
  worker_arrival x;
  x.worker = worker_id{77};
  x.registration.slots = 9;
  x.registration.local = true;
  x.registration.types = {"noop"};
  x.name = std::make_shared<const std::string>("w1");
  std::vector<recovered_job> found;
  for (uint64_t n = 5; n <= 7; ++n) {
    recovered_job f;
    f.id = job_id{n};
    f.type = "noop";
    f.queue = "default";
    found.push_back(f);
    disk[f.id].id = f.id;
    disk[f.id].spec = job_builder{}.spec();
    x.registration.held.push_back({n, (uint64_t{1} << 32) + n, 1, now.wall.time_since_epoch().count()});
  }
  core.on_recovered(found, now);
  happen(std::move(x));
  settle();
  const auto next = submit();
  pass(10s);
  CHECK_FALSE(has(worker_id{77}, next));
  CHECK(core.next_wake().steady == now.steady + 20s);
  pass(20s);
  CHECK(has(worker_id{77}, next));
}

TEST_CASE_METHOD(limit_world, "limits x autoscaling: what a limit keeps asks for no workers", "[scheduler][limits]") {
  start();
  limit({.paused = true});
  submit();
  CHECK(load_of(core.state()).ready_jobs == 0);
  CHECK(load_of(core.state()).queued_work == 0s);
  limit({});
  CHECK(load_of(core.state()).ready_jobs == 1);
}

TEST_CASE("limits: more rules than jobs.limits_max are refused, and lists are in order", "[scheduler][limits]") {
  auto s = hand_world::plain_settings();
  s.limits_max = 2;
  limit_world world{s};
  world.start();
  world.limit({.concurrency = 1}, limit_kind::queue, "b");
  world.limit({.concurrency = 1}, limit_kind::queue, "a");
  CHECK((*world.limit({.concurrency = 1}, limit_kind::queue, "c"))->err().message.find("jobs.limits_max") !=
        std::string::npos);
  CHECK((***world.limit({.concurrency = 2}, limit_kind::queue, "a")).rule.concurrency == 2);
  // What adds nothing is not refused.
  CHECK(**world.limit({}, limit_kind::queue, "c"));
  CHECK(**world.ask_limit({{limit_kind::queue, "c", {}}, {}, false, {}}));
  world.submit(job_builder{}.queue("aa").spec());
  const auto first = page_of(world.core.state(), limits_call{limit_kind::queue, "", "", 2, {}}, world.now);
  REQUIRE(first.limits.size() == 2);
  CHECK(first.limits[0].target.name == "a");
  CHECK(first.limits[1].target.name == "aa");
  CHECK(first.next == "aa");
  const auto second = page_of(world.core.state(), limits_call{limit_kind::queue, "", "aa", 2, {}}, world.now);
  REQUIRE(second.limits.size() == 1);
  CHECK(second.limits[0].target.name == "b");
  CHECK_FALSE(second.next);
}
