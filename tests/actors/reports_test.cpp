// Statistics by day: counted by the metrics, written by the store keeper, read by the store reader.
#include "storage/report_codec.hpp"
#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

constexpr report_day first_day{std::chrono::year{2026} / 1 / 1}; // of time_source::epoch()

struct reports_fixture : scheduler_fixture {
  reports_fixture() {
    config->reports.flush_every = 10s;
    // The nodes of these tests have no heart, and are there all the time.
    config->cluster.suspect_after = 24h;
    config->cluster.lease = 48h;
  }
  /// As the gateway asks.
  result<report_answer> try_report(report_query q) {
    std::optional<result<report_answer>> got;
    report_call c{
      std::move(q), nullptr, {}, answer<report_answer>{[&](result<report_answer> x) { got = std::move(x); }}};
    c.pass_on = [m = manager](report_call x) { caf::anon_send(m, std::move(x)); };
    caf::anon_send(meter, std::move(c));
    settle();
    if (!got)
      throw std::runtime_error("no answer");
    return std::move(*got);
  }
  report_answer report(report_by by = report_by::day, report_kind kind = report_kind::all, std::string name = {}) {
    auto x = try_report({by, first_day, first_day + std::chrono::days{30}, kind, std::move(name)});
    if (!x)
      throw std::runtime_error(x.err().message);
    return std::move(*x);
  }
  /// Rows of reports on the disk.
  report_rows stored() const {
    std::vector<std::string> damaged;
    auto rows = read_report_rows(*disk->inner->meta_with_prefix("report/"), damaged);
    CHECK(damaged.empty());
    return rows;
  }
  report_row stored_total(report_day d = first_day) const {
    const auto rows = stored();
    const auto at = rows.find({d, report_kind::all, ""});
    return at == rows.end() ? report_row{} : at->second;
  }
  /// A job that runs for a second and completes, or fails for good.
  job_id run_one(fake_node& n, outcome_kind kind = outcome_kind::succeeded, job_spec s = spec()) {
    s.max_retries = 0;
    const auto job = submit(std::move(s));
    begin(n, job);
    advance(1s);
    attempt_outcome o;
    o.kind = kind;
    if (kind != outcome_kind::succeeded)
      o.code = "BAD_INPUT";
    end(n, job, std::move(o));
    return job;
  }
  /// A clean end. Whether the metrics are ready for it.
  bool drained() {
    bool answered = false;
    caf::scoped_actor self{sys};
    self->send(meter, drain_atom{});
    settle();
    self->receive([&](caf::ok_atom) { answered = true; }, caf::after(0s) >> [] {});
    return answered;
  }
  /// The process dies, and another one is started.
  fake_node& start_again() {
    kill();
    nodes.clear();
    start();
    return add_node("w"); // the scheduler waits for the workers that it knew
  }
};

} // namespace

TEST_CASE_METHOD(reports_fixture, "what happened to jobs is told by day, type, queue, tag, tenant and code",
                 "[reports]") {
  start();
  auto& n = add_node("w", 1);
  auto s = spec();
  s.queue = "mail";
  s.tags = {"nightly"};
  s.concurrency_key = "acme";
  run_one(n, outcome_kind::succeeded, s);
  run_one(n, outcome_kind::failed_final);
  const auto all = report();
  REQUIRE(all.lines.size() == 1);
  CHECK(all.lines[0].name == "2026-01-01");
  CHECK((all.total.submitted == 2 && all.total.completed == 1 && all.total.failed == 1));
  CHECK((all.total.run_us.count() == 2 && all.total.wait_us.count() == 2));
  CHECK(all.total.run_us.max() == 1'000'000);
  CHECK(report(report_by::type, report_kind::type).lines[0].name == "noop");
  CHECK(report(report_by::queue, report_kind::queue).lines.size() == 2);
  CHECK(report(report_by::day, report_kind::queue, "mail").total.completed == 1);
  CHECK(report(report_by::day, report_kind::tag, "nightly").total.completed == 1);
  CHECK(report(report_by::day, report_kind::tag, "nightly").total.submitted == 1);
  CHECK(report(report_by::tenant, report_kind::tenant).lines[0].name == "acme");
  const auto codes = report(report_by::code);
  REQUIRE(codes.lines.size() == 1);
  CHECK((codes.lines[0].name == "BAD_INPUT" && codes.lines[0].row.failed == 1));
}

TEST_CASE_METHOD(reports_fixture, "what was counted is written again and again, and goes on after a crash",
                 "[reports]") {
  start();
  auto& n = add_node("w");
  run_one(n);
  CHECK(stored().empty());
  advance(10s);
  CHECK(stored_total().completed == 1);
  run_one(n);
  CHECK(report().total.completed == 2); // before it is written
  advance(10s);
  CHECK(stored_total().completed == 2);
  run_one(n); // this one is lost
  auto& m = start_again();
  CHECK(report().total.completed == 2);
  run_one(m);
  CHECK(report().total.completed == 3);
  advance(11s);
  CHECK((stored_total().completed == 3 && report().total.completed == 3));
}

TEST_CASE_METHOD(reports_fixture, "at a clean end all that was counted is on the disk", "[reports]") {
  start();
  auto& n = add_node("w");
  run_one(n);
  CHECK(drained());
  CHECK(stored_total().completed == 1);
}

TEST_CASE_METHOD(reports_fixture, "at a clean end right after the start all that was counted is on the disk",
                 "[reports]") {
  start();
  auto& n = add_node("w");
  run_one(n);
  advance(10s);
  auto& m = start_again();
  const auto job = submit(spec()); // before the store was asked again for what it has
  begin(m, job);
  end(m, job);
  CHECK(drained());
  CHECK(stored_total().completed == 2);
}

TEST_CASE_METHOD(reports_fixture, "a store that cannot write keeps nobody from an end, and gets all of it later",
                 "[reports]") {
  start();
  auto& n = add_node("w");
  run_one(n);
  disk->full = true;
  advance(10s);
  CHECK(stored().empty());
  CHECK(drained());
  disk->full = false;
  advance(11s);
  CHECK(stored_total().completed == 1);
}

TEST_CASE_METHOD(reports_fixture, "metrics that are started again neither lose nor count twice", "[reports]") {
  reports = std::make_shared<report_book>(config->reports.names_max);
  start();
  auto& n = add_node("w");
  run_one(n);
  advance(10s);
  run_one(n);
  caf::anon_send_exit(meter, caf::exit_reason::kill);
  settle();
  metrics_options m;
  m.clock = clock;
  m.settings = config->metrics;
  m.reports = {config->reports, reports, keeper, timer};
  meter = sys.spawn(metrics, std::move(m));
  caf::anon_send(manager, metrics_started{meter});
  settle();
  run_one(n);
  CHECK(report().total.completed == 3);
  advance(10s);
  CHECK(stored_total().completed == 3);
}

TEST_CASE_METHOD(reports_fixture, "a day ends at midnight in UTC, and old ones are removed", "[reports]") {
  config->reports.keep = 48h;
  start();
  auto& n = add_node("w");
  run_one(n);
  advance(10s);
  step_wall(24h);
  run_one(n);
  advance(10s);
  const auto next = first_day + std::chrono::days{1};
  CHECK((stored_total().completed == 1 && stored_total(next).completed == 1));
  CHECK(report().lines.size() == 2);
  step_wall(48h);
  run_one(n);
  advance(40s); // one day at a time
  CHECK(stored_total().empty());
  CHECK(stored_total(next).completed == 1);
  CHECK(stored_total(first_day + std::chrono::days{3}).completed == 1);
  // The next start knows which days there are.
  auto& m = start_again();
  step_wall(72h);
  run_one(m);
  advance(60s);
  CHECK(stored_total(next).empty());
}

TEST_CASE_METHOD(reports_fixture, "nothing is counted when reports are switched off", "[reports]") {
  config->reports.enabled = false;
  start();
  auto& n = add_node("w");
  run_one(n);
  advance(30s);
  CHECK(stored().empty());
  CHECK(report().lines.empty());
}

TEST_CASE_METHOD(reports_fixture, "a job that waits for its retry, is lost or misses its deadline is counted as that",
                 "[reports]") {
  start();
  auto& n = add_node("w");
  auto s = spec();
  s.max_retries = 1;
  const auto job = submit(s);
  begin(n, job);
  attempt_outcome o;
  o.kind = outcome_kind::failed_retryable;
  o.code = "FLAKY";
  end(n, job, std::move(o));
  auto r = report().total;
  CHECK((r.retried == 1 && r.failed == 0));
  CHECK(r.codes == std::vector<std::pair<std::string, uint64_t>>{{"FLAKY", 1}});
  auto late = spec();
  late.type = "nobody-runs-this";
  late.deadline = now() + 2s;
  submit(late);
  advance(3s);
  r = report().total;
  CHECK((r.deadline_missed == 1 && r.failed == 1));
  CHECK(report(report_by::day, report_kind::type, "nobody-runs-this").total.deadline_missed == 1);
}

TEST_CASE_METHOD(reports_fixture, "what has ended is told behind a cursor, while more ends", "[reports][ended]") {
  start();
  auto& n = add_node("w");
  std::vector<job_id> ended, seen;
  ended_query q;
  q.limit = 2;
  for (int i = 0; i < 5; ++i) {
    ended.push_back(run_one(n));
    const auto page = ask(ended_call{q, {}}, &ended_call::reply);
    REQUIRE(page);
    for (const auto& job : page->jobs)
      seen.push_back(job.id);
    q.after = page->next;
  }
  CHECK(seen == ended);
  auto& m = start_again();
  ended.push_back(run_one(m));
  const auto page = ask(ended_call{q, {}}, &ended_call::reply);
  REQUIRE(page);
  REQUIRE(page->jobs.size() == 1);
  CHECK((page->jobs[0].id == ended.back() && page->complete));
}
