#include "actors/scheduler/alerts.hpp"
#include "http/api/no_backend.hpp"
#include "tests/actors/scheduler_fixture.hpp"
#include "tests/files/scratch.hpp"

#include <nlohmann/json.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

/// Answers with figures that a test sets, or not at all.
class scripted_backend : public no_backend {
public:
  void metrics(reply<metrics_view> done) override {
    ++asked;
    if (silent)
      held.push_back(std::move(done));
    else
      done(figures);
  }
  void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) override {
    std::vector<result<submit_answer>> answers;
    for (auto& j : r.jobs) {
      if (refuse)
        answers.emplace_back(error{refuse_with, "not now"});
      else
        answers.emplace_back(submit_answer{});
      jobs.push_back(std::move(j));
    }
    done(std::move(answers));
  }

  metrics_view figures;
  bool silent = false, refuse = false;
  ec refuse_with = ec::storage_unavailable;
  int asked = 0;
  std::vector<reply<metrics_view>> held;
  std::vector<job_spec> jobs;
};

/// The actor alone, with a clock that a test moves.
struct alerts_fixture : scheduler_fixture {
  alerts_fixture() {
    config->alerts.webhook_url = "http://hooks.example/";
    config->alerts.every = 1s;
    config->alerts.hold = 3s;
    limits.hold = 3s;
    limits.of(alert_rule::no_workers).lasts = 5s;
    back->figures.started_at = now();
    back->figures.workers = 1;
    back->figures.queues["mail"].ready = 2;
  }
  ~alerts_fixture() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    settle();
  }
  void start_alerts() {
    if (!timer)
      timer = sys.spawn(timekeeper, clock, config->scheduler);
    if (!board)
      board = std::make_shared<alert_board>(limits, files.directory / "alerts.json", [](const std::string&) {});
    alerts_options o;
    o.config = config;
    o.around = {
      board, "s3cret", [] { return std::vector<certificate_end>{}; }, [this] { return audit_fails; },
      [this](std::vector<scheduler_event>&& e) { std::move(e.begin(), e.end(), std::back_inserter(events)); }};
    o.back = back;
    o.timekeeper = timer;
    o.clock = clock;
    actor = sys.spawn(alerts, std::move(o));
    settle();
  }

  test::scratch files;
  alert_limits limits;
  std::shared_ptr<scripted_backend> back = std::make_shared<scripted_backend>();
  std::shared_ptr<alert_board> board;
  std::optional<bool> audit_fails;
  std::vector<scheduler_event> events;
  alerts_actor actor;
};

} // namespace

TEST_CASE_METHOD(alerts_fixture, "the figures are looked at again and again, and what is wrong is told", "[alerts]") {
  start_alerts();
  advance(3s);
  CHECK(back->asked >= 2);
  CHECK(board->view()->looked_at);
  back->figures.workers = 0;
  advance(4s);
  CHECK(events.empty());
  REQUIRE(board->view()->alerts.size() == 1);
  CHECK(board->view()->alerts[0].state == alert_state::pending);
  advance(4s);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == event_kind::alert_fired);
  CHECK(events[0].details().name == "no_workers");
  REQUIRE(back->jobs.size() == 1);
  CHECK(back->jobs[0].type == "http_request");
  CHECK(back->jobs[0].queue == "alerts");
  CHECK(back->jobs[0].payload.view().find("X-Callboard-Signature") != std::string_view::npos);
  CHECK(back->jobs[0].payload.view().find("s3cret") == std::string_view::npos);
  back->figures.workers = 1;
  advance(8s);
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == event_kind::alert_resolved);
  CHECK(back->jobs.size() == 2);
  CHECK(back->jobs[0].idempotency_key != back->jobs[1].idempotency_key);
}

TEST_CASE_METHOD(alerts_fixture, "an event says which queue or type it is about", "[alerts]") {
  limits.of(alert_rule::queue_waits).threshold = 10;
  start_alerts();
  back->figures.queues["mail"].oldest_ready = 11s;
  advance(2s);
  REQUIRE(events.size() == 1);
  CHECK(events[0].queue == "mail");
  CHECK(events[0].type.empty());
  CHECK(events[0].details().reason.find("11 seconds") != std::string::npos);
}

TEST_CASE_METHOD(alerts_fixture, "what needs no figures is looked at while none come, and late ones are dropped",
                 "[alerts]") {
  back->silent = true;
  audit_fails = true;
  start_alerts();
  advance(4s);
  REQUIRE(events.size() == 1);
  CHECK(events[0].details().name == "audit_not_writable");
  REQUIRE(back->held.size() >= 2);
  metrics_view late;
  late.started_at = now();
  late.store_writable = false;
  back->held.front()(late);
  settle();
  CHECK(events.size() == 1);
  back->held.back()(late);
  settle();
  CHECK(events.size() == 2);
}

TEST_CASE_METHOD(alerts_fixture, "figures that cannot be had are no alarm", "[alerts]") {
  start_alerts();
  back->silent = true;
  advance(3s);
  for (auto& h : back->held)
    h(error{ec::starting, "not yet"});
  settle();
  CHECK(events.empty());
}

TEST_CASE_METHOD(alerts_fixture, "a notice that is refused is submitted again until it is not", "[alerts]") {
  start_alerts();
  back->refuse = true;
  back->figures.store_writable = false;
  advance(3s);
  const auto tries = back->jobs.size();
  CHECK(tries >= 2);
  for (const auto& j : back->jobs)
    CHECK(j.idempotency_key == back->jobs[0].idempotency_key);
  back->refuse = false;
  advance(2s);
  const auto told = back->jobs.size();
  CHECK(told > tries);
  advance(5s);
  CHECK(back->jobs.size() == told);
  CHECK(events.size() == 1);
}

TEST_CASE_METHOD(alerts_fixture, "a notice that is there already was submitted before", "[alerts]") {
  back->refuse = true;
  back->refuse_with = ec::idempotency_conflict;
  start_alerts();
  back->figures.store_writable = false;
  advance(5s);
  CHECK(back->jobs.size() == 1);
}

TEST_CASE_METHOD(alerts_fixture, "an actor that starts anew tells nobody again", "[alerts]") {
  start_alerts();
  back->figures.store_writable = false;
  advance(2s);
  REQUIRE(back->jobs.size() == 1);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  settle();
  start_alerts();
  advance(3s);
  CHECK(back->jobs.size() == 1);
  CHECK(events.size() == 1);
}

TEST_CASE_METHOD(scheduler_fixture, "what an objective calls good is counted from when it is known", "[alerts]") {
  start();
  const auto set = [&](queue_objective o) {
    limit_rule r;
    r.objective = o;
    REQUIRE(ask(limit_call{{limit_kind::queue, "default", {}}, r, {}, {}}, &limit_call::reply));
  };
  set({2s, 990'000, 0, 24h * 30});
  CHECK(totals().queues.at("default").objective->wait == 2s);
  const auto quick = submit(), slow = submit();
  auto& n = add_node("w1");
  end(n, quick);
  advance(5s);
  end(n, slow);
  auto q = totals().queues.at("default");
  CHECK(q.waits == 2);
  CHECK(q.waits_good == 1);
  set({10s, 990'000, 0, 24h * 30});
  q = totals().queues.at("default");
  CHECK(q.waits == 0);
  CHECK(q.waits_good == 0);
}
