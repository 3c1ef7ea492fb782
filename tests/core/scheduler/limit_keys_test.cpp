// Concurrency keys, full queues and retry rates in the core.
#include "core/scheduler/limit_flow.hpp"
#include "core/scheduler/limit_views.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

const steady_point now0{1000h};

/// A book whose attempts are counted by the test.
struct book {
  limit_book limits;
  std::map<const limit_scope*, uint64_t> attempts;

  void set(const limit_target& t, const limit_rule& r) {
    limits.set(t, r, now0, [](const limit_scope_ptr&) {});
    check();
  }
  limit_units take(const std::string& key, steady_point now = now0) {
    const limit_units u{limits.find(limit_kind::queue, "q"), limits.find(limit_kind::type, "noop"),
                        key.empty() ? nullptr : limits.scope_of_key("q", key)};
    limits.take(u, now);
    for (const auto* s : u.all())
      if (*s)
        ++attempts[s->get()];
    check();
    return u;
  }
  void give(const limit_units& u) {
    for (const auto* s : u.all())
      if (*s)
        --attempts[s->get()];
    limits.give(u);
    check();
  }
  void check() const {
    limits.sanity_check(attempts);
  }
  /// That are not idle.
  size_t keys() const {
    const auto& all = limits.all(limit_kind::key);
    return static_cast<size_t>(
      std::count_if(all.begin(), all.end(), [](const auto& x) { return x.second->idle_since == 0; }));
  }
};

const limit_target queue_q{limit_kind::queue, "q", {}}, key_a{limit_kind::key, "q", "a"};

struct key_world : hand_world {
  using hand_world::hand_world;
  limit_answer limit(limit_rule r, const std::string& key = {}) {
    return ask_limit({target(key), std::move(r), {}, {}});
  }
  static limit_target target(const std::string& key) {
    return {key.empty() ? limit_kind::queue : limit_kind::key, "default", key};
  }
  limit_view view(const std::string& key = {}) const {
    return view_of(core.state(), target(key), now);
  }
  job_id submit_of(const std::string& key) {
    return submit(spec_of(key));
  }
  static job_spec spec_of(const std::string& key) {
    auto s = job_builder{}.spec();
    s.concurrency_key = key;
    return s;
  }
};

} // namespace

TEST_CASE("limit book: a key is there while it uses something of its queue's rule", "[limits]") {
  book b;
  CHECK_FALSE(b.take("a").key); // nothing is said of keys
  b.set(queue_q, {.per_key = {2, {}}});
  CHECK(b.keys() == 0);
  const auto one = b.take("a"), two = b.take("a"), other = b.take("b");
  CHECK(b.keys() == 2);
  CHECK(one.key == two.key);
  CHECK(one.key->inherited);
  CHECK(one.key->held(now0) == limit_scope::hold::concurrency);
  CHECK(other.key->held(now0) == limit_scope::hold::none);
  b.give(one);
  b.give(other);
  CHECK(b.keys() == 1);
  b.give(two);
  CHECK(b.keys() == 0);
  CHECK_FALSE(b.take("").key);
}

TEST_CASE("limit book: keys that were in use last are kept, and no more than idle_kept", "[limits]") {
  book b;
  b.set(queue_q, {.per_key = {1, {}}});
  const auto a = b.take("a");
  b.give(a);
  CHECK(b.keys() == 0);
  CHECK(b.limits.find(key_a) == a.key);
  CHECK(b.take("a").key == a.key); // the same one again
  b.give(a);
  for (size_t i = 0; i < limit_book::idle_kept; ++i) {
    const auto u = b.limits.scope_of_key("q", "k" + std::to_string(i));
    b.limits.take({nullptr, nullptr, u}, now0);
    b.limits.give({nullptr, nullptr, u});
    if (i == 10) { // now it is no longer the one that has rested longest
      b.take("a");
      b.give(a);
    }
  }
  b.check();
  CHECK(b.limits.all(limit_kind::key).size() == limit_book::idle_kept);
  CHECK(b.limits.find(key_a) == a.key);
  CHECK_FALSE(b.limits.find({limit_kind::key, "q", "k0"}));
  b.set(queue_q, {});
  CHECK(b.limits.all(limit_kind::key).empty());
}

TEST_CASE("limit book: a key with a rate is kept until its bucket is full", "[limits]") {
  book b;
  b.set(queue_q, {.per_key = {0, rate_limit{1, 10s, 2}}});
  b.give(b.take("a"));
  CHECK(b.keys() == 1);
  CHECK(b.limits.find(key_a)->held(now0) == limit_scope::hold::rate);
  b.limits.on_time(now0 + 10s);
  CHECK(b.keys() == 1);
  CHECK(b.limits.find(key_a)->held(now0 + 10s) == limit_scope::hold::none);
  b.limits.on_time(now0 + 20s);
  CHECK(b.keys() == 0);
}

TEST_CASE("limit book: a rule of a key's own holds in place of the queue's", "[limits]") {
  book b;
  b.set(key_a, {.concurrency = 3});
  b.set(queue_q, {.per_key = {1, {}}});
  CHECK(b.limits.rule_of(key_a).concurrency == 3);
  CHECK(b.limits.rule_of({limit_kind::key, "q", "b"}).concurrency == 1);
  CHECK(b.limits.rule_of({limit_kind::key, "other", "a"}).is_plain());
  const auto u = b.take("a");
  CHECK_FALSE(u.key->inherited);
  CHECK(u.key->held(now0) == limit_scope::hold::none);
  b.set(key_a, {});
  CHECK(u.key->inherited);
  CHECK(u.key->held(now0) == limit_scope::hold::concurrency);
  b.give(u);
  CHECK(b.keys() == 0);
}

TEST_CASE("limit book: a new rule for each key reaches those that have only that", "[limits]") {
  book b;
  b.set(queue_q, {.per_key = {1, {}}});
  b.set({limit_kind::key, "q", "own"}, {.concurrency = 9});
  const auto a = b.take("a"), own = b.take("own");
  b.set(queue_q, {.per_key = {4, {}}});
  CHECK(a.key->rule.concurrency == 4);
  CHECK(own.key->rule.concurrency == 9);
  b.set(queue_q, {.concurrency = 2});
  CHECK(a.key->rule.is_plain());
  CHECK(a.key->held(now0) == limit_scope::hold::none);
  b.give(a);
  b.give(own);
  CHECK(b.keys() == 1);
}

TEST_CASE("limit book: retries have slots one after the other, from now on", "[limits]") {
  book b;
  CHECK(b.limits.retry_slot("noop", now0) == now0);
  b.set({limit_kind::type, "noop", {}}, {.retry_rate = rate_limit{1, 10s, 2}});
  CHECK(b.limits.retry_slot("noop", now0) == now0);
  CHECK(b.limits.retry_slot("noop", now0) == now0 + 10s);
  CHECK(b.limits.retry_slot("noop", now0 + 1s) == now0 + 20s);
  CHECK(b.limits.retry_slot("other", now0) == now0);
  const auto later = now0 + 1000s; // the burst came in
  CHECK(b.limits.retry_slot("noop", later) == later);
  CHECK(b.limits.retry_slot("noop", later) == later);
  CHECK(b.limits.retry_slot("noop", later) == later + 10s);
  CHECK(b.take("").type->held(now0) == limit_scope::hold::none); // first attempts take none of them
}

TEST_CASE_METHOD(key_world, "keys: a rule is written, holds, and goes", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  CHECK((***limit({.concurrency = 1}, "a")).rule.concurrency == 1);
  CHECK(facts.at("limit/key/7/defaulta") == "paused=0 concurrency=1 weight=1");
  const auto a = submit_of("a"), b = submit_of("a"), c = submit_of("c");
  CHECK(has(w, a));
  CHECK_FALSE(has(w, b));
  CHECK(has(w, c));
  CHECK(view("a").under_way == 1);
  CHECK(view("a").held == "concurrency");
  CHECK(view("a").ready == 1);
  CHECK(view("a").oldest_ready.has_value());
  CHECK(view().keys == 1);
  end(w, a);
  CHECK(has(w, b));
  limit({}, "a");
  CHECK(facts.count("limit/key/7/defaulta") == 0);
  CHECK(has(w, submit_of("a")));
}

TEST_CASE_METHOD(key_world, "keys: what is under way counts when a rule comes, for one key or for each",
                 "[scheduler][limits]") {
  start();
  const auto w = join("w1", 9);
  const auto a = submit_of("a"), b = submit_of("a"), c = submit_of("c"), plain = submit();
  limit({.concurrency = 5}, "a");
  CHECK(view("a").under_way == 2);
  limit({.per_key = {1, {}}});
  CHECK(view("a").under_way == 2);
  CHECK(view("c").under_way == 1);
  CHECK(view("c").inherited);
  const auto next = submit_of("c");
  CHECK_FALSE(has(w, next));
  end(w, c);
  CHECK(has(w, next));
  limit({}, "a");
  CHECK(view("a").held == "concurrency");
  for (const auto id : {a, b, next, plain})
    end(w, id);
  CHECK(view("a").under_way == 0);
  CHECK(view("c").under_way == 0);
}

TEST_CASE_METHOD(key_world, "keys: pause keeps what the queue has for each", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 9);
  limit({.per_key = {1, {}}});
  ask_limit({target("a"), {}, true, {}});
  CHECK(view("a").rule == limit_rule{.paused = true, .concurrency = 1});
  const auto a = submit_of("a"), b = submit_of("a");
  CHECK_FALSE(has(w, a));
  ask_limit({target("a"), {}, false, {}});
  CHECK(view("a").inherited);
  CHECK(facts.count("limit/key/7/defaulta") == 0);
  CHECK(has(w, a));
  CHECK_FALSE(has(w, b));
}

TEST_CASE_METHOD(key_world, "keys x cancel, return, failed write, loss: no unit is lost", "[scheduler][limits]") {
  start();
  const auto w = join("w1", 5);
  limit({.per_key = {1, {}}});
  const auto a = submit_of("a");
  begin(w, a);
  ask(cancel_call{a, "", {}});
  settle();
  CHECK(view("a").under_way == 1);
  const auto b = submit_of("a");
  CHECK_FALSE(has(w, b));
  end(w, a, {.kind = outcome_kind::cancelled});
  CHECK(has(w, b));
  end(w, b, {.kind = outcome_kind::returned});
  CHECK(view("a").under_way == 1);
  disk_full = true;
  end(w, b);
  CHECK(view("a").under_way == 0);
  disk_full = false;
  leave(w);
  pass(2s);
  CHECK(view("a").under_way == 0);
}

TEST_CASE("keys: names of facts are read back, whatever is in them", "[scheduler][limits]") {
  const auto text = to_text(limit_rule{.concurrency = 2});
  std::vector<std::string> damaged;
  const auto found = read_limits({{"limit/key/3/a/bc/d", text},
                                  {"limit/key/0/x", text},
                                  {"limit/key/9/short", text},
                                  {"limit/key/x/a", text},
                                  {"limit/key/3", text},
                                  {"limit/queue/key/1/a", text},
                                  {"limit/other/a", text}},
                                 damaged);
  REQUIRE(found.size() >= 2);
  CHECK(found[0].target == limit_target{limit_kind::key, "a/b", "c/d"});
  CHECK(found.back().target == limit_target{limit_kind::queue, "key/1/a", ""});
  CHECK(damaged.size() + found.size() == 7);
  CHECK(std::find(damaged.begin(), damaged.end(), "limit/key/9/short") != damaged.end());
}

TEST_CASE("keys: more own rules than jobs.limits_max are refused, and lists are in order", "[scheduler][limits]") {
  auto s = hand_world::plain_settings();
  s.limits_max = 2;
  key_world world{s};
  world.start();
  world.join("w1", 9);
  world.limit({.per_key = {1, {}}});
  for (const auto* key : {"a", "b", "c", "d"})
    world.submit_of(key); // whose scopes are their queue's
  CHECK(**world.limit({.concurrency = 2}, "b"));
  CHECK(**world.limit({.concurrency = 2}, "x"));
  CHECK((*world.limit({.concurrency = 2}, "y"))->err().message.find("jobs.limits_max") != std::string::npos);
  CHECK(**world.limit({.concurrency = 1}, "y")); // as its queue has it: nothing is kept
  const auto first = page_of(world.core.state(), limits_call{limit_kind::key, "default", "", 3, {}}, world.now);
  REQUIRE(first.limits.size() == 3);
  CHECK(first.limits[0].target.key == "a");
  CHECK(first.limits[0].inherited);
  CHECK_FALSE(first.limits[1].inherited);
  CHECK(first.next == "c");
  const auto second = page_of(world.core.state(), limits_call{limit_kind::key, "default", "c", 3, {}}, world.now);
  REQUIRE(second.limits.size() == 2);
  CHECK(second.limits[1].target.key == "x");
  CHECK_FALSE(second.next);
  CHECK(page_of(world.core.state(), limits_call{limit_kind::key, "other", "", 3, {}}, world.now).limits.empty());
}

TEST_CASE_METHOD(key_world, "a full queue refuses, and accepts again", "[scheduler][limits]") {
  start();
  limit({.waiting_max = 2, .full_accepts_from = uint8_t{8}});
  const auto a = submit(), b = submit();
  auto got = send(job_builder{}.spec());
  settle();
  const auto& refused = (**got)->front();
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::queue_full);
  CHECK(refused.err().field == "queue");
  CHECK(refused.err().message.find("waitingMax") != std::string::npos);
  CHECK(submit(job_builder{}.priority(8).spec()) != job_id{});
  CHECK(submit(job_builder{}.queue("other").spec()) != job_id{});
  ask(cancel_call{a, "", {}});
  settle();
  got = send(job_builder{}.spec());
  settle();
  CHECK_FALSE((**got)->front()); // the urgent one waits as well
  const auto w = join("w1", 5);
  got = send(job_builder{}.spec());
  settle();
  CHECK_FALSE((**got)->front()); // they have a worker, but have not begun
  begin(w, b);
  CHECK(submit() != job_id{});
}
