#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace callboard::bench {

/// What all measurements share. The defaults suit a machine with two cores; `make_quick` makes a minute of all of them.
struct options {
  std::string server = "build/release/callboard";
  /// Data directories are made below; it decides which disk is measured.
  std::filesystem::path directory = "build/bench";
  uint32_t workers = 2;
  uint32_t slots = 4;
  double seconds = 5;
  /// Requests that one connection of `submit` keeps under way.
  uint32_t pipeline = 1;
  std::vector<uint32_t> connections{1, 16, 64, 256};
  std::vector<uint32_t> batches{100, 1000};
  uint64_t bulk_jobs = 300'000;
  uint64_t drain_jobs = 100'000;
  uint64_t e2e_jobs = 100'000;
  std::vector<double> rates{100, 1000, 5000};
  uint64_t depth = 1'000'000;
  uint64_t restart_jobs = 200'000;
  std::string durability = "fsync";
};

void make_quick(options& o);

/// Single submits, each durable before its answer; nobody works. One line per number of connections.
void measure_submit(const options& o);
/// Submits in batches; nobody works.
void measure_bulk(const options& o);
/// A full queue, then workers: how fast it empties.
void measure_drain(const options& o);
/// Workers from the start; in batches and singly, until everything is completed.
void measure_e2e(const options& o);
/// From the moment a job should have been submitted until its handler starts, at fixed rates.
void measure_latency(const options& o);
/// Resident memory with a deep queue.
void measure_memory(const options& o);
/// kill -9 with a full queue, then how long until it serves, and until it dispatches, again.
void measure_restart(const options& o);

} // namespace callboard::bench
