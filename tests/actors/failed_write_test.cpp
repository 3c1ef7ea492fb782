// What was under way when the disk was full happens once there is room again, and nothing of it twice.
#include "tests/actors/scheduler_fixture.hpp"

#include <algorithm>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

job_spec after(job_id dep) {
  auto s = scheduler_fixture::spec();
  s.dependencies = {dep};
  return s;
}

const attempt_outcome broken{.kind = outcome_kind::failed_final, .code = "X", .message = "no"};

/// Longer than until the store is tried again.
constexpr duration a_while = std::chrono::seconds{5};

struct full_disk : scheduler_fixture {
  /// The worker's process is gone.
  void lose(fake_node& n) {
    caf::anon_send(manager, worker_gone{n.id, "its connection broke"});
    caf::anon_send_exit(std::exchange(n.link, nullptr), caf::exit_reason::kill);
    settle();
  }
  void room() {
    disk->full = false;
    advance(a_while);
  }
};

} // namespace

TEST_CASE_METHOD(full_disk, "a cancellation that was not written, then a lost worker: the job runs again") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  disk->full = true;
  CHECK_FALSE(cancel(id));
  lose(n);
  room();
  CHECK(state(id) == job_state::retrying);
  auto& other = add_node("w2");
  REQUIRE(other.has(id));
  end(other, id);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).loss_count == 1);
}

TEST_CASE_METHOD(full_disk,
                 "jobs in memory are accepted while the disk is full, and do not tell that it takes writes") {
  start();
  disk->full = true;
  CHECK_FALSE(try_submit(spec()));
  auto in_memory = spec();
  in_memory.level = durability::memory;
  const auto id = submit(in_memory);
  CHECK(state(id) == job_state::queued);
  CHECK_FALSE(try_submit(spec()));
  const auto view = [&] {
    auto seen = std::make_shared<std::string>();
    caf::anon_send(keeper, health_call{{}, answer<health_view>{[seen](const result<health_view>& x) {
                                         *seen = x->components.back().detail;
                                       }}});
    settle();
    return *seen;
  };
  CHECK(view() == "no space left on device");
  submit(in_memory);
  CHECK(view() == "no space left on device");
  room();
  CHECK(view() == "writable");
}

TEST_CASE_METHOD(full_disk, "an attempt that had not started when a write failed is not counted as lost") {
  start();
  auto& n = add_node("w1", 1);
  const auto first = submit(), id = submit();
  begin(n, first);
  end(n, first);
  REQUIRE(n.has(id));
  disk->full = true;
  CHECK_FALSE(cancel(id));
  disk->full = false;
  SECTION("nor has it a start of long ago") {
    CHECK(get(id).started_at.value_or(now()) == now());
    begin(n, id);
    CHECK(get(id).started_at == now());
    end(n, id);
    const auto rec = get(id);
    CHECK(rec.state == job_state::completed);
    CHECK(rec.attempt == 1);
    for (const auto& h : rec.history)
      CHECK(h.at >= rec.created_at);
  }
  SECTION("when it is handed back") {
    end(n, id, {.kind = outcome_kind::returned});
    const auto rec = get(id);
    CHECK(rec.attempt == 0);
    CHECK(rec.loss_count == 0);
    CHECK(n.has(id)); // again
  }
}

TEST_CASE_METHOD(full_disk, "a deadline that was missed behind a write that failed is missed all the same") {
  start();
  auto s = spec();
  s.deadline = now() + 1s;
  const auto id = submit(s);
  disk->full = true;
  disk->while_writing = [&] { advance(2s); };
  job_patch change;
  change.priority = 9;
  const auto refused = ask(modify_call{id, change, {}}, &modify_call::reply);
  CHECK_FALSE(refused);
  room();
  const auto rec = get(id);
  CHECK(rec.state == job_state::failed);
  CHECK(rec.error->code == job_error_code::deadline_missed);
  auto& n = add_node("w1");
  CHECK(n.orders.empty());
}

TEST_CASE_METHOD(full_disk, "a job whose missed deadline could not be written ends, though a worker came meanwhile") {
  start();
  auto& n = add_node("w1");
  const auto busy = submit();
  auto s = spec();
  s.deadline = now() + 1s;
  const auto id = submit(s);
  disk->full = true;
  advance(2s);
  end(n, busy); // its slot is free, and the late job still in the line
  room();
  CHECK(get(id).error->code == job_error_code::deadline_missed);
  CHECK(get(id).attempt == 0);
  CHECK_FALSE(n.has(id));
  beat(n);
  CHECK(n.has(submit()));
}

TEST_CASE_METHOD(full_disk, "a worker whose membership could not be written gets work when there is room") {
  start();
  const auto id = submit();
  disk->full = true;
  auto& n = add_node("w1");
  const auto pause = config->store.probe_every + 500ms;
  advance(pause);
  beat(n);
  CHECK_FALSE(n.has(id));
  disk->full = false;
  advance(pause);
  beat(n);
  CHECK(n.has(id));
  CHECK(disk->inner->meta("member/w1"));
  CHECK(disk->inner->meta("member/w1")->has_value());
}

TEST_CASE_METHOD(full_disk, "an outcome whose worker is gone before there is room is a loss") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  disk->full = true;
  end(n, id);
  CHECK(n.acknowledged.empty());
  lose(n);
  room();
  auto& other = add_node("w2");
  REQUIRE(other.has(id));
  end(other, id);
  CHECK(get(id).state == job_state::completed);
  CHECK(get(id).loss_count == 1);
}

TEST_CASE_METHOD(full_disk, "an outcome that is being written when its worker goes and its write fails is a loss") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  disk->while_writing = [&] {
    lose(n);
    disk->full = true;
  };
  end(n, id);
  room();
  auto& other = add_node("w2");
  REQUIRE(other.has(id));
  end(other, id);
  CHECK(get(id).state == job_state::completed);
}

TEST_CASE_METHOD(full_disk, "a failure with dependants that was not written, then a lost worker: they wait on") {
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  const auto b = submit(after(a));
  const auto c = submit(after(b));
  begin(n, a);
  disk->full = true;
  end(n, a, broken);
  lose(n);
  room();
  CHECK(state(a) == job_state::retrying);
  CHECK(state(c) == job_state::queued);
  auto& other = add_node("w2");
  for (auto id : {a, b, c}) {
    REQUIRE(other.has(id));
    end(other, id);
    CHECK(state(id) == job_state::completed);
  }
}

TEST_CASE_METHOD(full_disk, "the last loss of a job that was not written cancels its dependants with it later") {
  config->jobs.losses_max = 1;
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  const auto b = submit(after(a));
  begin(n, a);
  disk->full = true;
  lose(n);
  CHECK(state(b) == job_state::queued);
  room();
  CHECK(get(a).error->code == job_error_code::worker_lost_limit);
  CHECK(state(b) == job_state::cancelled);
  CHECK(disk->batches.back() == std::vector{a, b});
}

TEST_CASE_METHOD(full_disk, "a placement that waits behind a cancellation gives its slot back") {
  start();
  auto& n = add_node("w1");
  const auto busy = submit(), id = submit();
  disk->while_writing = [&] {
    end(n, busy); // the other one is next in the line still
    CHECK_FALSE(n.has(id));
  };
  const auto gone = cancel(id);
  REQUIRE(gone);
  CHECK((*gone)->state == job_state::cancelled);
  CHECK_FALSE(n.has(id));
  CHECK(state(busy) == job_state::completed);
  CHECK(n.has(submit()));
}

TEST_CASE_METHOD(full_disk, "a placement behind a cancellation that was not written is an order after all") {
  start();
  auto& n = add_node("w1");
  const auto busy = submit(), id = submit();
  disk->while_writing = [&] {
    end(n, busy);
    disk->full = true;
  };
  CHECK_FALSE(cancel(id));
  disk->full = false;
  advance(a_while);
  REQUIRE(n.has(id));
  begin(n, id);
  end(n, id);
  CHECK(state(id) == job_state::completed);
}

TEST_CASE_METHOD(full_disk, "a dependant that is submitted while the failure is written never runs") {
  start();
  auto& n = add_node("w1", 2);
  const auto a = submit();
  std::optional<result<submit_answers>> got;
  const bool atomic = GENERATE(false, true);
  disk->while_writing = [&] {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    c.request->jobs = {after(a), spec()};
    c.request->atomic = atomic;
    c.reply = answer<submit_answers>{[&](result<submit_answers> x) { got.emplace(std::move(x)); }};
    caf::anon_send(manager, std::move(c));
    settle();
    CHECK_FALSE(got);
  };
  end(n, a, broken);
  REQUIRE(got);
  REQUIRE(*got);
  const auto b = (**got)[0]->id;
  CHECK(state(a) == job_state::failed);
  CHECK(get(b).error->code == job_error_code::upstream_failed);
  CHECK_FALSE(n.has(b));
  kill();
  n.orders.clear();
  start();
  join(n);
  CHECK(state(b) == job_state::cancelled);
  CHECK_FALSE(n.has(b));
  CHECK(n.has(submit()));
}

TEST_CASE_METHOD(full_disk, "a dependant that is being written when the job fails never runs, restart or not") {
  start();
  auto& n = add_node("w1");
  const auto a = submit();
  const bool dies = GENERATE(false, true);
  std::optional<result<submit_answers>> got;
  disk->while_writing = [&] {
    end(n, a, broken); // waits for the dependant's first version
    CHECK(disk->inner->counts().failed == 0);
    if (dies)
      caf::anon_send_exit(caf::actor_cast<caf::actor>(manager), caf::exit_reason::kill);
  };
  submit_call c;
  c.request = std::make_shared<submit_request>();
  c.request->jobs = {after(a)};
  c.reply = answer<submit_answers>{[&](result<submit_answers> x) { got.emplace(std::move(x)); }};
  caf::anon_send(manager, std::move(c));
  settle();
  REQUIRE(got);
  CHECK(static_cast<bool>(*got) == !dies);
  kill();
  n.orders.clear();
  start();
  join(n);
  if (dies) { // the failure did not come to the disk, the dependant did
    CHECK(disk->inner->counts().live == 2);
    REQUIRE(n.orders.size() == 1);
    end(n, a, broken);
  }
  CHECK(n.orders.empty());
  CHECK(disk->inner->counts().live == 0);
  CHECK(disk->inner->counts().cancelled == 1);
  CHECK(state(a) == job_state::failed);
}
