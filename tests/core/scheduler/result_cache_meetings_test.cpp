// Results that are used again, and everything else that may happen to a job meanwhile.
#include "tests/core/scheduler/cache_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(cache_world, "cache x cancel: what is cancelled while the store is asked stays cancelled", "[cache]") {
  run(w);
  const auto id = ask_store();
  ask(cancel_call{id, "", {}});
  settle();
  answer_reader();
  CHECK(disk.at(id).state == job_state::cancelled);
  CHECK_FALSE(disk.at(id).cached_from);
  CHECK_FALSE(has(w, id));
  CHECK(at_rest());
  CHECK(cache_hits == 0);
}

TEST_CASE_METHOD(cache_world, "cache x loss of the worker: the next one asks anew, by its own version", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  leave(w);
  CHECK(live(id)->has(job_flag::ready));
  const auto newer = join_pure("w2", "2.0.0");
  answer_reader();
  REQUIRE(has(newer, id));
  CHECK(disk.at(first).loss_count == 0);
  end(newer, id);
  CHECK(disk.at(id).attempt == 1);
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x loss of the worker: nothing is lost by what nobody heard of", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  leave(w);
  join_pure("w2", "1.0.0");
  answer_reader();
  CHECK(hit(id, first));
  CHECK(disk.at(id).loss_count == 0);
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x failed write: the hit is kept until it can be written", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  disk_full = true;
  answer_reader();
  CHECK(disk.at(id).state == job_state::queued);
  CHECK_FALSE(has(w, id));
  disk_full = false;
  pass(2s);
  CHECK(hit(id, first));
  CHECK(cache_hits == 1);
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x failed write: a source that is not on the disk is none", "[cache]") {
  const auto first = submit(asks().spec());
  disk_full = true;
  end(w, first);
  disk_full = false;
  const auto id = submit(asks().spec());
  CHECK(has(w, id));
}

TEST_CASE_METHOD(cache_world, "cache x purge: what was copied needs its source no more", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  disk_held = true;
  answer_reader();
  disk.erase(first); // between the answer and the write
  disk_held = false;
  settle();
  CHECK(hit(id, first));
  CHECK(disk.at(id).result.view() == "42");
}

TEST_CASE_METHOD(cache_world, "cache x purge: a name whose job is gone is a miss", "[cache]") {
  const auto first = run(w);
  disk.erase(first);
  CHECK(has(w, submit(asks().spec())));
}

TEST_CASE_METHOD(cache_world, "cache x fan-out: elements take results, the whole never does", "[cache]") {
  const auto first = run(w, "42", R"({"x":1}0)");
  auto part = [](const std::string& key, std::vector<job_id> after, const std::string& payload) {
    auto b = asks(payload);
    for (auto id : after)
      b.after(id);
    auto s = b.spec();
    s.workflow = workflow_part{"w", "w", key, false};
    return s;
  };
  const auto list = submit(part("list", {}, R"({"list":1})"));
  auto s = part("each", {list}, R"({"x":1})");
  s.for_each.emplace().over = "list";
  const auto each = submit(s);
  attempt_outcome o;
  o.result = blob{"2"};
  end(w, list, o);
  std::vector<job_id> elements;
  for (const auto& [id, rec] : disk)
    if (rec.spec.for_each && rec.spec.for_each->stage == fan_out_stage::element)
      elements.push_back(id);
  REQUIRE(elements.size() == 2);
  CHECK(hit(elements[0], first)); // its payload is that of the first job
  REQUIRE(has(w, elements[1]));
  o.result = blob{"7"};
  end(w, elements[1], o);
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).result.view() == "[42,7]");
  CHECK_FALSE(disk.at(each).cached_from);
  CHECK(disk.at(each).cache_key.empty());
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x results of other jobs: the question is asked with them filled in", "[cache]") {
  const auto parent = run(w, "5", R"({"p":1})");
  auto s = asks(R"({"x":"${jobs.k.result}"})").after(parent).spec();
  s.workflow = workflow_part{"w", "w", "child", false};
  const auto first = submit(s);
  REQUIRE(has(w, first));
  end(w, first);
  const auto second = submit(s);
  CHECK(hit(second, first));
  auto of_two = s;
  of_two.dependencies.emplace_back(first);
  CHECK(has(w, submit(of_two))); // hand_world fills in how many results there are
}

TEST_CASE_METHOD(cache_world, "cache x dependencies: those that wait for it go on", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  const auto after = submit(asks(R"({"after":1})").after(id).spec());
  auto spec = asks(R"({"after":2})").spec();
  spec.dependencies.emplace_back(id, dependency_condition::started);
  const auto on_start = submit(spec);
  answer_reader();
  CHECK(hit(id, first));
  CHECK(has(w, after));
  CHECK(has(w, on_start)); // it needs no start any more
  auto late = asks(R"({"after":3})").spec();
  late.dependencies.emplace_back(id, dependency_condition::started);
  const auto waits_no_more = submit(late);
  end(w, after);
  CHECK(has(w, waits_no_more));
}

TEST_CASE_METHOD(cache_world, "cache x hold: what is held is not asked for, and takes its result when released",
                 "[cache]") {
  const auto first = run(w);
  auto s = asks().spec();
  s.hold = job_hold{};
  const auto before = reads;
  const auto id = submit(s);
  CHECK(reads == before);
  job_patch p;
  p.held = false;
  ask(modify_call{id, p, {}});
  settle();
  CHECK(hit(id, first));
}

TEST_CASE_METHOD(cache_world, "cache x limits: a hit gives its units back", "[cache]") {
  limit_rule r;
  r.concurrency = 1;
  set_rule(r);
  ask_limit({{limit_kind::queue, "default", {}}, r, {}, {}});
  const auto first = run(w);
  for (int i = 0; i < 5; ++i)
    CHECK(hit(submit(asks().spec()), first));
  const auto other = submit(asks(R"({"x":2})").spec());
  CHECK(has(w, other));
  CHECK(core.state().limits.find({limit_kind::type, "noop", {}})->used == 1);
  CHECK(core.state().limits.find({limit_kind::queue, "default", {}})->used == 1);
}

TEST_CASE_METHOD(cache_world, "cache x limits: a hit has a turn of its rate, as an attempt has", "[cache]") {
  const auto first = run(w);
  limit_rule r;
  r.rate = rate_limit{1, 10s, 1};
  set_rule(r);
  CHECK(hit(submit(asks().spec()), first));
  const auto id = submit(asks().spec());
  CHECK(disk.at(id).state == job_state::queued);
  pass(10s);
  CHECK(hit(id, first));
}

TEST_CASE_METHOD(cache_world, "cache x deadline: one that is missed while the store is asked is missed", "[cache]") {
  run(w);
  const auto id = ask_store(asks().deadline(now.wall + 1s).spec());
  pass(1s);
  answer_reader();
  CHECK(disk.at(id).error->code == job_error_code::deadline_missed);
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x retry: the next attempt is not needed if another job had success", "[cache]") {
  const auto id = submit(asks().spec());
  attempt_outcome o;
  o.kind = outcome_kind::failed_retryable;
  o.code = "BROKEN";
  end(w, id, o);
  REQUIRE(disk.at(id).state == job_state::retrying);
  const auto first = run(w);
  pass(2s);
  CHECK(hit(id, first));
  CHECK(disk.at(id).retry_count == 1);
  CHECK(disk.at(id).attempt == 1);
  CHECK_FALSE(disk.at(id).error);
}

TEST_CASE_METHOD(cache_world, "cache x preemption: what waits for the store is no victim that leaks", "[cache]") {
  limit_call c;
  c.target = {limit_kind::queue, "default", {}};
  c.rule.emplace().preemption = rate_limit{60, 60s, 1};
  ask_limit(std::move(c));
  const auto first = run(w);
  reader_held = true;
  const auto a = submit(asks().priority(1).preemptible().spec()), b = submit(asks().priority(1).preemptible().spec());
  const auto urgent = submit(asks(R"({"urgent":1})").priority(9).preempts().spec());
  answer_reader();
  CHECK(hit(a, first));
  CHECK(hit(b, first));
  CHECK(has(w, urgent));
  CHECK(taken() == 1);
  end(w, urgent);
  CHECK(at_rest());
}

TEST_CASE_METHOD(cache_world, "cache x unique window: the key is kept by one that took a result", "[cache]") {
  const auto first = run(w);
  auto s = asks().spec();
  s.unique = unique_rule{"u", unique_scope::window, 60s, on_unique_conflict::reject};
  const auto id = submit(s);
  REQUIRE(hit(id, first));
  const auto got = send(s);
  settle();
  CHECK((**got)->front().err().code == ec::unique_conflict);
}

TEST_CASE_METHOD(cache_world, "cache x idempotency key: the same job is the answer, not a new one", "[cache]") {
  const auto first = run(w);
  const auto id = submit(asks().key("k").spec());
  REQUIRE(hit(id, first));
  CHECK(submit(asks().key("k").spec()) == id);
}

TEST_CASE_METHOD(cache_world, "cache x join again: what the worker never heard of is placed again", "[cache]") {
  const auto first = run(w);
  const auto id = ask_store();
  worker_arrival again;
  again.worker = w;
  again.registration.slots = 2;
  again.registration.local = true;
  again.registration.types = {"noop"};
  again.registration.versions = {"1.0.0"};
  again.registration.cache_for_us = {60'000'000};
  again.registration.boot_epoch = 1;
  again.name = std::make_shared<const std::string>("w1");
  happen(std::move(again));
  answer_reader();
  CHECK(hit(id, first));
  CHECK(at_rest());
}

TEST_CASE("cache x restart: earlier results hold, and an attempt that went on leaves none", "[cache]") {
  cache_world before;
  const auto first = before.run(before.w);
  const auto going_on = before.submit(cache_world::asks(R"({"x":2})").spec());
  hand_world after;
  after.now.wall += 5s; // new ids are of later times
  after.disk = before.disk;
  after.keys = before.keys;
  after.open({}, 2);
  recovered_job f;
  const auto& rec = before.disk.at(going_on);
  f.id = going_on;
  f.type = rec.spec.type;
  f.queue = rec.spec.queue;
  f.resources = rec.spec.resources;
  after.core.on_recovered({f}, after.now);
  after.core.on_recovery_complete(after.now);
  after.settle();
  worker_arrival x;
  x.worker = worker_id{1};
  x.registration.slots = 2;
  x.registration.local = true;
  x.registration.types = {"noop"};
  x.registration.versions = {"1.0.0"};
  x.registration.cache_for_us = {60'000'000};
  x.registration.boot_epoch = 1;
  const auto fence = before.order_of(before.w, going_on)->fence;
  x.registration.held.push_back({going_on.value, fence, 1, after.now.wall.time_since_epoch().count()});
  x.name = std::make_shared<const std::string>("w1");
  after.happen(std::move(x));
  after.settle();
  worker_news news{worker_id{1}, {}, {}, {}, {}};
  attempt_outcome o;
  o.started_at = o.finished_at = after.now.wall;
  news.ended.push_back({{going_on.value, fence}, o});
  after.happen(std::move(news));
  after.settle();
  REQUIRE(after.disk.at(going_on).state == job_state::completed);
  CHECK(after.disk.at(going_on).cache_key.empty());
  const auto id = after.submit(cache_world::asks().spec());
  CHECK(after.disk.at(id).cached_from == first);
}
