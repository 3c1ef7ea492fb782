#include "core/measure/exemplars.hpp"
#include "core/measure/histogram.hpp"
#include "http/api/metric_families.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace callboard;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

job_id some_job(uint64_t n) {
  return job_id{(uint64_t{1} << 60) + n};
}

time_point noon() {
  return time_point{std::chrono::seconds{1'768'473'000}};
}

/// What there is to tell, and the text of it.
struct told {
  metrics_view jobs;
  process_figures process = own_process();
  std::vector<certificate_end> certificates;
  std::optional<audit_state> audit;

  std::string as(exposition_format f) const {
    return metrics_text({jobs, process, "1.2.3", certificates, audit}, f);
  }
};

const std::string openmetrics_header = "application/openmetrics-text;version=1.0.0";

} // namespace

TEST_CASE("an Accept header chooses the format of the metrics", "[metrics]") {
  using enum exposition_format;
  const std::map<std::string, exposition_format> wanted{
    {"", text},
    {"*/*", text},
    {"text/html,application/xhtml+xml,*/*;q=0.8", text},
    {openmetrics_header, openmetrics},
    {"application/openmetrics-text", openmetrics},
    {"Application/OpenMetrics-Text; Version=1.0.0", openmetrics},
    {"application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", openmetrics},
    {"application/openmetrics-text;version=0.0.1", text},
    {"application/openmetrics-text;version=2.0.0,text/plain;q=0.1", text},
    // What Prometheus 2.42 sends.
    {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     openmetrics},
    {"text/plain;version=0.0.4, application/openmetrics-text;q=0.5", text},
    {"text/plain;q=0.5, application/openmetrics-text;q=0.5", openmetrics},
    {"application/openmetrics-text;q=0", text},
    {"application/openmetrics-text;q=much", text},
    {"text/plain;q=0, application/openmetrics-text;q=0.001", openmetrics},
    {",;,=;q", text},
  };
  for (const auto& [accept, format] : wanted) {
    INFO(accept);
    CHECK(format_for(accept) == format);
  }
}

TEST_CASE("OpenMetrics has units, ends, and leaves the endings of counters to their samples", "[metrics]") {
  told d;
  d.jobs.submitted = 12;
  d.jobs.started_at = noon();
  d.jobs.usage_by_type["exec"].cpu_us = 2'500'000;
  const auto open = d.as(exposition_format::openmetrics);
  CHECK(has(open, "# TYPE callboard_jobs_submitted counter"));
  CHECK(has(open, "callboard_jobs_submitted_total 12"));
  CHECK(has(open, "callboard_jobs_submitted_created 1768473000"));
  CHECK(has(open, "# TYPE callboard_job_cpu_seconds counter"));
  CHECK(has(open, "# UNIT callboard_job_cpu_seconds seconds"));
  CHECK(has(open, "callboard_job_cpu_seconds_total{type=\"exec\"} 2.5"));
  CHECK(has(open, "# TYPE callboard_build info"));
  CHECK(has(open, "callboard_build_info{version=\"1.2.3\"} 1"));
  CHECK(has(open, "callboard_job_run_seconds_bucket{le=\"1.0\"} 0"));
  CHECK(open.ends_with("\n# EOF\n"));
  const auto plain = d.as(exposition_format::text);
  CHECK(has(plain, "# TYPE callboard_jobs_submitted_total counter"));
  CHECK(has(plain, "# TYPE callboard_build_info gauge"));
  CHECK(has(plain, "callboard_job_run_seconds_bucket{le=\"1\"} 0"));
  for (const auto* word : {"# UNIT", "# EOF", "_created", " # {"}) {
    INFO(word);
    CHECK(plain.find(word) == std::string::npos);
  }
}

TEST_CASE("a bucket of run or waiting time names the last job that fell into it", "[metrics]") {
  told d;
  histogram h;
  exemplars last;
  const auto run = [&](uint64_t us, job_id job) {
    h.record(us);
    last.record(us, job, noon());
  };
  run(400, some_job(1));
  run(500, some_job(2)); // a bound belongs to its bucket
  run(7'000'000'000, some_job(3));
  run(2000, job_id{});
  d.jobs.run_time = h.view();
  d.jobs.run_exemplars = last.view();
  const auto text = d.as(exposition_format::openmetrics);
  const auto name = "callboard_job_run_seconds_bucket";
  CHECK(has(text, name + std::string{"{le=\"0.0001\"} 0"}));
  CHECK(has(text, name + ("{le=\"0.0005\"} 2 # {job_id=\"" + to_string(some_job(2)) + "\"} 0.0005 1768473000")));
  CHECK(has(text, name + std::string{"{le=\"0.0025\"} 3"})); // of a job without an id
  CHECK(has(text, name + ("{le=\"+Inf\"} 4 # {job_id=\"" + to_string(some_job(3)) + "\"} 7000 1768473000")));
  const auto examples = std::regex{" # \\{"};
  CHECK(std::distance(std::sregex_iterator{text.begin(), text.end(), examples}, std::sregex_iterator{}) == 2);
}

TEST_CASE("queues are told with what waits, how it ended and how full they are", "[metrics]") {
  told d;
  auto& mail = d.jobs.queues["mail"];
  mail.ready = 3;
  mail.waiting = 2;
  mail.running = 1;
  mail.completed = 7;
  mail.oldest_ready = std::chrono::milliseconds{1500};
  mail.fullness = 0.25;
  d.jobs.queues[std::string{other_queues}].failed = 4;
  const auto text = d.as(exposition_format::text);
  CHECK(has(text, "callboard_queue_jobs{queue=\"mail\",status=\"ready\"} 3"));
  CHECK(has(text, "callboard_queue_jobs{queue=\"mail\",status=\"waiting\"} 2"));
  CHECK(has(text, "callboard_queue_jobs{queue=\"mail\",status=\"running\"} 1"));
  CHECK(has(text, "callboard_queue_finished_total{queue=\"mail\",outcome=\"completed\"} 7"));
  CHECK(has(text, "callboard_queue_finished_total{queue=\"(other)\",outcome=\"failed\"} 4"));
  CHECK(has(text, "callboard_queue_oldest_ready_seconds{queue=\"mail\"} 1.5"));
  CHECK(text.find("callboard_queue_oldest_ready_seconds{queue=\"(other)\"}") == std::string::npos);
  CHECK(has(text, "callboard_queue_fullness_ratio{queue=\"mail\"} 0.25"));
}

TEST_CASE("the store, the process and the certificates are told where something is known of them", "[metrics]") {
  told d;
  const auto without = d.as(exposition_format::text);
  CHECK(has(without, "# TYPE callboard_store_disk_free_bytes gauge"));
  CHECK(without.find("\ncallboard_store_disk_free_bytes ") == std::string::npos);
  CHECK(without.find("\ncallboard_certificate_expiry") == std::string::npos);
  d.jobs.engine = store_figures{.pending_compaction_bytes = 5, .writes_stopped = true, .disk_bytes_free = 77};
  d.certificates = {{"node", noon()}};
  const auto text = d.as(exposition_format::text);
  CHECK(has(text, "callboard_store_disk_free_bytes 77"));
  CHECK(has(text, "callboard_store_pending_compaction_bytes 5"));
  CHECK(has(text, "callboard_store_writes_stopped 1"));
  CHECK(has(text, "callboard_certificate_expiry_timestamp_seconds{certificate=\"node\"} 1768473000"));
  CHECK(std::regex_search(text, std::regex{"\nprocess_cpu_seconds_total [0-9.e+-]+\n"}));
  CHECK(std::regex_search(text, std::regex{"\nprocess_open_fds [1-9][0-9]*\n"}));
  CHECK(std::regex_search(text, std::regex{"\nprocess_start_time_seconds 1[0-9.e+]+\n"}));
}

TEST_CASE("the families of metrics are named by the rules", "[metrics]") {
  std::set<std::string_view> names;
  for (const auto& f : metric_families()) {
    INFO(f.what.name);
    CHECK(names.insert(f.what.name).second);
    CHECK(std::regex_match(std::string{f.what.name}, std::regex{"(callboard|process)_[a-z]+(_[a-z]+)*"}));
    for (const auto* reserved : {"_total", "_info", "_created", "_bucket", "_sum", "_count"})
      CHECK_FALSE(f.what.name.ends_with(reserved));
    CHECK((f.what.unit.empty() || f.what.name.ends_with("_" + std::string{f.what.unit})));
    CHECK((f.what.kind != metric_kind::histogram || f.what.unit == "seconds"));
    CHECK(f.what.help.ends_with('.'));
  }
  CHECK(names.size() > 60);
}

TEST_CASE("numbers that are none are written as the format wants them", "[metrics]") {
  exposition e{exposition_format::openmetrics};
  e.begin({"x", metric_kind::gauge, "", "", "A \"quoted\" one\\."});
  e.sample({{"a", "1"}}, std::numeric_limits<double>::infinity());
  e.sample({{"a", "2"}}, -std::numeric_limits<double>::infinity());
  e.sample({{"a", "3"}}, std::numeric_limits<double>::quiet_NaN());
  const auto text = std::move(e).take();
  CHECK(
    text ==
    "# HELP x A \\\"quoted\\\" one\\\\.\n# TYPE x gauge\nx{a=\"1\"} +Inf\nx{a=\"2\"} -Inf\nx{a=\"3\"} NaN\n# EOF\n");
}

TEST_CASE("docs/metrics.md has each family of metrics, and no other", "[metrics]") {
  std::ifstream in{std::string{CALLBOARD_SOURCE_DIRECTORY} + "/docs/metrics.md"};
  REQUIRE(in);
  std::stringstream all;
  all << in.rdbuf();
  std::set<std::string> listed, known;
  for (const auto& line : lines_of(all.str()))
    if (line.starts_with("| `callboard_") || line.starts_with("| `process_"))
      CHECK(listed.insert(line).second);
  for (const auto& f : metric_families()) {
    const auto cell = [](std::string_view text) { return " | " + std::string{text.empty() ? "–" : text}; };
    known.insert("| `" + sample_name(f.what) + "`" + cell(to_string(f.what.kind)) + cell(f.what.unit) +
                 cell(f.what.labels) + cell(f.what.help) + " |");
  }
  for (const auto& line : known) {
    INFO("missing in docs/metrics.md: " << line);
    CHECK(listed.count(line) == 1);
  }
  for (const auto& line : listed) {
    INFO("not told by the program: " << line);
    CHECK(known.count(line) == 1);
  }
}

TEST_CASE("the audit log is told of, when there is one", "[metrics]") {
  told t;
  CHECK(t.as(exposition_format::text).find("\ncallboard_audit_sequence ") == std::string::npos);

  t.audit = audit_state{.sequence = 7, .hash = "9a41", .records = 5, .failures = 2, .lost = 1};
  auto text = t.as(exposition_format::text);
  CHECK(has(text, "callboard_audit_sequence 7"));
  CHECK(has(text, "callboard_audit_failing 0"));
  CHECK(has(text, "callboard_audit_chain_broken 0"));
  CHECK(has(text, "callboard_audit_records_total 5"));
  CHECK(has(text, "callboard_audit_failures_total 2"));
  CHECK(has(text, "callboard_audit_lost_total 1"));
  CHECK(text.find("9a41") == std::string::npos);

  t.audit->failing = "no space";
  t.audit->broken = "audit-1.jsonl";
  text = t.as(exposition_format::text);
  CHECK(has(text, "callboard_audit_failing 1"));
  CHECK(has(text, "callboard_audit_chain_broken 1"));
}

TEST_CASE("held jobs of queues without a row of their own are told together", "[metrics]") {
  told t;
  t.jobs.queues["mail"];
  t.jobs.held_by_queue = {{"mail", 2}, {"one", 3}, {"two", 4}};
  const auto text = t.as(exposition_format::text);
  CHECK(has(text, "callboard_jobs_held{queue=\"mail\"} 2"));
  CHECK(has(text, "callboard_jobs_held{queue=\"(other)\"} 7"));
  CHECK(text.find("queue=\"one\"") == std::string::npos);
}
