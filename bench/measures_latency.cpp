#include "bench/load.hpp"
#include "bench/measures.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/submits.hpp"

#include <charconv>
#include <stdexcept>

namespace callboard::bench {

namespace {

using wall_clock = std::chrono::system_clock;

/// `noop` with this payload answers when its handler began, by the clock of the day in the worker's process: the same
/// machine, the same clock.
constexpr std::string_view stamped_payload =
  R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service","stamp":true})";

/// From the result of a stamped job; nothing when it did not succeed.
std::optional<wall_clock::time_point> start_of(std::string_view job) {
  constexpr std::string_view key = R"("startedAtUs":)";
  const auto at = job.find(key);
  if (at == std::string_view::npos)
    return std::nullopt;
  int64_t us = 0;
  std::from_chars(job.data() + at + key.size(), job.data() + job.size(), us);
  return wall_clock::time_point{std::chrono::microseconds{us}};
}

void measure_latency_at(const options& o, journal& out, const json_line& label, double rate) {
  scratch_directory scratch(o.directory);
  server_process server(server_for(o, scratch, o.workers));
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  // Connections opened before the burst: what is measured is a job's way, not a connection's.
  constexpr uint32_t connections = 32;
  load_generator load(server.http(), connections);
  const auto request = single_submit(job_text("noop", stamped_payload, o.durability));
  struct sample {
    wall_clock::time_point due;
    std::string id;
  };
  std::vector<sample> samples;
  latencies acknowledged;
  failure_count failures;
  const auto total = std::max<uint64_t>(static_cast<uint64_t>(rate * o.seconds), 1);

  auto run = [&](uint64_t jobs, bool counted) {
    // Both clocks read at the same moment: dues are steady, the handlers' times are of the day.
    const auto steady_base = steady::now();
    const auto wall_base = wall_clock::now();
    load.open_loop(
      rate,
      [&](uint64_t index, std::string& to) {
        if (index >= jobs)
          return false;
        to += request;
        return true;
      },
      [&](const response& r) {
        if (r.status != 201) {
          failures.add(r);
        } else if (counted) {
          acknowledged.add(r.received - r.due);
          auto since = std::chrono::duration_cast<wall_clock::duration>(r.due - steady_base);
          samples.push_back({wall_base + since, submitted_id(r.body)});
        }
      });
  };
  run(std::max<uint64_t>(total / 10, 50), false);
  const cpu_meter cpu(server.pid());
  run(total, true);
  json_line usage;
  cpu.put(usage, total);
  wait_until_idle(rest);

  latencies to_start;
  uint64_t missing = 0;
  load.closed_loop(
    16,
    [&](uint64_t index, std::string& to) {
      if (index >= samples.size())
        return false;
      to += make_request("GET", "/api/jobs/" + samples[index].id);
      return true;
    },
    [&](const response& r) {
      if (const auto start = start_of(r.body); r.status == 200 && start)
        to_start.add(*start - samples[r.index].due);
      else
        ++missing;
    });

  json_line figures{{"jobs_per_second", rounded(rate)}, {"jobs", to_start.count()}};
  to_start.put(figures);
  figures["ack_p50_us"] = acknowledged.percentile(0.5);
  figures["ack_p99_us"] = acknowledged.percentile(0.99);
  figures.update(usage);
  if (missing)
    figures["never_started"] = missing;
  failures.put(figures);
  out.add("latency", {{"rate", label}, {"workers", o.workers}, {"durability", o.durability}}, figures);
}

} // namespace

void measure_latency(const options& o, journal& out) {
  for (auto rate : o.rates)
    measure_latency_at(o, out, rate, rate);
  if (o.half_rate)
    measure_latency_at(o, out, "half of e2e", measure_single_rate(o) / 2);
}

} // namespace callboard::bench
