#include "tests/actors/http_workers_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE_METHOD(http_fixture, "http worker: a job is claimed, runs, and its outcome is answered when it is on disk") {
  start_all();
  join_http();
  const auto waits = wait_for_claim();
  CHECK_FALSE(*waits);
  const auto id = submit();
  REQUIRE(*waits);
  REQUIRE((**waits)->attempts.size() == 1);
  const auto order = (**waits)->attempts[0].order;
  CHECK(order.job == id.value);
  CHECK(order.payload == "{}");
  CHECK(state(id) == job_state::running);
  CHECK(get(id).worker == "py");

  disk->full = true;
  const auto told = tell(order);
  CHECK_FALSE(*told);
  CHECK(state(id) == job_state::running);
  live_for(3s);
  CHECK_FALSE(*told);
  disk->full = false;
  live_for(5s); // the book tells it again
  CHECK(code_of(told) == ec::none);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
  // The same again has the same answer, another one is refused.
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(code_of(tell(order, outcome_kind::failed_final, "X")) == ec::invalid_state);
  CHECK(state(id) == job_state::completed);
}

TEST_CASE_METHOD(http_fixture, "http worker: a claim waits no longer than it says") {
  start_all();
  join_http();
  const auto waits = wait_for_claim(2s);
  advance(1900ms);
  CHECK_FALSE(*waits);
  advance(200ms);
  REQUIRE(code_of(waits) == ec::none);
  CHECK((**waits)->attempts.empty());
}

TEST_CASE_METHOD(http_fixture, "http worker: one that is silent is lost, and its job runs elsewhere (P2, P3)") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  auto& other = add_node("w2");
  for (int i = 0; i < 11; ++i) {
    CHECK(other.has(id) == (i >= 10));
    advance(1s);
    beat(other);
  }
  CHECK(get(id).loss_count == 1);
  CHECK(code_of(tell(order)) == ec::unknown_worker);
  REQUIRE_FALSE(renew());
  // It comes back with what it has: that is of a time that is over.
  auto again = registration("py", 1);
  again.registration.held = {{order.job, order.fence, order.number, to_wire(now())}};
  again.left = {60s};
  REQUIRE(sign_up(again));
  REQUIRE(renew()->stops.size() == 1);
  CHECK(renew()->stops[0].why == stop_reason::cancelled);
  begin(other, id);
  tell(order);
  CHECK(state(id) == job_state::running);
  CHECK(get(id).worker == "w2");
  end(other, id);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 2);
}

TEST_CASE_METHOD(http_fixture, "http worker: its attempts outlive the scheduler (P8)") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  const auto fence = get(id).current_fence;
  const auto started = now();
  kill_all();
  start_all();
  auto& other = add_node("w2");
  CHECK_FALSE(other.has(id));
  CHECK(code_of(tell(order)) == ec::unknown_worker);
  auto again = registration("py", 1);
  again.registration.held = {{order.job, order.fence, order.number, to_wire(started)}};
  again.left = {60s};
  REQUIRE(sign_up(again));
  CHECK(state(id) == job_state::running);
  CHECK(get(id).current_fence == fence);
  CHECK_FALSE(other.has(id));
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
  CHECK(get(id).loss_count == 0);
}

TEST_CASE_METHOD(http_fixture, "http worker: an outcome whose answer the scheduler took to its grave counts once") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  tell(order);
  REQUIRE(state(id) == job_state::completed);
  kill_all();
  start_all();
  auto again = registration("py", 1);
  again.registration.held = {{order.job, order.fence, order.number, to_wire(now())}};
  again.left = {60s};
  REQUIRE(sign_up(again));
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
}

TEST_CASE_METHOD(http_fixture, "http worker: a cancellation and a timeout reach the attempt with the next heartbeat") {
  start_all();
  join_http("py", 2);
  const auto cancelled = submit();
  auto s = spec();
  s.timeout = 5s;
  s.max_retries = 0;
  const auto slow = submit(s);
  const auto orders = claim();
  REQUIRE(orders.size() == 2);
  CHECK(renew()->stops.empty());
  REQUIRE(cancel(cancelled));
  CHECK(renew()->stops == std::vector<attempt_stop>{{{orders[0].job, orders[0].fence}, stop_reason::cancelled}});
  CHECK(code_of(tell(orders[0], outcome_kind::returned)) == ec::none);
  live_for(5s);
  CHECK(renew()->stops == std::vector<attempt_stop>{{{orders[1].job, orders[1].fence}, stop_reason::timed_out}});
  CHECK(code_of(tell(orders[1], outcome_kind::returned)) == ec::none);
  CHECK(state(cancelled) == job_state::cancelled);
  CHECK(state(slow) == job_state::failed);
  CHECK(get(slow).error->code == job_error_code::timeout);
}

TEST_CASE_METHOD(http_fixture,
                 "http worker: one that does not stop an attempt loses its lease, and the attempt timed out") {
  start_all();
  join_http();
  auto s = spec();
  s.timeout = 5s;
  const auto id = submit(s);
  const auto order = claim_one();
  live_for(20s); // the timeout, workers.kill_grace, http_workers.stop_grace
  const auto refused = renew();
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::invalid_state);
  CHECK(state(id) == job_state::running); // it may run there until the lease is over
  advance(8s);
  CHECK(state(id) == job_state::running);
  advance(3s);
  CHECK(state(id) == job_state::retrying);
  CHECK(get(id).error->code == job_error_code::timeout);
  CHECK(get(id).loss_count == 0);
  CHECK(code_of(tell(order)) == ec::unknown_worker);
}

TEST_CASE_METHOD(http_fixture, "http worker: what it does not claim goes to others, and it is given no more (P3)") {
  start_all();
  join_http();
  const auto id = submit();
  auto& other = add_node("w2");
  for (int i = 0; i < 6; ++i) {
    REQUIRE(renew());
    beat(other);
    advance(1s);
  }
  CHECK(other.has(id));
  CHECK(get(id).loss_count == 0);
  end(other, id);
  const auto next = submit();
  CHECK(other.has(next));
  const auto third = submit();
  CHECK_FALSE(other.has(third)); // it is full, and nobody claims at the other one
  CHECK(state(third) == job_state::queued);
  const auto waits = wait_for_claim();
  REQUIRE(code_of(waits) == ec::none);
  REQUIRE((**waits)->attempts.size() == 1);
  CHECK((**waits)->attempts[0].order.job == third.value);
}

TEST_CASE_METHOD(http_fixture,
                 "http worker: the same instance may join again and goes on; another one has no part in it") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  const auto before = session;
  auto again = registration("py", 1);
  again.registration.held = {{order.job, order.fence, order.number, to_wire(now())}};
  again.left = {60s};
  REQUIRE(sign_up(again));
  CHECK(session != before);
  CHECK(session.size() == 64);
  CHECK(state(id) == job_state::running);
  const auto fresh = std::exchange(session, before);
  CHECK(code_of(tell(order)) == ec::unknown_worker);
  session = fresh;
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(get(id).attempt == 1);
}

TEST_CASE_METHOD(http_fixture, "http worker: a registration that was overtaken on its way takes nothing away (P2)") {
  start_all();
  auto first = registration("py", 1), second = first;
  first.number = 1;
  second.number = 2;
  REQUIRE(sign_up(second));
  const auto id = submit();
  const auto order = claim_one();
  const auto token = session;
  const auto late = sign_up(first); // it knows nothing of the attempt
  REQUIRE_FALSE(late);
  CHECK(late.err().code == ec::invalid_state);
  CHECK(late.err().field == "number");
  session = token;
  REQUIRE(renew());
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(get(id).attempt == 1);
  second.number = 3;
  REQUIRE(sign_up(second));
}

TEST_CASE_METHOD(http_fixture, "http worker: a claim that comes again when it was answered gets nothing (P3)") {
  start_all();
  join_http();
  auto first = wait_for_claim();
  --number;
  auto again = wait_for_claim(); // as the first one seemed to be lost
  CHECK(code_of(first) == ec::internal_timeout);
  REQUIRE_FALSE(*again);
  live_for(5s);
  REQUIRE(*again);
  REQUIRE(**again);
  CHECK((**again)->attempts.empty());
  --number;
  auto late = wait_for_claim();
  REQUIRE(*late); // at once
  CHECK((**late)->attempts.empty());
  const auto id = submit();
  CHECK(state(id) == job_state::scheduled);
  CHECK(claim().size() == 1);
}

TEST_CASE_METHOD(http_fixture, "http worker: it outlives its proxy") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  caf::anon_send_exit(members["py"].proxy, caf::exit_reason::kill);
  settle();
  REQUIRE(renew());
  CHECK(state(id) == job_state::running);
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(state(id) == job_state::completed);
  CHECK(get(id).attempt == 1);
  CHECK(get(id).loss_count == 0);
}

TEST_CASE_METHOD(http_fixture, "http worker: a drained one is told so, gives back, and leaves") {
  start_all();
  join_http("py", 2);
  const auto id = submit();
  const auto order = claim_one();
  const auto waits = wait_for_claim();
  caf::anon_send(members["py"].proxy, drain_atom{}, duration{10s}.count());
  settle();
  REQUIRE(code_of(waits) == ec::none);
  CHECK((**waits)->news.draining);
  const auto next = submit();
  CHECK(state(next) == job_state::queued);
  CHECK(code_of(tell(order)) == ec::none);
  CHECK(state(id) == job_state::completed);
  const auto left = call(leave_call{{session}, {}}, &leave_call::reply);
  CHECK(code_of(left) == ec::none);
  CHECK_FALSE(renew());
}

TEST_CASE_METHOD(http_fixture, "http worker: who leaves gives back what it has, uncharged") {
  start_all();
  join_http();
  const auto id = submit();
  claim_one();
  const auto left = call(leave_call{{session}, {}}, &leave_call::reply);
  CHECK(code_of(left) == ec::none);
  CHECK(get(id).loss_count == 0);
  CHECK(get(id).retry_count == 0);
  auto& other = add_node("w2");
  CHECK(other.has(id));
}

TEST_CASE_METHOD(http_fixture, "http worker: lines, progress and checkpoints come to the job") {
  start_all();
  join_http();
  const auto id = submit();
  const auto order = claim_one();
  progress_request p;
  p.session = session;
  p.attempt = {order.job, order.fence};
  p.percent = 40;
  p.message = "half";
  p.lines = {"a", "b"};
  p.checkpoint = "at 40";
  const auto noted = call(progress_call{p, {}}, &progress_call::reply);
  CHECK(code_of(noted) == ec::none);
  CHECK(get(id).progress_percent == 40);
  CHECK(get(id).log.lines == std::vector<std::string>{"a", "b"});
  CHECK(code_of(tell(order, outcome_kind::failed_retryable, "X")) == ec::none);
  const auto waits = wait_for_claim(15s);
  live_for(12s); // the back-off
  REQUIRE(code_of(waits) == ec::none);
  REQUIRE((**waits)->attempts.size() == 1);
  CHECK((**waits)->attempts[0].order.checkpoint == "at 40");
}

TEST_CASE_METHOD(http_fixture, "http worker: there may be so many, and none where the interface is open to a network") {
  config->http_workers.sessions_max = 1;
  start_all();
  join_http();
  const auto second = sign_up(registration("py2", 1, 78));
  REQUIRE_FALSE(second);
  CHECK(second.err().code == ec::overloaded);
  stop_http();
  config->http.listen = "0.0.0.0:8080";
  start_http();
  const auto refused = sign_up(registration("py3", 1, 79));
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::registration_refused);

  settings s;
  CHECK(accepts_http_workers(s));
  s.http.listen = "[::1]:80";
  CHECK(accepts_http_workers(s));
  s.http.listen = "192.0.2.1:80";
  CHECK_FALSE(accepts_http_workers(s));
  s.http_workers.accept = "on";
  CHECK(accepts_http_workers(s));
  s.http_workers.accept = "off";
  s.http.listen = "127.0.0.1:80";
  CHECK_FALSE(accepts_http_workers(s));
}
