#include "bench/measures.hpp"

#include "bench/load.hpp"
#include "bench/process_stats.hpp"
#include "bench/rest_client.hpp"
#include "bench/submits.hpp"

#include <stdexcept>

namespace callboard::bench {

void make_quick(options& o) {
  o.seconds = 1;
  o.bulk_jobs = 30'000;
  o.e2e_jobs = 20'000;
  o.drains = {10'000, 50'000};
  o.depths = {50'000};
  o.finished = 20'000;
  o.calls = 50;
  o.processes = 1'000;
  o.idle_seconds = 3;
  o.probes = 500;
  o.waiting = {1'000, 20'000};
  o.fleet_workers = 50;
}

void make_tiny(options& o) {
  make_quick(o);
  o.seconds = 0.2;
  o.connections = {2};
  o.e2e_connections = 2;
  o.batches = {50};
  o.e2e_batches = {1, 50};
  o.bulk_jobs = o.e2e_jobs = o.finished = 200;
  o.drains = {100, 200};
  o.depths = {200};
  o.rounds = 1;
  o.settle_seconds = 0;
  o.calls = 2;
  o.processes = 50;
  o.idle_seconds = 0.2;
  o.probes = 50;
  o.waiting = {50, 100};
  o.fleet_workers = 4;
  o.shapes = 4;
  o.keyed_jobs = 200;
  o.readers = 3;
  o.keys = 20;
  o.graph_jobs = 200;
  o.graph_depth = 10;
}

server_options server_for(const options& o, const scratch_directory& scratch, uint32_t workers) {
  return {.program = o.server,
          .data = scratch.path(),
          .workers = workers,
          .slots = o.slots,
          .port = 0,
          .settings = o.settings};
}

void measure_submit(const options& o, journal& out) {
  for (auto connections : o.connections) {
    scratch_directory scratch(o.directory);
    server_process server(server_for(o, scratch, 0));
    load_generator load(server.http(), connections);
    const auto request = single_submit(job_text("noop", mail_payload, o.durability));
    latencies taken;
    failure_count failures;

    auto run_for = [&](double seconds, bool counted) {
      auto begin = steady::now();
      auto end = begin + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
      load.closed_loop(
        o.pipeline,
        [&](uint64_t, std::string& to) {
          if (steady::now() >= end)
            return false;
          to += request;
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
    const cpu_meter cpu(server.pid());
    auto elapsed = run_for(o.seconds, true);

    json_line figures{{"jobs", taken.count()}, {"per_second", per_second(taken.count(), elapsed)}};
    taken.put(figures);
    cpu.put(figures, taken.count());
    failures.put(figures);
    out.add("submit", {{"connections", connections}, {"pipeline", o.pipeline}, {"durability", o.durability}}, figures);
  }
}

void measure_bulk(const options& o, journal& out) {
  for (auto batch : o.batches) {
    scratch_directory scratch(o.directory);
    server_process server(server_for(o, scratch, 0));
    const auto job = job_text("noop", mail_payload, o.durability);
    fill(server.http(), std::max<uint64_t>(o.bulk_jobs / 20, batch), batch, job); // warms up, as in measure_submit
    const cpu_meter cpu(server.pid());
    auto filled = fill(server.http(), o.bulk_jobs, batch, job);
    json_line figures{{"jobs", filled.jobs}, {"per_second", per_second(filled.jobs, filled.elapsed)}};
    filled.latency.put(figures, "batch_");
    cpu.put(figures, filled.jobs);
    out.add("bulk", {{"batch", batch}, {"connections", fill_connections}, {"durability", o.durability}}, figures);
  }
}

json_line end_to_end(const options& o, uint64_t batch, uint64_t jobs, const company& beside) {
  scratch_directory scratch(o.directory);
  server_process server(server_for(o, scratch, o.workers));
  rest_client rest(server.http());
  wait_for_workers(rest, o.workers);
  const auto job = job_text("noop", mail_payload, o.durability);
  const auto submit = [&](uint64_t count) {
    return batch > 1 ? fill(server.http(), count, batch, job)
                     : fill_singly(server.http(), count, o.e2e_connections, job);
  };
  const auto warm = std::max<uint64_t>(jobs / 20, 1);
  submit(warm);
  wait_until_finished(rest, warm);
  const auto there = beside ? beside(server.http()) : nullptr;

  const cpu_meter cpu(server.pid());
  const auto begin = steady::now();
  auto filled = submit(jobs);
  const auto end = wait_until_finished(rest, warm + jobs).at;
  json_line figures{{"jobs", jobs},
                    {"per_second", per_second(jobs, end - begin)},
                    {"submit_seconds", to_seconds(filled.elapsed)},
                    {"seconds", to_seconds(end - begin)}};
  filled.latency.put(figures, batch > 1 ? "batch_" : "ack_");
  cpu.put(figures, jobs);
  return figures;
}

double measure_single_rate(const options& o) {
  return end_to_end(o, 1, std::max<uint64_t>(o.e2e_jobs / 4, 100)).at("per_second").get<double>();
}

void measure_e2e(const options& o, journal& out) {
  for (auto batch : o.e2e_batches)
    out.add("e2e",
            {{"batch", batch},
             {"connections", batch > 1 ? fill_connections : o.e2e_connections},
             {"workers", o.workers},
             {"slots", o.slots},
             {"durability", o.durability}},
            end_to_end(o, batch, o.e2e_jobs));
}

} // namespace callboard::bench
