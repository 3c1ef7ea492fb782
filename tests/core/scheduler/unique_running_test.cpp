// Jobs of which one runs at a time (`unique.while: running`): all are accepted, and their key is a lane.
#include "core/job/unique_lane.hpp"
#include "core/scheduler/explain.hpp"
#include "core/scheduler/limit_views.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

job_spec turn_spec(const std::string& key = "k", job_builder b = job_builder{}) {
  auto s = b.spec();
  s.unique = unique_rule{key, unique_scope::running};
  return s;
}

struct turn_world : hand_world {
  using hand_world::hand_world;
  job_id take_turn(const std::string& key = "k", job_builder b = job_builder{}) {
    return submit(turn_spec(key, b));
  }
  static limit_target lane_of(const std::string& key, const std::string& queue = "default") {
    return {limit_kind::key, queue, lane_key_of({}, unique_rule{key, unique_scope::running})};
  }
  limit_view view(const std::string& key = "k") const {
    return view_of(core.state(), lane_of(key), now);
  }
  void limit(limit_rule r) {
    ask_limit({{limit_kind::queue, "default", {}}, std::move(r), {}, {}});
  }
  wait_reason reason(job_id id, const std::string& code) const {
    const auto x = explain(core, id, now);
    for (const auto& r : x->reasons)
      if (r.code == code)
        return r;
    return {};
  }
  static attempt_outcome outcome(outcome_kind kind) {
    attempt_outcome o;
    o.kind = kind;
    o.code = "X";
    return o;
  }
};

} // namespace

TEST_CASE("unique lane: its key is one that no client can give", "[unique]") {
  const boxed<unique_rule> running{unique_rule{"k", unique_scope::running}};
  const auto key = lane_key_of({}, running);
  CHECK(is_unique_lane(key));
  CHECK(unique_key_of_lane(key) == "k");
  CHECK(static_cast<unsigned char>(key.front()) < 0x20);
  CHECK_FALSE(is_unique_lane("k"));
  CHECK_FALSE(is_unique_lane(""));
  CHECK(lane_key_of("acme", std::nullopt) == "acme");
  CHECK(lane_key_of("acme", unique_rule{"k", unique_scope::unfinished}) == "acme");
  CHECK(lane_key_of({}, unique_rule{"k", unique_scope::queued}).empty());
}

TEST_CASE_METHOD(turn_world, "running: all are accepted, and one after the other runs, in their order",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 5);
  const auto a = take_turn(), b = take_turn(), c = take_turn("k", job_builder{}.priority(9)), other = take_turn("o"),
             plain = submit();
  CHECK(has(w, a));
  CHECK_FALSE(has(w, b));
  CHECK_FALSE(has(w, c));
  CHECK(has(w, other)); // they block nobody
  CHECK(has(w, plain));
  CHECK(keys.empty()); // nothing is bound
  const auto why = reason(b, "unique_running");
  CHECK(why.text == "Another job with its unique key k is under way.");
  CHECK(why.jobs == std::vector<job_id>{a});
  CHECK(reason(b, "position").text == "One ready job of its unique key comes before it.");
  CHECK(view().rule.concurrency == 1);
  CHECK(view().under_way == 1);
  CHECK(view().ready == 2);
  end(w, a);
  CHECK(has(w, c));
  CHECK_FALSE(has(w, b));
  end(w, c);
  CHECK(has(w, b));
  end(w, b);
  CHECK(view().under_way == 0);
}

TEST_CASE_METHOD(turn_world, "running: it meets no other scope with the same key, and a batch may have it twice",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 9);
  auto kept = job_builder{}.spec();
  kept.unique = unique_rule{"k", unique_scope::unfinished};
  const auto holder = submit(kept), beside = take_turn();
  CHECK(has(w, holder));
  CHECK(has(w, beside));
  submit_request r;
  r.jobs = {turn_spec("twins"), turn_spec("twins")};
  r.atomic = true;
  const auto got = send(std::move(r));
  settle();
  const auto one = (***got)[0]->id, two = (***got)[1]->id;
  CHECK(one != two);
  CHECK(has(w, one));
  CHECK_FALSE(has(w, two));
  end(w, one);
  CHECK(has(w, two));
  const auto refused = send(kept); // the other key is held as ever
  settle();
  CHECK((***refused)[0].err().code == ec::unique_conflict);
}

TEST_CASE_METHOD(turn_world, "running x rules for keys: the queue's rule for each key is not for it",
                 "[scheduler][unique][limits]") {
  start();
  const auto w = join("w1", 9);
  const auto a = take_turn();
  limit({.per_key = {3, rate_limit{1, 1h, 1}}});
  const auto b = take_turn();
  CHECK_FALSE(has(w, b));
  CHECK_FALSE(view().rule.rate);
  end(w, a);
  CHECK(has(w, b)); // no rate
  limit({});
  const auto c = take_turn();
  CHECK_FALSE(has(w, c));
  limit({.concurrency = 1}); // that one is
  end(w, b);
  const auto plain = submit();
  CHECK(has(w, c));
  CHECK_FALSE(has(w, plain));
  limit({});
  CHECK(has(w, plain));
  end(w, c);
  CHECK(view().under_way == 0);
  const auto page = page_of(core.state(), limits_call{limit_kind::key, "default", "", 9, {}}, now);
  CHECK(std::none_of(page.limits.begin(), page.limits.end(), [](const auto& v) { return v.under_way > 0; }));
}

TEST_CASE("running x idle keys: one that was idle for long lets one through again", "[scheduler][unique][limits]") {
  limit_book book;
  const steady_point now{1h};
  const auto lane = turn_world::lane_of("k", "q");
  const auto use = [&](const limit_target& t) {
    const limit_units u{nullptr, nullptr, book.scope_of_key(t.name, t.key)};
    book.take(u, now);
    CHECK(u.key->held(now) == limit_scope::hold::concurrency);
    book.give(u);
  };
  use(lane);
  for (size_t i = 0; i < limit_book::idle_kept; ++i)
    use(turn_world::lane_of("k" + std::to_string(i), "q"));
  CHECK_FALSE(book.find(lane)); // forgotten
  CHECK(book.rule_of(lane).concurrency == 1);
  use(lane);
  book.sanity_check({});
}

TEST_CASE_METHOD(turn_world, "running x retries: one that waits for its next attempt holds nothing",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 5);
  const auto a = take_turn(), b = take_turn();
  end(w, a, outcome(outcome_kind::failed_retryable));
  CHECK(live(a)->state == job_state::retrying);
  CHECK(has(w, b));
  pass(2s); // its back-off is over, and it is not its turn
  CHECK(live(a)->has(job_flag::ready));
  CHECK(reason(a, "unique_running").jobs == std::vector<job_id>{b});
  end(w, b);
  CHECK_FALSE(live(b));
  CHECK(live(a)->has(job_flag::placed));
}

TEST_CASE_METHOD(turn_world, "running x cancel of one that runs: its turn lasts until its handler has stopped",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 5);
  const auto a = take_turn(), b = take_turn();
  begin(w, a);
  ask(cancel_call{a, "", {}});
  settle();
  CHECK_FALSE(has(w, b));
  end(w, a, outcome(outcome_kind::cancelled));
  CHECK(has(w, b));
}

TEST_CASE_METHOD(turn_world, "running x a failed write of the end: the handler is over, so the next one has its turn",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 5);
  const auto a = take_turn(), b = take_turn();
  disk_full = true;
  end(w, a);
  CHECK(live(a));
  CHECK(has(w, b));
  CHECK(view().under_way == 1);
  disk_full = false;
  end(w, a); // the worker tells it again
  CHECK_FALSE(live(a));
  CHECK(view().under_way == 1);
}

TEST_CASE_METHOD(turn_world, "running x a lost worker: the turn is free when its lease is over",
                 "[scheduler][unique]") {
  start();
  const auto w1 = join("w1"), w2 = join("w2");
  const auto a = take_turn(), b = take_turn();
  const auto first = has(w1, a) ? w1 : w2, second = first == w1 ? w2 : w1;
  begin(first, a);
  CHECK_FALSE(has(second, b));
  leave(first);
  CHECK(has(second, b));
  pass(5s);
  CHECK_FALSE(live(a)->has(job_flag::placed)); // now it waits for its turn itself
  end(second, b);
  CHECK(has(second, a));
}

TEST_CASE_METHOD(turn_world, "running x restart: what is found running has its turn, and the others wait",
                 "[scheduler][unique]") {
  open();
  recovered_job f;
  f.id = job_id{5};
  f.type = "noop";
  f.queue = "default";
  f.concurrency_key = lane_of("k").key;
  auto other = f;
  other.id = job_id{6};
  core.on_recovered({f, other}, now);
  core.on_recovery_complete(now);
  end_turn();
  for (auto id : {f.id, other.id}) {
    job_record rec;
    rec.id = id;
    rec.spec = turn_spec();
    disk[id] = rec;
  }
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
  CHECK(reason(other.id, "unique_running").jobs == std::vector<job_id>{f.id});
}

TEST_CASE_METHOD(turn_world, "running x hold: a held job has no turn, and lets the others pass",
                 "[scheduler][unique]") {
  start();
  auto held = turn_spec();
  held.hold = job_hold{};
  const auto a = submit(held), b = take_turn();
  const auto w = join("w1", 5);
  CHECK_FALSE(has(w, a));
  CHECK(has(w, b));
  modify_call c{a, {}, {}};
  c.patch.held = false;
  ask(std::move(c));
  settle();
  CHECK_FALSE(has(w, a));
  end(w, b);
  CHECK(has(w, a));
}

TEST_CASE_METHOD(turn_world, "running x fair shares: each key has its turn, beside concurrency keys",
                 "[scheduler][unique][limits]") {
  start();
  std::vector<job_id> plain;
  for (int i = 0; i < 6; ++i)
    plain.push_back(submit());
  auto tenant = job_builder{}.spec();
  tenant.concurrency_key = "acme";
  const auto acme = submit(tenant), k = take_turn(), second = take_turn(), o = take_turn("o");
  const auto w = join("w1", 4);
  CHECK(has(w, plain[0]));
  CHECK_FALSE(has(w, plain[1]));
  CHECK(has(w, acme));
  CHECK(has(w, k));
  CHECK(has(w, o));
  end(w, k);
  CHECK_FALSE(has(w, second)); // the others' turn
  CHECK(has(w, plain[1]));
}

TEST_CASE_METHOD(turn_world, "running x preemption: one that waits for its turn stops nobody", "[scheduler][unique]") {
  start();
  const auto w = join("w1", 2);
  limit({.preemption = rate_limit{60, 60s, 1}});
  const auto a = take_turn("k", job_builder{}.priority(1).preemptible());
  const auto low = submit(job_builder{}.priority(1).preemptible().spec());
  begin(w, a);
  begin(w, low);
  const auto urgent = take_turn("k", job_builder{}.priority(9).preempts());
  CHECK(preempted == 0);
  CHECK(told.at(w).preempted.empty());
  CHECK(reason(urgent, "unique_running").jobs == std::vector<job_id>{a});
  end(w, a);
  CHECK(has(w, urgent));
}

TEST_CASE_METHOD(turn_world, "running x forEach: elements have the key of the whole, and run one after the other",
                 "[scheduler][unique][fan_out]") {
  start();
  const auto w = join("w1", 5);
  auto list = job_builder{}.spec();
  list.workflow = workflow_part{"w", "w", "list", false};
  const auto before = submit(list);
  auto each = turn_spec("k", job_builder{}.after(before));
  each.workflow = workflow_part{"w", "w", "each", false};
  each.for_each.emplace().over = "list";
  const auto whole = submit(each);
  attempt_outcome three;
  three.result = blob{"3"};
  end(w, before, three);
  std::vector<job_id> elements;
  for (const auto& [id, rec] : disk)
    if (rec.spec.for_each && rec.spec.for_each->stage == fan_out_stage::element)
      elements.push_back(id);
  REQUIRE(elements.size() == 3);
  for (auto id : elements) {
    CHECK(view().under_way == 1);
    REQUIRE(has(w, id));
    CHECK(order_of(w, id) == &told.at(w).run.back()); // none after it
    end(w, id);
  }
  CHECK(disk.at(whole).state == job_state::completed);
  CHECK(view().under_way == 0);
}

TEST_CASE_METHOD(turn_world, "running x an operator's retry: it waits for its turn as any other",
                 "[scheduler][unique]") {
  start();
  const auto w = join("w1", 5);
  const auto a = take_turn();
  end(w, a, outcome(outcome_kind::failed_final));
  REQUIRE(disk.at(a).state == job_state::failed);
  const auto b = take_turn();
  CHECK(has(w, b));
  const auto runs = told.at(w).run.size();
  ask(retry_call{a, {}});
  settle();
  CHECK(live(a)->has(job_flag::ready));
  CHECK(told.at(w).run.size() == runs);
  end(w, b);
  CHECK(told.at(w).run.size() == runs + 1);
}
