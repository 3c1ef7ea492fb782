#include "bench/measures.hpp"

#include "bench/load.hpp"
#include "bench/report.hpp"
#include "bench/rest_client.hpp"
#include "bench/server_process.hpp"
#include "bench/submits.hpp"

#include <date/date.h>

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace callboard::bench {

void make_quick(options& o) {
  o.seconds = 1;
  o.connections = {1, 64};
  o.bulk_jobs = 20'000;
  o.drain_jobs = 10'000;
  o.e2e_jobs = 10'000;
  o.rates = {100, 1000};
  o.depth = 50'000;
  o.restart_jobs = 20'000;
}

void measure_submit(const options& o) {
  for (auto connections : o.connections) {
    scratch_directory scratch(o.directory);
    server_process server({o.server, scratch.path(), 0, o.slots});
    load_generator load(server.http(), connections);
    const auto request = single_submit(o.durability);
    latencies taken;
    failure_count failures;

    auto run_for = [&](double seconds, bool counted) {
      auto begin = steady::now();
      auto end = begin + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
      load.closed_loop(
        o.pipeline,
        [&](uint64_t, std::string& out) {
          if (steady::now() >= end)
            return false;
          out += request;
          return true;
        },
        [&](const response& r) {
          if (r.status != 201)
            failures.add(r);
          else if (counted)
            taken.add(r.received - r.due);
        });
      return steady::now() - begin;
    };
    run_for(o.seconds / 5, false); // the caches and the branch predictors of both sides
    auto cpu = server.cpu_time();
    auto elapsed = run_for(o.seconds, true);
    cpu = server.cpu_time() - cpu;

    nlohmann::ordered_json line{{"bench", "submit"},      {"connections", connections},
                                {"pipeline", o.pipeline}, {"durability", o.durability},
                                {"jobs", taken.count()},  {"per_second", per_second(taken.count(), elapsed)}};
    taken.put(line);
    line["server_cpu_us_per_job"] = taken.count() ? cpu.count() * 1000 / static_cast<int64_t>(taken.count()) : 0;
    failures.put(line);
    report(line);
  }
}

void measure_bulk(const options& o) {
  for (auto batch : o.batches) {
    scratch_directory scratch(o.directory);
    server_process server({o.server, scratch.path(), 0, o.slots});
    auto cpu = server.cpu_time();
    auto filled = fill(server.http(), o.bulk_jobs, batch, o.durability);
    cpu = server.cpu_time() - cpu;
    nlohmann::ordered_json line{{"bench", "bulk"},
                                {"batch", batch},
                                {"connections", fill_connections},
                                {"durability", o.durability},
                                {"jobs", filled.jobs},
                                {"per_second", per_second(filled.jobs, filled.elapsed)}};
    filled.latency.put(line, "batch_");
    line["server_cpu_us_per_job"] =
      std::round(static_cast<double>(cpu.count()) * 10000 / static_cast<double>(filled.jobs)) / 10;
    report(line);
  }
}

namespace {

using wall_clock = std::chrono::system_clock;

/// Reads an RFC 3339 time in UTC, as the REST interface writes it.
wall_clock::time_point parse_time(const std::string& text) {
  std::istringstream in(text);
  std::chrono::sys_time<std::chrono::microseconds> t;
  in >> date::parse("%FT%TZ", t);
  if (!in)
    throw std::runtime_error("not a time: " + text);
  return std::chrono::time_point_cast<wall_clock::duration>(t);
}

void measure_latency_at(const options& o, double rate) {
  scratch_directory scratch(o.directory);
  server_process server({o.server, scratch.path(), o.workers, o.slots});
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  // Connections of before the burst: what is measured is a job's way, not a connection's.
  constexpr uint32_t connections = 32;
  load_generator load(server.http(), connections);
  const auto request = single_submit(o.durability);
  struct sample {
    wall_clock::time_point due;
    std::string id;
  };
  std::vector<sample> samples;
  latencies acknowledged;
  failure_count failures;
  const auto total = static_cast<uint64_t>(rate * o.seconds);

  auto run = [&](uint64_t jobs, bool counted) {
    // Both clocks read at the same moment: dues are steady, the server's times are of the day.
    const auto steady_base = steady::now();
    const auto wall_base = wall_clock::now();
    load.open_loop(
      rate,
      [&](uint64_t index, std::string& out) {
        if (index >= jobs)
          return false;
        out += request;
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
  run(total, true);
  wait_until_idle(rest);

  latencies to_start;
  uint64_t missing = 0;
  load.closed_loop(
    16,
    [&](uint64_t index, std::string& out) {
      if (index >= samples.size())
        return false;
      out += make_request("GET", "/api/jobs/" + samples[index].id);
      return true;
    },
    [&](const response& r) {
      auto job = nlohmann::json::parse(r.body);
      if (r.status == 200 && job.contains("startedAt"))
        to_start.add(parse_time(job["startedAt"]) - samples[r.index].due);
      else
        ++missing;
    });

  nlohmann::ordered_json line{{"bench", "latency"},
                              {"rate", rate},
                              {"workers", o.workers},
                              {"durability", o.durability},
                              {"jobs", to_start.count()}};
  to_start.put(line);
  line["ack_p50_us"] = acknowledged.percentile(0.5);
  line["ack_p99_us"] = acknowledged.percentile(0.99);
  if (missing)
    line["never_started"] = missing;
  failures.put(line);
  report(line);
}

} // namespace

void measure_latency(const options& o) {
  for (auto rate : o.rates)
    measure_latency_at(o, rate);
}

} // namespace callboard::bench
