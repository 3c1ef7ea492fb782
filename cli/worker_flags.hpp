#pragma once

#include "cli/load_flags.hpp"
#include "cli/worker.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// The flags of a worker: of `callboard worker`, and of a program that has job types of its own.
struct worker_flags {
  load_flags load;
  std::vector<std::string> joins;
  std::string name;
  std::string bundle;
  std::optional<int> lifeline;
  std::optional<uint64_t> open_files;
  bool local = false;
  bool log_json = false;
};

/// `flags` outlives the parsing.
void add_worker_flags(CLI::App& cmd, worker_flags& flags);

/// What the flags and the environment say. Throws command_failure (exit_usage).
worker_options read_worker_flags(worker_flags& flags, const std::map<std::string, std::string>& environment);

} // namespace callboard
