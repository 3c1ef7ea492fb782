#include "bench/measures.hpp"
#include "bench/report.hpp"
#include "bench/rest_client.hpp"
#include "bench/server_process.hpp"
#include "bench/submits.hpp"

#include <iostream>
#include <stdexcept>
#include <thread>

namespace callboard::bench {

namespace {

/// Batches that fill a queue when filling is not what is measured.
constexpr uint64_t fill_batch = 1000;

} // namespace

void measure_drain(const options& o) {
  scratch_directory scratch(o.directory);
  server_process server({o.server, scratch.path(), 0, o.slots});
  fill(server.http(), o.drain_jobs, fill_batch, o.durability);
  rest_client rest(server.http());

  auto begin = steady::now();
  rest.call("POST", "/api/workers/scale", {{"workers", o.workers}});
  progress p;
  steady::time_point first_start;
  while (p.started == 0) {
    p = read_progress(rest);
    first_start = steady::now();
    if (first_start - begin > std::chrono::seconds{60})
      throw std::runtime_error("no job started within a minute of adding workers");
  }
  wait_until_finished(rest, o.drain_jobs);
  auto end = steady::now();
  report({{"bench", "drain"},
          {"workers", o.workers},
          {"slots", o.slots},
          {"jobs", o.drain_jobs},
          {"per_second", per_second(o.drain_jobs, end - first_start)},
          {"seconds", to_seconds(end - first_start)},
          {"first_start_ms", to_ms(first_start - begin)}});
}

void measure_e2e(const options& o) {
  for (auto singly : {false, true}) {
    scratch_directory scratch(o.directory);
    server_process server({o.server, scratch.path(), o.workers, o.slots});
    rest_client rest(server.http());
    wait_for_workers(rest, o.workers);
    auto jobs = singly ? std::max<uint64_t>(o.e2e_jobs / 4, 1000) : o.e2e_jobs;
    auto begin = steady::now();
    if (singly) {
      load_generator load(server.http(), 64);
      const auto request = single_submit(o.durability);
      load.closed_loop(
        1,
        [&](uint64_t index, std::string& out) {
          if (index >= jobs)
            return false;
          out += request;
          return true;
        },
        [&](const response& r) {
          if (r.status != 201)
            throw std::runtime_error("a submit was answered " + std::to_string(r.status) + " " +
                                     std::string{r.body.substr(0, 300)});
        });
    } else {
      fill(server.http(), jobs, o.batches.front(), o.durability);
    }
    auto submitted = steady::now();
    wait_until_finished(rest, jobs);
    auto end = steady::now();
    report({{"bench", "e2e"},
            {"submits", singly ? "single" : "batch"},
            {"workers", o.workers},
            {"slots", o.slots},
            {"durability", o.durability},
            {"jobs", jobs},
            {"per_second", per_second(jobs, end - begin)},
            {"per_minute", per_second(jobs * 60, end - begin)},
            {"submit_seconds", to_seconds(submitted - begin)},
            {"seconds", to_seconds(end - begin)}});
  }
}

void measure_memory(const options& o) {
  scratch_directory scratch(o.directory);
  server_process server({o.server, scratch.path(), 0, o.slots});
  auto empty = server.resident_bytes();
  auto filled = fill(server.http(), o.depth, fill_batch, o.durability);
  rest_client rest(server.http());
  auto p = read_progress(rest);
  auto full = server.resident_bytes();
  if (p.waiting != o.depth)
    throw std::runtime_error("the queue has " + std::to_string(p.waiting) + " jobs instead of " +
                             std::to_string(o.depth));
  constexpr auto mib = 1u << 20;
  report({{"bench", "memory"},
          {"depth", o.depth},
          {"rss_empty_mib", empty / mib},
          {"rss_mib", full / mib},
          {"bytes_per_job", full > empty ? (full - empty) / o.depth : 0},
          {"fill_per_second", per_second(filled.jobs, filled.elapsed)}});
}

void measure_restart(const options& o) {
  scratch_directory scratch(o.directory);
  {
    server_process server({o.server, scratch.path(), 0, o.slots});
    fill(server.http(), o.restart_jobs, fill_batch, o.durability);
    server.kill();
  }
  auto begin = steady::now();
  server_process server({o.server, scratch.path(), o.workers, o.slots});
  rest_client rest(server.http());
  auto at_ready = read_progress(rest);
  auto p = at_ready;
  while (p.started == 0) {
    if (steady::now() - begin > std::chrono::seconds{180})
      throw std::runtime_error("no job started within three minutes of the restart");
    p = read_progress(rest);
  }
  auto first = steady::now();
  auto recovered = p.waiting + p.running + p.completed;
  if (recovered != o.restart_jobs)
    throw std::runtime_error(std::to_string(recovered) + " of " + std::to_string(o.restart_jobs) +
                             " jobs are there after the restart");
  report({{"bench", "restart"},
          {"jobs", o.restart_jobs},
          {"ready_ms", to_ms(server.ready_after())},
          {"first_dispatch_ms", to_ms(first - begin)},
          {"rss_mib", server.resident_bytes() >> 20}});
}

} // namespace callboard::bench
