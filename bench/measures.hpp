#pragma once

#include "bench/report.hpp"
#include "bench/rest_client.hpp"
#include "bench/server_process.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callboard::bench {

/// What all measurements share. The defaults suit a machine with two cores; `make_quick` makes a minute of all of them.
struct options {
  std::string server = "build/release/callboard";
  /// The program that puts many workers into one process, for `placement`; empty: next to this one.
  std::string fleet;
  /// Data directories are made below; it decides which disk is measured.
  std::filesystem::path directory = "build/bench";
  uint32_t workers = 2;
  uint32_t slots = 4;
  double seconds = 5;
  /// Requests that one connection of `submit` keeps under way.
  uint32_t pipeline = 1;
  std::vector<uint32_t> connections{1, 16, 64};
  std::vector<uint64_t> batches{100, 1000};
  uint32_t e2e_connections = 16;
  /// e2e: jobs of a submit, each is measured; 1 is a single submit, over `e2e_connections`.
  std::vector<uint64_t> e2e_batches{1, 100, 1000};
  uint64_t bulk_jobs = 300'000;
  uint64_t e2e_jobs = 200'000;
  /// drain: each is measured, the ratio of the last to the first is printed.
  std::vector<uint64_t> drains{10'000, 1'000'000};
  /// drain: of a queue so short that one drain is not exact; exec: of both sides. The median counts.
  uint32_t rounds = 5;
  /// latency: jobs per second, each measured.
  std::vector<double> rates{200};
  /// latency: at half of the rate that `e2e` reaches with single submits as well.
  bool half_rate = true;
  /// memory, restart: jobs that wait; each is measured.
  std::vector<uint64_t> depths{1'000'000};
  /// memory: the allocator has given back what it does not need after this (jemalloc's decay).
  double settle_seconds = 12;
  uint64_t finished = 200'000; ///< calls: jobs that have ended
  uint64_t calls = 200;        ///< calls: of each kind
  uint64_t processes = 5'000;  ///< exec: in all
  double idle_seconds = 10;
  uint64_t probes = 2'000; ///< machine: flushes, wake-ups, pages; a tenth of it processes
  /// placement: jobs that wait; each is measured, the ratio of the last to the first is printed.
  std::vector<uint64_t> waiting{1'000, 100'000};
  uint32_t fleet_workers = 200;
  uint32_t shapes = 50;
  /// keys: jobs that wait, and over how many keys.
  uint64_t keyed_jobs = 300'000;
  uint32_t keys = 1'000;
  uint32_t readers = 50; ///< watched: who follow the events
  /// graph: jobs, and in how many layers.
  uint64_t graph_jobs = 1'000'000;
  uint64_t graph_depth = 1'000;
  std::string durability = "fsync";
  /// Further settings of the scheduler, each as KEY=VALUE.
  std::vector<std::string> settings;
};

void make_quick(options& o);

/// The sizes of a smoke test: seconds for everything, figures without meaning.
void make_tiny(options& o);

/// A scheduler with the settings of all measurements.
server_options server_for(const options& o, const scratch_directory& scratch, uint32_t workers);

/// What the generator of a measurement with connections reaches, in jobs per second, measured anew.
double measure_single_rate(const options& o);

/// What this machine asks for a flush, a wake-up of another thread, a page of memory, a process: no scheduler in it.
void measure_machine(const options& o, journal& out);
/// Single submits, each durable before its answer; nobody works. One line per number of connections.
void measure_submit(const options& o, journal& out);
/// Submits in batches; nobody works.
void measure_bulk(const options& o, journal& out);
/// Workers from the start; singly and in batches, until everything is completed.
void measure_e2e(const options& o, journal& out);
/// What is there beside a measurement, for as long as that lasts.
using company = std::function<std::shared_ptr<void>(const endpoint&)>;
/// One such run, from the first submit to the last end. `batch` 1: single submits.
json_line end_to_end(const options& o, uint64_t batch, uint64_t jobs, const company& beside = {});
/// The same while many follow the events, against nobody: in turns, so that all see the same machine.
void measure_watched(const options& o, journal& out);
/// A full queue, then workers: how fast it empties.
void measure_drain(const options& o, journal& out);
using fill_function = std::function<void(const endpoint&, rest_client&)>;
/// One such queue, whose workers all begin at one moment: its figures, from when the first end was seen.
json_line drain(const options& o, uint64_t jobs, const fill_function& fill_with);
/// The same over many concurrency keys, with and without a limit of each, against no keys: in turns, so that all see
/// the same machine.
void measure_keys(const options& o, journal& out);
/// A deep graph of jobs that settles at once: how long it takes, and how long jobs of another queue wait meanwhile.
void measure_graph(const options& o, journal& out);
/// From the moment a job should have been submitted until its handler starts, at fixed rates.
void measure_latency(const options& o, journal& out);
/// Memory and disk with a deep queue.
void measure_memory(const options& o, journal& out);
/// kill -9 with a full queue, then how long until it answers, and until it dispatches, again.
void measure_restart(const options& o, journal& out);
/// List and status calls with a deep queue and many finished jobs.
void measure_calls(const options& o, journal& out);
/// Processes as jobs, against the same processes from a bare loop.
void measure_exec(const options& o, journal& out);
/// CPU and wake-ups of a scheduler with nothing to do.
void measure_idle(const options& o, journal& out);
/// Dispatch of jobs of many shapes to many workers, with few and with many waiting.
void measure_placement(const options& o, journal& out);

} // namespace callboard::bench
