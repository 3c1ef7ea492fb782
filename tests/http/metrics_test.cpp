#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

worker_view some_worker() {
  worker_view w;
  w.name = "local-1";
  w.state = worker_state::working;
  w.slots = 4;
  w.current_jobs = 3;
  w.last_heartbeat = noon();
  w.created_at = noon();
  w.host = "here";
  w.types = {"noop"};
  w.completed = 10;
  w.running = {some_id(4)};
  return w;
}

} // namespace

TEST_CASE("workers and one of them", "[workers]") {
  direct d;
  d.back.fleet = {some_worker()};
  const auto all = json::parse(d.call(http_method::get, "/api/workers").body);
  CHECK(all["count"] == 1);
  CHECK(all["workers"][0]["id"] == "local-1");
  CHECK(all["workers"][0]["status"] == "working");
  CHECK(all["workers"][0]["capacity"] == 4);
  CHECK(all["workers"][0]["lastHeartbeat"] == "2026-01-15T10:30:00.000Z");
  const auto one = json::parse(d.call(http_method::get, "/api/workers/local-1/status").body);
  CHECK(one["running"] == json{to_string(some_id(4))});
  CHECK(one["currentJobs"] == 3);
  const auto m = json::parse(d.call(http_method::get, "/api/metrics/workers").body);
  CHECK(m["utilization"] == 0.75);
  CHECK(m["byStatus"]["working"] == 1);
  CHECK(m["byStatus"]["idle"] == 0);
  const auto s = d.call(http_method::post, "/api/workers/scale", R"({"workers":5})");
  CHECK(json::parse(s.body) == json{{"before", 2}, {"workers", 5}});
  CHECK(d.back.last_scale == 5);
}

TEST_CASE("job metrics as JSON", "[metrics]") {
  direct d;
  d.back.measured.submitted = 12;
  d.back.measured.by_state[static_cast<size_t>(job_state::running)] = 3;
  d.back.measured.run_time = {
    .count = 2, .mean_us = 1500, .p50_us = 1000, .p99_us = 2000, .max_us = 2000, .sum_us = 3000};
  d.back.measured.types["email_send"].completed = 2;
  const auto m = json::parse(d.call(http_method::get, "/api/metrics/jobs").body);
  CHECK(m["submitted"] == 12);
  CHECK(m["byStatus"]["running"] == 3);
  CHECK(m["byStatus"]["queued"] == 0);
  CHECK(m["runTime"]["meanMs"] == 1.5);
  CHECK(m["runTime"]["p99Ms"] == 2.0);
  CHECK(m["types"]["email_send"]["completed"] == 2);
  CHECK(m["successRate"] == 1.0);
}

TEST_CASE("Prometheus text follows the format", "[metrics]") {
  direct d;
  d.back.measured.submitted = 12;
  d.back.measured.run_time = {.count = 2, .p50_us = 1'500'000, .sum_us = 3'000'000};
  d.back.measured.types["a\"b\\c\nd"].failed = 1;
  const auto r = d.call(http_method::get, "/metrics");
  REQUIRE(r.status == 200);
  CHECK(r.content_type == "text/plain; version=0.0.4; charset=utf-8");
  const auto has = [&](const std::string& line) {
    return ("\n" + r.body).find("\n" + line + "\n") != std::string::npos;
  };
  CHECK(has("# TYPE callboard_jobs_submitted_total counter"));
  CHECK(has("callboard_jobs_submitted_total 12"));
  CHECK(has("callboard_jobs{status=\"queued\"} 0"));
  CHECK(has("# TYPE callboard_job_run_seconds summary"));
  CHECK(has("callboard_job_run_seconds{quantile=\"0.5\"} 1.5"));
  CHECK(has("callboard_job_run_seconds_sum 3"));
  CHECK(has("callboard_job_run_seconds_count 2"));
  CHECK(has("callboard_store_writable 1"));
  CHECK(has("callboard_job_type_finished_total{type=\"a\\\"b\\\\c\\nd\",outcome=\"failed\"} 1"));
  // Every family is introduced once, and every sample belongs to the family above it.
  std::istringstream lines{r.body};
  std::string line, family;
  std::vector<std::string> families;
  while (std::getline(lines, line)) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(std::find(families.begin(), families.end(), family) == families.end());
      families.push_back(family);
    } else {
      CAPTURE(line);
      CHECK((line.starts_with("# TYPE " + family + " ") || line.starts_with(family)));
    }
  }
  CHECK(families.size() > 20);
}

TEST_CASE("health is 503 until ready, live all the while", "[health]") {
  direct d;
  d.back.well.components = {{"store", false, "reading"}};
  CHECK(d.call(http_method::get, "/api/health").status == 503);
  CHECK(d.call(http_method::get, "/api/health/ready").status == 503);
  const auto live = d.call(http_method::get, "/api/health/live");
  CHECK(live.status == 200);
  CHECK(json::parse(live.body)["components"][0] == json{{"name", "store"}, {"ok", false}, {"detail", "reading"}});
  d.back.well.ready = true;
  const auto r = d.call(http_method::get, "/api/health");
  CHECK(r.status == 200);
  CHECK(json::parse(r.body)["status"] == "ready");
}

TEST_CASE("the status of queues and workers", "[health]") {
  direct d;
  queue_view q;
  q.name = "default";
  q.ready = 5;
  q.ready_by_priority[9] = 5;
  q.oldest_ready = noon();
  d.back.state.version = "9";
  d.back.state.queues = {q};
  d.back.state.workers = {some_worker()};
  const auto s = json::parse(d.call(http_method::get, "/api/status").body);
  CHECK(s["queues"][0]["ready"] == 5);
  CHECK(s["queues"][0]["readyByPriority"][9] == 5);
  CHECK(s["workers"].size() == 1);
  CHECK(s["jobs"]["queued"] == 0);
}
