#include "bench/measures.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace {

using namespace callboard::bench;

using measure = void (*)(const options&, journal&);

struct row {
  const char* name;
  const char* summary;
  measure run;
};

constexpr row measures[] = {
  {"machine", "what a flush, a wake-up, a page and a process cost here, without a scheduler", measure_machine},
  {"submit", "single durable submits per second, by number of connections", measure_submit},
  {"bulk", "submits in batches", measure_bulk},
  {"e2e", "workers there, from the first submit until everything is completed", measure_e2e},
  {"watched", "the same while many follow the events, against nobody", measure_watched},
  {"drain", "how fast a full queue empties, by depth", measure_drain},
  {"keys", "how fast a full queue empties over many concurrency keys, limited and not, against none", measure_keys},
  {"graph", "a deep graph of jobs is cancelled at once, while another queue goes on", measure_graph},
  {"latency", "intended submit to handler start, at fixed rates", measure_latency},
  {"memory", "memory and disk with a deep queue", measure_memory},
  {"restart", "kill -9 with a full queue, then time to answer and to dispatch", measure_restart},
  {"calls", "list and status calls with a deep queue and many finished jobs", measure_calls},
  {"exec", "processes as jobs, against the same from a bare loop", measure_exec},
  {"placement", "dispatch of many shapes to many workers, with few and many jobs waiting", measure_placement},
  {"idle", "CPU and wake-ups with nothing to do", measure_idle},
};

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Measures a Callboard scheduler that it starts itself. JSON lines on standard output, words on standard "
               "error."};
  app.require_subcommand(1);
  app.fallthrough(); // options may stand after the subcommand
  // The sizes come first, then what else is said: options of one name override them.
  for (auto i = 1; i < argc; ++i) {
    if (argv[i] == std::string_view{"--quick"})
      make_quick(o);
    else if (argv[i] == std::string_view{"--tiny"})
      make_tiny(o);
  }
  auto quick = false, tiny = false;
  app.add_flag("--quick", quick, "small sizes, for a look; other options override them");
  app.add_flag("--tiny", tiny, "smallest sizes: shows that it works, measures nothing");
  app.add_option("--server", o.server, "the callboard program")->capture_default_str();
  app.add_option("--directory", o.directory, "where data directories are made: the disk to measure")
    ->capture_default_str();
  app.add_option("--workers", o.workers, "worker processes")->capture_default_str();
  app.add_option("--slots", o.slots, "attempts at once per worker")->capture_default_str();
  app.add_option("--set", o.settings, "KEY=VALUE: a further setting of the scheduler; repeat it for several")
    ->allow_extra_args(false);
  app.add_option("--durability", o.durability, "of the submits")
    ->check(CLI::IsMember({"fsync", "os", "memory"}))
    ->capture_default_str();
  app.add_option("--pipeline", o.pipeline, "submit: requests under way per connection")
    ->check(CLI::Range(1, 64))
    ->capture_default_str();
  app.add_option("--seconds", o.seconds, "submit, latency, placement: how long")->check(CLI::PositiveNumber);
  app.add_option("--connections", o.connections, "submit: numbers of connections, each measured")->delimiter(',');
  app.add_option("--e2e-connections", o.e2e_connections, "e2e: of single submits")->check(CLI::PositiveNumber);
  app.add_option("--batch", o.batches, "bulk: sizes of a batch, each measured")
    ->delimiter(',')
    ->check(CLI::PositiveNumber);
  app.add_option("--e2e-batch", o.e2e_batches, "e2e: sizes of a batch, each measured; 1: single submits")
    ->delimiter(',')
    ->check(CLI::PositiveNumber);
  app.add_option("--rounds", o.rounds, "drain of less than 100,000, exec: the median of so many counts")
    ->check(CLI::PositiveNumber);
  app.add_option("--settle", o.settle_seconds, "memory: seconds until it is looked at again")
    ->check(CLI::NonNegativeNumber);
  std::vector<std::string> rates;
  app.add_option("--rate", rates, "latency: jobs per second, each measured; half: of what e2e reaches")
    ->delimiter(',')
    ->check(CLI::IsMember({"half"}) | CLI::PositiveNumber);
  std::vector<uint64_t> jobs;
  app
    .add_option(
      "--jobs", jobs,
      "how many jobs: bulk, e2e, watched, keys, graph; drain, memory, restart (each of several is measured); calls")
    ->delimiter(',')
    ->check(CLI::PositiveNumber);
  app.add_option("--finished", o.finished, "calls: jobs that have ended");
  app.add_option("--processes", o.processes, "exec: how many")->check(CLI::PositiveNumber);
  app.add_option("--probes", o.probes, "machine: flushes and wake-ups; a tenth of it processes")
    ->check(CLI::PositiveNumber);
  app.add_option("--idle-seconds", o.idle_seconds, "idle: how long")->check(CLI::PositiveNumber);
  app.add_option("--waiting", o.waiting, "placement: jobs that wait, each measured")
    ->delimiter(',')
    ->check(CLI::PositiveNumber);
  app.add_option("--fleet-workers", o.fleet_workers, "placement: workers")->check(CLI::PositiveNumber);
  app.add_option("--shapes", o.shapes, "placement: different requests for resources")->check(CLI::Range(1, 1000));
  app.add_option("--fleet", o.fleet,
                 "placement: the program that runs the workers (callboard-bench-fleet, next to this)");
  app.add_option("--readers", o.readers, "watched: who follow the events")->check(CLI::Range(1, 10'000));
  app.add_option("--keys", o.keys, "keys: different concurrency keys")->check(CLI::Range(1, 1000));
  app.add_option("--depth", o.graph_depth, "graph: layers")->check(CLI::PositiveNumber);
  uint32_t runs = 1;
  app.add_option("--runs", runs, "repeats everything; min, median and max at the end")
    ->check(CLI::PositiveNumber)
    ->capture_default_str();
  std::string file;
  app.add_option("--json", file, "appends the JSON lines to this file as well");

  for (const auto& m : measures)
    app.add_subcommand(m.name, m.summary);
  auto* all = app.add_subcommand("all", "all of these, one after the other");
  app.require_subcommand(1, 0);
  CLI11_PARSE(app, argc, argv);

  if (!jobs.empty()) {
    o.bulk_jobs = o.e2e_jobs = jobs.front();
    o.keyed_jobs = o.graph_jobs = jobs.front();
    o.drains = o.depths = jobs;
  }
  if (!rates.empty()) {
    o.rates.clear();
    o.half_rate = false;
    for (const auto& rate : rates)
      if (rate == "half")
        o.half_rate = true;
      else
        o.rates.push_back(std::stod(rate));
  }

  auto failed = false;
  try {
    journal out(file);
    for (uint32_t run = 1; run <= runs; ++run) {
      out.begin_run(run, runs);
      for (const auto& m : measures) {
        if (!all->parsed() && !app.got_subcommand(m.name))
          continue;
        try {
          m.run(o, out);
        } catch (const std::exception& e) {
          std::cerr << m.name << " failed: " << e.what() << std::endl;
          failed = true;
        }
      }
    }
    out.summarise();
  } catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
  }
  return failed ? 1 : 0;
}
