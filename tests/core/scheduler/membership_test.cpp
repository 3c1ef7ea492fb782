#include "core/scheduler/membership.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// The process of every worker here.
constexpr uint64_t process = 4711;

fence_token fence(uint64_t boot, uint64_t number) {
  return fence_token{boot << 32 | number};
}

/// The third scheduler on this disk: the first one gave a job to `north`, and what the second one did is not known but
/// for the members.
struct third_scheduler : hand_world {
  const job_id job{5};

  void start_with(std::map<std::string, membership> members) {
    open(std::move(members), 3);
    recover(job, job_builder{}.spec());
    complete();
  }
  void complete() {
    core.on_recovery_complete(now);
    end_turn();
  }
  void recover(job_id id, job_spec spec) {
    recovered_job f;
    f.id = id;
    f.type = "noop";
    f.queue = "default";
    f.schedule_at = spec.schedule_at;
    f.deadline = spec.deadline;
    f.waits_for = {spec.rule, spec.dependencies};
    core.on_recovered({f}, now);
    disk[id].id = id;
    disk[id].spec = std::move(spec);
  }
  worker_id arrive(const std::string& name, std::vector<fence_token> held, uint64_t from = process) {
    worker_arrival x;
    x.worker = worker_id{++arrivals_};
    x.registration.slots = 1;
    x.registration.types = {"noop"};
    x.registration.boot_epoch = from;
    for (auto f : held)
      x.registration.held.push_back({job.value, f.value, 1, now.wall.time_since_epoch().count()});
    x.name = std::make_shared<const std::string>(name);
    const auto w = x.worker;
    happen(std::move(x));
    settle();
    return w;
  }
  /// The worker reports the end of the attempt that the first scheduler gave out.
  void end_first(worker_id w) {
    worker_news news{w, {}, {}, {}};
    news.ended.push_back({{job.value, fence(1, 1).value}, {.kind = outcome_kind::succeeded}});
    happen(std::move(news));
    settle();
  }

private:
  uint64_t arrivals_ = 100;
};

/// A worker may be given a job beyond its slots. Its loss is not one of an attempt, and is not written.
struct ahead_world : hand_world {
  ahead_world() : hand_world(settings()) {
  }
  static decision_settings settings() {
    auto s = plain_settings();
    s.dispatch = {1, 10s};
    return s;
  }
};

} // namespace

TEST_CASE("membership: what is written is read again", "[membership]") {
  const membership m{process, {fence(1, 1), fence(2, 9)}};
  CHECK(membership_text(m) == "4711 4294967297 8589934601");
  CHECK(read_memberships({{"member/w", membership_text(m)}, {"member/v", "12"}}) ==
        std::map<std::string, membership>{{"w", m}, {"v", {12, {}}}});
}

TEST_CASE("membership: of a damaged record the name is left, and nothing is taken from its worker", "[membership]") {
  for (const auto* text : {"", "x", "12 x", "12  13", "12,13", "99999999999999999999", "-1"}) {
    CAPTURE(text);
    CHECK(read_memberships({{"member/w", text}}) == std::map<std::string, membership>{{"w", {}}});
  }
}

TEST_CASE_METHOD(third_scheduler, "membership: a worker that was a member all the time keeps its attempts (P2)",
                 "[membership]") {
  start_with({{"north", {process, {}}}});
  const auto w = arrive("north", {fence(1, 1)});
  CHECK(told[w].cancelled.empty());
  CHECK(live(job)->state == job_state::running);
}

TEST_CASE_METHOD(third_scheduler, "membership: a worker that the scheduler before had given up loses its attempts (P2)",
                 "[membership]") {
  uint64_t from = process;
  SECTION("it is no member any more") {
    start_with({});
  }
  SECTION("another process of that name is") {
    start_with({{"north", {process, {}}}});
    from = process + 1;
  }
  SECTION("it came back to the scheduler before, which had given the job to another worker") {
    start_with({{"north", {process, {fence(1, 1)}}}});
  }
  const auto w = arrive("north", {fence(1, 1)}, from);
  CHECK(told[w].cancelled == std::vector<attempt_ref>{{job.value, fence(1, 1).value}});
  const auto other = join("south", 1, false);
  CHECK_FALSE(has(other, job)); // the attempt may still run
  end_first(w);
  CHECK(live(job));
  CHECK((has(w, job) || has(other, job)));
  CHECK(read_memberships({{"member/north", facts.at("member/north")}}).at("north") == membership{from, {fence(1, 1)}});
}

TEST_CASE_METHOD(third_scheduler,
                 "membership: an attempt whose prerequisite a power failure undid is over before another begins (P2)",
                 "[membership]") {
  const job_id before{4};
  open({{"north", {process, {}}}, {"south", {process, {}}}}, 3);
  recover(before, job_builder{}.schedule_at(now.wall + 1h).spec());
  recover(job, job_builder{}.after(before).spec());
  complete();
  const auto north = arrive("north", {fence(1, 1)}), south = arrive("south", {});
  CHECK(told[north].cancelled == std::vector<attempt_ref>{{job.value, fence(1, 1).value}});
  pass(1h);
  REQUIRE(has(south, before));
  end(south, before);
  CHECK_FALSE(live(before));
  CHECK_FALSE((has(north, job) || has(south, job)));
  SECTION("its worker has stopped it") {
    end_first(north);
  }
  SECTION("its worker is lost") {
    leave(north);
  }
  CHECK((has(north, job) || has(south, job)));
}

TEST_CASE_METHOD(third_scheduler,
                 "membership: an attempt of a job that had ended is over before the job lives again (P2)",
                 "[membership]") {
  open({{"north", {process, {}}}, {"south", {process, {}}}}, 3);
  recover(job, job_builder{}.deadline(now.wall + 1s).spec());
  complete();
  pass(1s);
  REQUIRE_FALSE(live(job));
  const auto north = arrive("north", {fence(1, 1)}), south = arrive("south", {});
  CHECK(told[north].cancelled == std::vector<attempt_ref>{{job.value, fence(1, 1).value}});
  ask(retry_call{job, {}});
  settle();
  REQUIRE(live(job));
  CHECK_FALSE((has(north, job) || has(south, job)));
  end_first(north);
  CHECK((has(north, job) || has(south, job)));
}

TEST_CASE_METHOD(ahead_world,
                 "membership: what a lost worker had is given to others when the disk knows of the loss (P2)",
                 "[membership]") {
  start();
  const auto north = join("north", 1, false), south = join("south", 1, false);
  for (int i = 0; i < 20; ++i) // so the type is known to be short
    for (const auto id = submit(); live(id) != nullptr;)
      end(has(north, id) ? north : south, id);
  const std::vector<job_id> first{submit(), submit()};
  const auto id = submit(); // beyond the slot of one of them
  const auto lost = has(north, id) ? north : south, other = lost == north ? south : north;
  REQUIRE(has(lost, id));
  end(other, has(other, first[0]) ? first[0] : first[1]);
  const auto key = "member/" + *core.state().ledger.find(lost)->name;
  REQUIRE(facts.count(key) == 1);
  SECTION("the disk is slow") {
    disk_held = true;
    leave(lost);
    CHECK_FALSE(has(other, id));
    disk_held = false;
  }
  SECTION("the disk is full") {
    disk_full = true;
    leave(lost);
    pass(core.state().settings.retry_writes_every);
    CHECK_FALSE(has(other, id));
    disk_full = false;
    pass(core.state().settings.retry_writes_every);
  }
  settle();
  CHECK(has(other, id));
  CHECK(facts.count(key) == 0);
}

TEST_CASE_METHOD(hand_world, "membership: a loss that could not be written does not undo that the worker is back",
                 "[membership]") {
  start();
  const auto north = join("north", 1, false);
  const auto id = submit();
  REQUIRE(has(north, id));
  disk_full = true;
  leave(north);
  disk_full = false;
  const auto again = join("north", 1, false);
  pass(core.state().settings.retry_writes_every);
  CHECK(facts.count("member/north") == 1);
  CHECK(has(again, id));
}

TEST_CASE_METHOD(hand_world, "membership: a loss that could not be written waits while the worker's return is written",
                 "[membership]") {
  start();
  const auto north = join("north", 1, false);
  const auto id = submit();
  REQUIRE(has(north, id));
  disk_full = true;
  leave(north);
  disk_full = false;
  disk_held = true;
  const auto again = join("north", 1, false);
  const auto retry = core.state().settings.retry_writes_every;
  pass(retry);
  CHECK(core.next_wake().steady == now.steady + retry); // and not at once
  CHECK_FALSE(has(again, id));
  disk_held = false;
  settle();
  CHECK(facts.count("member/north") == 1);
  pass(retry);
  CHECK(has(again, id));
}

TEST_CASE_METHOD(hand_world, "membership: a worker that leaves with nothing keeps nobody waiting", "[membership]") {
  start();
  const auto north = join("north", 1, false);
  const auto south = join("south", 1, false);
  disk_held = true;
  happen(worker_gone{north, "it was told to", true});
  disk_held = false;
  const auto id = submit();
  CHECK(has(south, id));
  CHECK(facts.count("member/north") == 0);
}
