// Queues that shed, and the other things that may happen to a job that waits.
#include "tests/core/scheduler/shed_world.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shed_world, "shed x dependencies: what others wait for stays, until nobody does",
                 "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  const auto awaited = accepted(job(0));
  const auto waits = accepted(job_builder{}.priority(9).queue("other").after(awaited).spec());
  const auto low = accepted(job(3));
  accepted(job(5));
  CHECK(is_shed(low));
  CHECK_THAT(refused(job(5)), Catch::Contains("none that waits may be shed"));
  ask(cancel_call{waits, "", {}});
  settle();
  accepted(job(5));
  CHECK(is_shed(awaited));
}

TEST_CASE_METHOD(shed_world, "shed x dependencies: a job does not shed what it depends on", "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  const auto first = accepted(job(0));
  auto second = job(9);
  second.dependencies = {first};
  CHECK_THAT(refused(second), Catch::Contains("none that waits may be shed"));
  CHECK(live(first));
}

TEST_CASE_METHOD(shed_world, "shed x workflow: its jobs and elements stay", "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  auto part = job(0);
  part.workflow = workflow_part{"wf_1", "w", "k", true};
  accepted(part);
  accepted(part);
  CHECK_THAT(refused(job(9)), Catch::Contains("none that waits may be shed"));
  // A workflow may shed others.
  limit({.waiting_max = 3, .sheds = true});
  const auto low = accepted(job(2));
  part.priority = 4;
  accepted(part);
  CHECK(is_shed(low));
}

TEST_CASE_METHOD(shed_world, "shed x urgent jobs: those that are accepted anyway shed nothing", "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true, .full_accepts_from = uint8_t{8}});
  const auto low = accepted(job(1));
  accepted(job(8));
  accepted(job(9));
  CHECK(live(low));
  // The queue is over its bound: it grows no further, and need not shrink.
  accepted(job(5));
  CHECK(is_shed(low));
  CHECK(view().waiting_jobs == 3);
}

TEST_CASE_METHOD(shed_world, "shed x atomic batch: all of it or nothing, and nobody is shed twice",
                 "[scheduler][shed]") {
  limit({.waiting_max = 3, .sheds = true});
  const auto a = accepted(job(1)), b = accepted(job(2)), c = accepted(job(6));
  submit_request r;
  r.atomic = true;
  r.jobs = {job(5), job(5), job(5)};
  auto got = send(submit_request{r});
  settle();
  for (const auto& x : ***got)
    CHECK_FALSE(x);
  CHECK(live(a));
  CHECK(live(b));
  r.jobs.pop_back();
  got = send(submit_request{r});
  settle();
  for (const auto& x : ***got) {
    REQUIRE(x);
    CHECK(written_together(x->id, a));
    CHECK(written_together(x->id, b));
  }
  CHECK(is_shed(a));
  CHECK(is_shed(b));
  CHECK(live(c));
}

TEST_CASE_METHOD(shed_world, "shed x atomic batch: a job counts with its own priority, whoever waits for it",
                 "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  const auto low = accepted(job(4));
  submit_request r;
  r.jobs = {job(2), job_builder{}.queue("other").priority(8).spec()};
  r.inner = {{1, 0, dependency_condition::success}};
  const auto got = send(submit_request{r});
  settle();
  CHECK_FALSE((***got)[0]);
  CHECK(live(low));
}

TEST_CASE_METHOD(shed_world, "shed x dependencies: a job that is born cancelled sheds nobody", "[scheduler][shed]") {
  const auto gone = submit(job_builder{}.queue("other").schedule_at(now.wall + std::chrono::hours{1}).spec());
  ask(cancel_call{gone, {}, {}});
  settle();
  limit({.waiting_max = 1, .sheds = true});
  const auto low = accepted(job(4));
  auto never = job(8);
  never.dependencies.emplace_back(gone);
  CHECK(disk.at(accepted(never)).state == job_state::cancelled);
  CHECK(live(low));
  CHECK(view().waiting_jobs == 1);
}

TEST_CASE_METHOD(shed_world, "shed x batch: its jobs do not shed each other", "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  const auto old = accepted(job(3));
  submit_request r;
  r.jobs = {job(1), job(5), job(6)};
  const auto got = send(submit_request{r});
  settle();
  CHECK((***got)[0]);
  CHECK((***got)[1]);
  CHECK(is_shed(old));
  CHECK_FALSE((***got)[2]); // only those of its own request are less urgent
}

TEST_CASE_METHOD(shed_world, "shed x failed write: the old job is back, the new one is not there",
                 "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  const auto old = accepted(job(1));
  disk_full = true;
  auto got = send(job(5));
  settle();
  REQUIRE(got->has_value());
  const auto& why = !**got ? (**got).err() : (***got)[0].err();
  CHECK(why.code == ec::storage_unavailable);
  disk_full = false;
  CHECK(live(old));
  CHECK_FALSE(is_terminal(disk.at(old).state));
  CHECK(view().waiting_jobs == 1);
  const auto a = accepted(job(5));
  CHECK(is_shed(old));
  CHECK(written_together(old, a));
}

TEST_CASE_METHOD(shed_world, "shed x idempotency key: a repeat is answered with the job that was shed",
                 "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  auto keyed = job(1);
  keyed.idempotency_key = "k";
  const auto old = accepted(keyed);
  const auto a = accepted(job(5));
  CHECK(is_shed(old));
  const auto again = try_submit(keyed);
  REQUIRE(again);
  CHECK(again->id == old);
  CHECK(again->duplicate);
  CHECK(again->state == job_state::cancelled);
  // A batch that names a job by its key does not shed it.
  auto other = job(2);
  other.idempotency_key = "other";
  ask(cancel_call{a, "", {}});
  settle();
  const auto named = accepted(other);
  submit_request r;
  r.jobs = {job(7), other};
  const auto got = send(submit_request{r});
  settle();
  CHECK_FALSE((***got)[0]);
  REQUIRE((***got)[1]);
  CHECK((***got)[1]->id == named);
  CHECK(live(named));
}

TEST_CASE_METHOD(shed_world, "shed x unique: the key of a job that was shed is free", "[scheduler][shed][unique]") {
  const auto scope = GENERATE(unique_scope::queued, unique_scope::unfinished, unique_scope::window);
  limit({.waiting_max = 1, .sheds = true});
  auto one = job(1);
  one.unique = unique_rule{"u", scope, 1h, on_unique_conflict::reject};
  const auto old = accepted(one);
  accepted(job(5));
  CHECK(is_shed(old));
  limit({.waiting_max = 2, .sheds = true});
  CHECK(accepted(one) != old);
}

TEST_CASE_METHOD(shed_world, "shed x unique: who replaces another job of the queue sheds nobody for its place",
                 "[scheduler][shed][unique]") {
  limit({.waiting_max = 2, .waiting_bytes_max = 100, .sheds = true});
  auto one = job(1, 10);
  one.unique = unique_rule{"u", unique_scope::unfinished, 0s, on_unique_conflict::replace};
  const auto first = accepted(one), low = accepted(job(0, 80));
  const auto second = accepted(one);
  CHECK(disk.at(first).error->code == job_error_code::replaced);
  CHECK(live(low));
  // But for its bytes.
  one.payload = blob{std::string(30, 'x')};
  const auto third = accepted(one);
  CHECK(disk.at(second).error->code == job_error_code::replaced);
  CHECK(is_shed(low));
  CHECK(written_together(second, third));
  CHECK(written_together(low, third));
  CHECK(view().waiting_bytes == 30);
}

TEST_CASE_METHOD(shed_world, "shed x hold: a held job waits, and makes room", "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  auto held = job(1);
  held.hold = job_hold{};
  const auto old = accepted(held);
  accepted(job(5));
  CHECK(is_shed(old));
}

TEST_CASE_METHOD(shed_world, "shed x concurrency keys: the lane is of no interest", "[scheduler][shed]") {
  limit({.per_key = {1, {}}, .waiting_max = 2, .sheds = true});
  auto of_a = job(3);
  of_a.concurrency_key = "a";
  auto of_b = job(1);
  of_b.concurrency_key = "b";
  accepted(of_a);
  const auto low = accepted(of_b);
  of_a.priority = 5;
  accepted(of_a);
  CHECK(is_shed(low));
}

TEST_CASE_METHOD(shed_world, "shed x PATCH: a job makes room by the priority that it has now", "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  const auto a = accepted(job(1)), b = accepted(job(2));
  job_patch p;
  p.priority = uint8_t{7};
  ask(modify_call{a, p, {}});
  settle();
  accepted(job(5));
  CHECK(is_shed(b));
  CHECK(live(a));
}

TEST_CASE_METHOD(shed_world, "shed x PATCH: while a job is being changed it stays", "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  const auto a = accepted(job(1));
  job_patch p;
  p.priority = uint8_t{9};
  ask(modify_call{a, p, {}});
  const auto got = send(job(5));
  settle();
  CHECK_FALSE((***got)[0]);
  CHECK(live(a)->priority == 9);
}

TEST_CASE_METHOD(shed_world, "shed x durability: what a restart forgets makes nothing go that it would not forget",
                 "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  const auto durable = accepted(job(1));
  auto light = job(2);
  light.level = durability::memory;
  const auto weak = accepted(light);
  light.priority = 5;
  accepted(light);
  CHECK(is_shed(weak));
  light.priority = 4;
  CHECK_THAT(refused(light), Catch::Contains("none that waits may be shed"));
  CHECK(live(durable));
  accepted(job(3));
  CHECK(is_shed(durable));
}

TEST_CASE_METHOD(shed_world, "shed x deadline and scheduleAt: who waits for a time makes room", "[scheduler][shed]") {
  limit({.waiting_max = 1, .sheds = true});
  auto later = job(1);
  later.schedule_at = now.wall + 1h;
  later.deadline = now.wall + 2h;
  const auto old = accepted(later);
  const auto a = accepted(job(5));
  CHECK(is_shed(old));
  pass(3h);
  CHECK(is_shed(old));
  CHECK(live(a));
}

TEST_CASE("shed x restart: jobs found in the store make room, records without sizes do not", "[scheduler][shed]") {
  hand_world world;
  world.core.on_opened({1, job_id{}, {}, {}, {{{limit_kind::queue, "default", {}}, {.waiting_max = 2, .sheds = true}}}},
                       world.now);
  std::vector<recovered_job> found;
  for (const auto old : {false, true}) {
    auto rec = job_builder{old ? 2u : 1u}.priority(1).created();
    recovered_job f;
    f.id = rec.id;
    f.priority = 1;
    f.type = rec.spec.type;
    f.queue = rec.spec.queue;
    f.payload_bytes = old ? 0 : rec.spec.payload_bytes;
    f.may_be_shed = !old;
    found.push_back(f);
    world.disk[rec.id] = rec;
  }
  world.core.on_recovered(found, world.now);
  world.core.on_recovery_complete(world.now);
  world.end_turn();
  world.settle();
  CHECK(world.core.state().index.table().waiting(0) == waiting_sum{2, 2});
  world.submit(job_builder{}.priority(5).spec());
  CHECK(world.disk.at(found[0].id).error->code == job_error_code::shed);
  const auto got = world.send(job_builder{}.priority(5).spec());
  world.settle();
  CHECK_FALSE((***got)[0]);
  CHECK(world.live(found[1].id));
}

TEST_CASE("shed x recovery: a job that needs room waits until all that wait are known", "[scheduler][shed]") {
  hand_world world;
  world.core.on_opened({1, job_id{}, {}, {}, {{{limit_kind::queue, "default", {}}, {.waiting_max = 1, .sheds = true}}}},
                       world.now);
  auto rec = job_builder{1}.priority(1).created();
  recovered_job f;
  f.id = rec.id;
  f.priority = 1;
  f.type = rec.spec.type;
  f.queue = rec.spec.queue;
  f.payload_bytes = 2;
  f.may_be_shed = true;
  world.disk[rec.id] = rec;
  world.core.on_recovered({f}, world.now);
  const auto got = world.send(job_builder{}.priority(5).spec());
  world.settle();
  CHECK_FALSE(got->has_value());
  // Somebody waits for it, who is read later.
  auto waits = job_builder{2}.priority(9).queue("other").after(rec.id).created();
  recovered_job g;
  g.id = waits.id;
  g.priority = 9;
  g.type = waits.spec.type;
  g.queue = "other";
  g.waits_for = {dependency_rule::all, {rec.id}};
  world.disk[waits.id] = waits;
  world.core.on_recovered({g}, world.now);
  world.core.on_recovery_complete(world.now);
  world.end_turn();
  world.settle();
  REQUIRE(got->has_value());
  CHECK_FALSE((***got)[0]);
  CHECK(world.live(rec.id));
}
