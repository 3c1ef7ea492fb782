// Batches of which all is accepted or nothing, where some of their jobs exist already under their key.
#include "tests/actors/scheduler_fixture.hpp"

#include <algorithm>
#include <set>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

job_spec keyed(const std::string& key, const std::string& payload = "{}") {
  auto s = scheduler_fixture::spec();
  s.idempotency_key = key;
  s.payload = blob{payload};
  return s;
}

job_spec of_type(const std::string& type, const std::string& queue = "default") {
  auto s = scheduler_fixture::spec();
  s.type = type;
  s.queue = queue;
  return s;
}

submit_request atomic(std::vector<job_spec> jobs) {
  submit_request r;
  r.jobs = std::move(jobs);
  r.atomic = true;
  return r;
}

struct batches : scheduler_fixture {
  using later = std::shared_ptr<std::optional<result<submit_answers>>>;
  /// Sent, and not waited for.
  later send(submit_request r) {
    auto got = std::make_shared<std::optional<result<submit_answers>>>();
    submit_call c;
    c.request = std::make_shared<submit_request>(std::move(r));
    c.reply = answer<submit_answers>{[got](result<submit_answers> x) { got->emplace(std::move(x)); }};
    caf::anon_send(manager, std::move(c));
    return got;
  }
  uint64_t total() const {
    const auto c = disk->inner->counts();
    return c.live + c.completed + c.failed + c.cancelled;
  }
  /// What the queue manager tells of itself.
  std::string fact(const std::string& name) {
    std::string found;
    caf::anon_send(caf::actor_cast<caf::actor>(manager),
                   dump_call{"", "", answer<actor_dump>{[&](result<actor_dump> d) {
                               for (const auto& [key, value] : d->facts)
                                 if (key == name)
                                   found = value;
                             }}});
    settle();
    return found;
  }
};

} // namespace

TEST_CASE_METHOD(batches, "a key with another payload refuses the whole atomic batch, and nothing of it runs") {
  start();
  auto& n = add_node("w1", 4, {"noop", "exec"});
  const auto first = submit(keyed("k1"));
  const bool conflict_first = GENERATE(true, false);
  std::vector<job_spec> jobs{of_type("exec"), keyed("k1", R"({"other":1})")};
  if (conflict_first)
    std::reverse(jobs.begin(), jobs.end());
  const auto a = submit_all(atomic(std::move(jobs)));
  REQUIRE(a);
  CHECK((*a)[conflict_first ? 0 : 1].err().code == ec::idempotency_conflict);
  CHECK((*a)[conflict_first ? 1 : 0].err().code == ec::invalid_state);
  CHECK(total() == 1);
  REQUIRE(n.orders.size() == 1);
  CHECK(n.orders.front().job == first.value);
}

TEST_CASE_METHOD(batches, "an atomic batch with a job that exists under its key makes the others") {
  start();
  const auto first = submit(keyed("k1"));
  const auto a = submit_all(atomic({of_type("exec"), keyed("k1")}));
  REQUIRE(a);
  CHECK_FALSE((*a)[0]->duplicate);
  CHECK((*a)[1]->duplicate);
  CHECK((*a)[1]->id == first);
  CHECK(total() == 2);
}

TEST_CASE_METHOD(batches, "a job of a batch waits for the job that its reference's key names") {
  start();
  auto& n = add_node("w1", 4);
  const auto first = submit(keyed("k1"));
  submit_request r;
  r.jobs = {keyed("k1"), spec()};
  r.inner = {{1, 0}};
  const auto a = submit_all(r);
  REQUIRE(a);
  const auto second = (*a)[1]->id;
  CHECK((*a)[0]->id == first);
  CHECK(get(second).spec.dependencies == std::vector<dependency>{first});
  CHECK_FALSE(n.has(second));

  SECTION("which completes") {
    end(n, first);
    CHECK(n.has(second));
  }
  SECTION("which fails") {
    end(n, first, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
    CHECK(state(second) == job_state::cancelled);
  }
}

TEST_CASE_METHOD(batches, "a reference to a finished job under its key counts as its end says") {
  start();
  auto& n = add_node("w1", 4);
  const auto first = submit(keyed("k1"));
  const bool good = GENERATE(true, false);
  end(n, first, good ? attempt_outcome{} : attempt_outcome{.kind = outcome_kind::failed_final, .code = "X"});
  submit_request r;
  r.jobs = {spec(), keyed("k1")};
  r.inner = {{0, 1}};
  const auto a = submit_all(r);
  REQUIRE(a);
  const auto second = (*a)[0]->id;
  CHECK(n.has(second) == good);
  CHECK(state(second) == (good ? job_state::scheduled : job_state::cancelled));
}

TEST_CASE_METHOD(batches, "who refers to a refused job of its batch is refused with it") {
  start();
  auto& n = add_node("w1", 4);
  submit(keyed("k1"));
  submit_request r;
  r.jobs = {keyed("k1", R"({"other":1})"), spec(), spec()};
  r.inner = {{1, 0}, {2, 1}};
  const auto a = submit_all(r);
  REQUIRE(a);
  for (const auto& x : *a)
    CHECK_FALSE(x);
  CHECK(total() == 1);
  CHECK(n.orders.size() == 1);
}

TEST_CASE_METHOD(batches, "one key twice in a batch is one job, or a conflict") {
  start();
  const bool all_or_none = GENERATE(true, false);
  auto r = atomic({keyed("k"), spec(), keyed("k")});
  r.atomic = all_or_none;
  const auto a = submit_all(r);
  REQUIRE(a);
  CHECK((*a)[0]->id == (*a)[2]->id);
  CHECK_FALSE((*a)[0]->duplicate);
  CHECK((*a)[2]->duplicate);
  CHECK(total() == 2);

  r = atomic({keyed("j"), spec(), keyed("j", R"({"other":1})")});
  r.atomic = all_or_none;
  const auto b = submit_all(r);
  REQUIRE(b);
  CHECK((*b)[2].err().code == ec::idempotency_conflict);
  CHECK(static_cast<bool>((*b)[0]) == !all_or_none);
  CHECK(static_cast<bool>((*b)[1]) == !all_or_none);
  CHECK(total() == (all_or_none ? 2 : 4));
}

TEST_CASE_METHOD(batches, "an atomic batch waits for a key that is being written, and holds when that write fails") {
  start();
  const bool fails = GENERATE(true, false);
  later second;
  disk->while_writing = [&] {
    second = send(atomic({spec(), keyed("k")}));
    settle();
    CHECK_FALSE(*second);
    disk->full = fails;
  };
  const auto first = send(atomic({keyed("k"), spec()}));
  settle();
  REQUIRE(*first);
  REQUIRE(second);
  REQUIRE(*second);
  REQUIRE(**second);
  for (const auto& x : ***first)
    CHECK(static_cast<bool>(x) == !fails);
  for (const auto& x : ***second)
    CHECK(static_cast<bool>(x) == !fails); // the disk is still full
  CHECK(total() == (fails ? 0 : 3));
  CHECK(fact("submitsUnderWay") == "0");
  CHECK(fact("requestsWaiting") == "0");
}

TEST_CASE_METHOD(batches, "an atomic batch takes over the key of a job whose write failed") {
  start();
  later second;
  disk->while_writing = [&] {
    second = send(atomic({spec(), keyed("k")}));
    settle();
    disk->full = true;
    // The next write finds room: it is that of the batch.
    disk->while_writing = [&] { disk->full = false; };
  };
  const auto first = try_submit(keyed("k"));
  REQUIRE_FALSE(first);
  REQUIRE(*second);
  for (const auto& x : ***second) {
    REQUIRE(x);
    CHECK_FALSE(x->duplicate);
  }
  CHECK(total() == 2);
  CHECK(disk->batches.back().size() == 2);
}

TEST_CASE_METHOD(batches, "the answer of a duplicate is that of its owner, whenever it comes") {
  start();
  auto s = keyed("k");
  s.level = durability::os;
  s.priority = 8;
  const auto created = now();
  std::vector<later> all;
  disk->while_writing = [&] {
    all.push_back(send(atomic({s, s})));
    settle();
  };
  for (int i = 0; i < 3; ++i)
    all.push_back(send(atomic({s})));
  settle();
  all.push_back(send(atomic({s})));
  settle();
  std::set<job_id> ids;
  for (const auto& x : all) {
    REQUIRE(*x);
    for (const auto& a : ***x) {
      ids.insert(a->id);
      CHECK(a->level == durability::os);
      CHECK(a->priority == 8);
      CHECK(a->created_at == created);
      CHECK(a->estimated_execution >= created);
      CHECK(a->state == job_state::queued);
    }
  }
  CHECK(ids.size() == 1);
}

TEST_CASE_METHOD(batches, "under sustained load with keys only those of the reads under way are remembered") {
  start();
  // Whoever reads while a key is on its way to the disk may miss it, so it is remembered until that read is over. Here
  // some read is under way during every write.
  constexpr int rounds = 500;
  int round = 0, answered = 0;
  std::function<void()> more = [&] {
    if (++round < rounds)
      disk->while_writing = more;
    for (int i = 0; i < 4; ++i) {
      submit_call c;
      c.request = std::make_shared<submit_request>(atomic({keyed(std::to_string(round) + '/' + std::to_string(i))}));
      c.reply = answer<submit_answers>{[&](result<submit_answers> a) { answered += a && a->front(); }};
      caf::anon_send(manager, std::move(c));
    }
  };
  more();
  settle();
  CHECK(answered == 4 * rounds);
  CHECK(total() == 4 * rounds);
  CHECK(fact("keysRemembered") == "0");
  CHECK(fact("requestsWaiting") == "0");
}

TEST_CASE_METHOD(batches, "a submit that is refused leaves no name behind") {
  start();
  submit(keyed("k1"));
  const auto shapes = fact("shapes");
  CHECK(fact("queues") == "1");
  SECTION("because of another job of its batch") {
    CHECK_FALSE(submit_all(atomic({of_type("exec", "other"), keyed("k1", R"({"other":1})")}))->front());
  }
  SECTION("because of a dependency") {
    auto s = of_type("exec", "other");
    s.dependencies = {job_id{77}};
    CHECK_FALSE(try_submit(s));
  }
  SECTION("because of the disk") {
    disk->full = true;
    CHECK_FALSE(try_submit(of_type("exec", "other")));
  }
  SECTION("because of the limit") {
    config->jobs.waiting_max = 1;
    kill();
    start();
    CHECK_FALSE(try_submit(of_type("exec", "other")));
  }
  CHECK(fact("shapes") == shapes);
}
