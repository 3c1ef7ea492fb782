#include "bench/measures.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace {

using namespace callboard::bench;

using measure = void (*)(const options&);

struct row {
  const char* name;
  const char* summary;
  measure run;
};

constexpr row measures[] = {
  {"submit", "single durable submits per second, by number of connections", measure_submit},
  {"bulk", "submits in batches", measure_bulk},
  {"drain", "how fast a full queue empties once there are workers", measure_drain},
  {"e2e", "from the first submit until everything is completed", measure_e2e},
  {"latency", "intended submit to handler start, at fixed rates", measure_latency},
  {"memory", "resident memory with a deep queue", measure_memory},
  {"restart", "kill -9 with a full queue, then time to serve and to dispatch", measure_restart},
};

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Measures a Callboard scheduler that it starts itself. JSON lines on standard output, words on standard "
               "error."};
  app.require_subcommand(1);
  app.fallthrough(); // options may stand after the subcommand
  auto quick = false;
  app.add_option("--server", o.server, "the callboard program")->capture_default_str();
  app.add_option("--directory", o.directory, "where data directories are made: the disk to measure")
    ->capture_default_str();
  app.add_flag("--quick", quick, "small sizes, for a look; other options override them");
  app.add_option("--workers", o.workers, "worker processes")->capture_default_str();
  app.add_option("--slots", o.slots, "attempts at once per worker")->capture_default_str();
  app.add_option("--durability", o.durability, "of the submits")
    ->check(CLI::IsMember({"fsync", "os", "memory"}))
    ->capture_default_str();
  app.add_option("--pipeline", o.pipeline, "submit: requests under way per connection")
    ->check(CLI::Range(1, 64))
    ->capture_default_str();
  auto* seconds = app.add_option("--seconds", o.seconds, "submit, latency: how long")->check(CLI::PositiveNumber);
  auto* connections = app.add_option("--connections", o.connections, "submit: numbers of connections, each measured");
  auto* batches = app.add_option("--batch", o.batches, "bulk: sizes of a batch, each measured");
  auto* rates = app.add_option("--rate", o.rates, "latency: jobs per second, each measured");
  uint64_t jobs = 0;
  app.add_option("--jobs", jobs, "bulk, drain, e2e, memory, restart: how many jobs")->check(CLI::PositiveNumber);

  for (const auto& m : measures)
    app.add_subcommand(m.name, m.summary);
  auto* all = app.add_subcommand("all", "all of these, one after the other");
  CLI11_PARSE(app, argc, argv);

  if (quick) {
    auto given = o;
    make_quick(o);
    if (seconds->count())
      o.seconds = given.seconds;
    if (connections->count())
      o.connections = given.connections;
    if (batches->count())
      o.batches = given.batches;
    if (rates->count())
      o.rates = given.rates;
  }
  if (jobs)
    o.bulk_jobs = o.drain_jobs = o.e2e_jobs = o.depth = o.restart_jobs = jobs;

  auto failed = false;
  for (const auto& m : measures) {
    if (!all->parsed() && !app.got_subcommand(m.name))
      continue;
    try {
      m.run(o);
    } catch (const std::exception& e) {
      std::cerr << m.name << " failed: " << e.what() << std::endl;
      failed = true;
    }
  }
  return failed ? 1 : 0;
}
