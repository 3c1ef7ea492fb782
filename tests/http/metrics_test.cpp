#include "core/measure/histogram.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>
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
  CHECK(json::parse(s.body) ==
        json{{"before", 2}, {"workers", 5}, {"actual", 2}, {"automatic", false}, {"reason", "asked"}});
  CHECK(d.back.last_scale.workers == 5);
  CHECK(m["scaling"] == json{{"desired", 3}, {"actual", 2}, {"automatic", false}, {"reason", "set by hand"}});
}

TEST_CASE("bounds of the number of workers, and a look at it", "[workers]") {
  direct d;
  const auto bounds = d.call(http_method::post, "/api/workers/scale", R"({"min":1,"max":6})");
  CHECK(
    json::parse(bounds.body) ==
    json{
      {"before", 2}, {"workers", 1}, {"actual", 2}, {"automatic", true}, {"min", 1}, {"max", 6}, {"reason", "asked"}});
  CHECK_FALSE(d.back.last_scale.workers);
  CHECK(d.back.last_scale.workers_min == 1);
  CHECK(d.back.last_scale.workers_max == 6);
  CHECK(d.call(http_method::post, "/api/workers/scale", R"({"max":2})").status == 200);
  CHECK_FALSE(d.back.last_scale.workers_min);
  CHECK(d.back.last_scale.workers_max == 2);
  const auto look = json::parse(d.call(http_method::get, "/api/workers/scale").body);
  CHECK(look == json{{"before", 2}, {"workers", 3}, {"actual", 2}, {"automatic", false}, {"reason", "set by hand"}});
  CHECK(d.back.last_scale.workers_max == 2);
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
  histogram runs;
  for (const uint64_t us : std::initializer_list<uint64_t>{500, 501, 1'500'000, 8'000'000'000})
    runs.record(us);
  d.back.measured.run_time = runs.view();
  d.back.measured.types["a\"b\\c\nd"].failed = 1;
  d.back.measured.usage_by_type["exec"].attempts = 1;
  const auto r = d.call(http_method::get, "/metrics");
  REQUIRE(r.status == 200);
  CHECK(r.content_type == "text/plain; version=0.0.4; charset=utf-8");
  const auto has = [&](const std::string& line) {
    return ("\n" + r.body).find("\n" + line + "\n") != std::string::npos;
  };
  CHECK(has("# TYPE callboard_jobs_submitted_total counter"));
  CHECK(has("callboard_jobs_submitted_total 12"));
  CHECK(has("callboard_jobs{status=\"queued\"} 0"));
  CHECK(has("# TYPE callboard_job_run_seconds histogram"));
  CHECK(has("callboard_job_run_seconds_bucket{le=\"0.0001\"} 0"));
  CHECK(has("callboard_job_run_seconds_bucket{le=\"0.0005\"} 1")); // a bound belongs to its bucket
  CHECK(has("callboard_job_run_seconds_bucket{le=\"0.001\"} 2"));
  CHECK(has("callboard_job_run_seconds_bucket{le=\"2.5\"} 3"));
  CHECK(has("callboard_job_run_seconds_bucket{le=\"3600\"} 3"));
  CHECK(has("callboard_job_run_seconds_bucket{le=\"+Inf\"} 4"));
  CHECK(has("callboard_job_run_seconds_sum 8001.501001"));
  CHECK(has("callboard_job_run_seconds_count 4"));
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

TEST_CASE("who asks for OpenMetrics gets it", "[metrics]") {
  direct d;
  d.back.measured.submitted = 12;
  d.a.certificates = [] { return std::vector<certificate_end>{{"ca", noon()}}; };
  http_request request;
  request.method = http_method::get;
  request.target = "/metrics";
  request.accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
  std::optional<http_response> answer;
  auto match = d.routes.find(request.method, request.target);
  static_cast<void>(d.routes.run(match, request, responder{[&](responder::maker make) { answer = make(); }}));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(answer->body.ends_with("\n# EOF\n"));
  CHECK(answer->body.find("\ncallboard_certificate_expiry_timestamp_seconds{certificate=\"ca\"} ") !=
        std::string::npos);
  CHECK(answer->body.find("\ncallboard_build_info{version=\"1.2.3\"} 1\n") != std::string::npos);
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

TEST_CASE("a worker shows what it offers and how it is judged", "[workers]") {
  direct d;
  worker_view v;
  v.name = "big";
  v.slots = 8;
  v.load_percent = 250;
  v.offer = {8, 4000, uint64_t{1} << 34, {{"fpga", 1}, {"gpu", 2}}, {{"zone", "eu"}}};
  v.taken = {3, 500, uint64_t{1} << 30, {{"gpu", 1}}, {}};
  v.types = {"exec"};
  v.versions = {"7"};
  v.draining = true;
  v.breaker = breaker_state::open;
  v.breaker_trips = 3;
  v.late_refused = 4;
  d.back.fleet = {v};
  const auto w = json::parse(d.call(http_method::get, "/api/workers/big/status").body);
  CHECK(w["labels"] == json{{"zone", "eu"}});
  CHECK(w["resources"]["offered"] ==
        json{{"slots", 8}, {"cpu", 4.0}, {"memory", uint64_t{1} << 34}, {"fpga", 1}, {"gpu", 2}});
  CHECK(w["resources"]["taken"] ==
        json{{"slots", 3}, {"cpu", 0.5}, {"memory", uint64_t{1} << 30}, {"fpga", 0}, {"gpu", 1}});
  CHECK(w["loadPercent"] == 250);
  CHECK(w["versions"] == json{{"exec", "7"}});
  CHECK(w["draining"] == true);
  CHECK(w["breaker"] == json{{"state", "open"}, {"trips", 3}});
  CHECK(w["lateRefused"] == 4);
}

TEST_CASE("a worker is drained, with the default or a deadline of its own", "[workers]") {
  direct d;
  worker_view v;
  v.name = "w";
  d.back.fleet = {v};
  CHECK(d.call(http_method::post, "/api/workers/w/drain").status == 202);
  CHECK(d.back.last_drain.grace == scheduler_settings{}.shutdown_grace);
  CHECK(d.call(http_method::post, "/api/workers/w/drain", R"({"deadline":2.5})").status == 202);
  CHECK(d.back.last_drain.grace == std::chrono::milliseconds{2500});
  CHECK(d.back.last_drain.worker == "w");
  CHECK(d.call(http_method::post, "/api/workers/x/drain").status == 404);
  d.a.drain_grace = std::chrono::seconds{7};
  CHECK(d.call(http_method::post, "/api/workers/w/drain", "", "").status == 202);
  CHECK(d.back.last_drain.grace == std::chrono::seconds{7});
}

TEST_CASE("the tree of actors, and one of them restarted", "[actors]") {
  direct d;
  actor_view root, child;
  root.name = "root";
  child.name = "gateway";
  child.parent = "root";
  child.mailbox = 7;
  child.per_second = 12.5;
  child.longest_turn = std::chrono::microseconds{2500};
  child.restarts = 2;
  child.last_reason = "kill";
  d.back.tree = {root, child};
  const auto a = json::parse(d.call(http_method::get, "/api/actors").body);
  CHECK(a["count"] == 2);
  CHECK(a["actors"][1]["name"] == "gateway");
  CHECK(a["actors"][1]["parent"] == "root");
  CHECK(a["actors"][1]["mailbox"] == 7);
  CHECK(a["actors"][1]["perSecond"] == 12.5);
  CHECK(a["actors"][1]["longestTurnMs"] == 2.5);
  CHECK(a["actors"][1]["lastReason"] == "kill");
  CHECK_FALSE(a["actors"][0].contains("node"));
  CHECK_FALSE(a["actors"][0].contains("lastReason"));
  CHECK(d.call(http_method::post, "/api/actors/gateway/restart").status == 202);
  CHECK(d.call(http_method::post, "/api/actors/nobody/restart").status == 404);
  // A name may hold a slash.
  d.back.tree[1].name = "worker/local-1";
  const auto again = d.call(http_method::post, "/api/actors/worker%2Flocal-1/restart");
  REQUIRE(again.status == 202);
  CHECK(json::parse(again.body)["name"] == "worker/local-1");
}

TEST_CASE("the inside of one actor, of the scheduler or of a node", "[actors]") {
  direct d;
  const auto own = json::parse(d.call(http_method::get, "/api/actors/worker%2Flocal-1").body);
  CHECK(own["name"] == "worker/local-1");
  CHECK(own["state"]["waiting"] == "3");
  CHECK_FALSE(own.contains("node"));
  CHECK(json::parse(d.call(http_method::get, "/api/actors/executor?node=blue").body)["node"] == "blue");
  CHECK(d.call(http_method::get, "/api/actors/nobody").status == 404);
  CHECK(d.call(http_method::get, "/api/actors/x?nodes=blue").status == 400);
}

TEST_CASE("what attempts have used, by type, queue and tag", "[metrics]") {
  direct d;
  auto& m = d.back.measured;
  const usage_total u{3, 2'500'000, 10'000'000, 4096.5, 0.125};
  m.usage = {9, 4'000'000, 20'000'000, 8192, 0.5};
  m.usage_by_type["exec"] = u;
  m.usage_by_queue["a\"b"] = u;
  m.usage_by_tag["night"] = u;
  const json shown{
    {"attempts", 3}, {"cpuSeconds", 2.5}, {"runSeconds", 10.0}, {"memoryByteSeconds", 4096.5}, {"cost", 0.125}};
  const auto usage = json::parse(d.call(http_method::get, "/api/metrics/jobs").body)["usage"];
  CHECK(usage["types"] == json{{"exec", shown}});
  CHECK(usage["queues"] == json{{"a\"b", shown}});
  CHECK(usage["tags"] == json{{"night", shown}});
  CHECK(usage["total"]["attempts"] == 9);
  CHECK(usage["total"]["cost"] == 0.5);
  const auto text = d.call(http_method::get, "/metrics").body;
  for (const auto* line :
       {"# TYPE callboard_job_cost_total counter", "callboard_job_attempts_total{type=\"exec\"} 3",
        "callboard_job_cpu_seconds_total{type=\"exec\"} 2.5", "callboard_job_wall_seconds_total{type=\"exec\"} 10",
        "callboard_job_memory_byte_seconds_total{type=\"exec\"} 4096.5",
        "callboard_job_cost_total{type=\"exec\"} 0.125"}) {
    INFO(line);
    CHECK(("\n" + text).find("\n" + std::string{line} + "\n") != std::string::npos);
  }
}

TEST_CASE("buckets of Prometheus ascend, add up and end in the count", "[metrics]") {
  direct d;
  histogram h;
  uint64_t us = 1;
  for (int i = 0; i < 70; ++i, us += us / 2 + 1)
    h.record(us, static_cast<uint32_t>(i % 3));
  d.back.measured.wait_time = h.view();
  d.back.measured.types["exec"].run_time = h.view();
  std::istringstream lines{d.call(http_method::get, "/metrics").body};
  std::string line, series;
  double bound = -1;
  uint64_t count = 0;
  size_t ended = 0;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    const auto value = line.substr(line.rfind(' ') + 1);
    if (const auto le = line.find("le=\""); le != std::string::npos) {
      if (line.substr(0, le) != series) {
        series = line.substr(0, le);
        bound = -1;
        count = 0;
      }
      const auto text = line.substr(le + 4, line.find('"', le + 4) - le - 4);
      const auto next = text == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(text);
      CHECK(next > bound);
      CHECK(std::stoull(value) >= count);
      bound = next;
      count = std::stoull(value);
    } else if (!line.starts_with('#') && line.find("_seconds_count") != std::string::npos) {
      CHECK(bound == std::numeric_limits<double>::infinity());
      CHECK(std::stoull(value) == count);
      ++ended;
    }
  }
  CHECK(ended == 8);
}
