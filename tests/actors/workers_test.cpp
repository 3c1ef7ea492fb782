#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE_METHOD(scheduler_fixture,
                 "a worker that stops beating is suspect first, then lost, and its job runs elsewhere") {
  start();
  auto& n = add_node("w1");
  const auto id = submit();
  begin(n, id);
  advance(4s); // suspect: no new work, nothing lost
  const auto second = submit();
  CHECK_FALSE(n.has(second));
  CHECK(state(id) == job_state::running);
  const auto old = n.order_of(id);
  advance(7s);
  auto rec = get(id);
  CHECK(rec.state == job_state::retrying);
  CHECK(rec.loss_count == 1);
  CHECK(rec.retry_count == 0);

  auto& m = add_node("w2", 2);
  REQUIRE(m.has(id));
  CHECK(m.order_of(id).fence > old.fence);
  // The old worker comes back with its outcome: refused, whoever tells it.
  worker_report late;
  late.ended.push_back(end_of(old, {.result = blob{"\"old\""}}));
  late.boot_epoch = n.boot_epoch;
  caf::anon_send(manager, worker_reported{m.id, std::move(late)});
  settle();
  CHECK(state(id) == job_state::retrying);
  end(m, id, {.result = blob{"\"new\""}});
  CHECK(get(id).result.view() == "\"new\"");
}

TEST_CASE_METHOD(scheduler_fixture, "a suspect worker that beats again gets work again") {
  start();
  auto& n = add_node("w1");
  advance(4s);
  const auto id = submit();
  CHECK_FALSE(n.has(id));
  beat(n);
  CHECK(n.has(id));
}

TEST_CASE_METHOD(scheduler_fixture, "a job that takes its worker down again and again is failed as poison") {
  config->jobs.losses_max = 3;
  start();
  const auto id = submit();
  for (int i = 0; i < 3; ++i) {
    auto& n = add_node("w" + std::to_string(i));
    REQUIRE(n.has(id));
    // It dies so quickly that not even the start was reported.
    caf::anon_send(n.link, stop_atom{}, std::string{"its process was ended by signal 9"});
    settle();
    n.link = nullptr;
  }
  const auto rec = get(id);
  CHECK(rec.state == job_state::failed);
  CHECK(rec.error->code == job_error_code::worker_lost_limit);
  CHECK(rec.loss_count == 3);
  CHECK(rec.retry_count == 0);
}

TEST_CASE_METHOD(scheduler_fixture, "a node that comes back keeps its attempts, and those it never got run again") {
  start();
  auto& n = add_node("w1", 2);
  const auto kept = submit();
  const auto dropped = submit();
  begin(n, kept);
  const auto order = n.order_of(kept);
  caf::anon_send_exit(n.link, caf::exit_reason::kill);
  settle();
  n.orders.clear();
  n.orders.push_back(order);
  join(n, {"noop"}, {{order.job, order.fence, order.number, to_wire(now())}});
  CHECK(state(kept) == job_state::running);
  CHECK(get(kept).current_fence.value == order.fence);
  REQUIRE(n.has(dropped));
  CHECK(get(dropped).loss_count == 0);
  end(n, kept);
  end(n, dropped);
  CHECK(state(kept) == job_state::completed);
  CHECK(state(dropped) == job_state::completed);
}

TEST_CASE_METHOD(scheduler_fixture, "a job goes only to a worker that runs its type, and blocks nobody else") {
  start();
  auto& mail = add_node("mail", 1, {"email_send"});
  const auto id = submit();
  CHECK_FALSE(mail.has(id));
  auto s = spec(1);
  s.type = "email_send";
  const auto letter = submit(s);
  CHECK(mail.has(letter));
  auto& other = add_node("other", 1, {"noop"});
  CHECK(other.has(id));
}

TEST_CASE_METHOD(scheduler_fixture, "what a node hands back runs again, uncharged, in its old place") {
  start();
  const auto first = submit();
  const auto second = submit();
  auto& n = add_node("w1");
  REQUIRE(n.has(first));
  end(n, first, {.kind = outcome_kind::returned});
  REQUIRE(n.has(first));
  CHECK_FALSE(n.has(second));
  const auto rec = get(first);
  CHECK(rec.retry_count == 0);
  CHECK(rec.loss_count == 0);
  CHECK(totals().returned == 1);
}
