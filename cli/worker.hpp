#pragma once

#include "config/host_port.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// `callboard worker`, read and checked.
struct worker_options {
  /// Loaded from file, environment and flags, and valid; `--slots` and `--tls` are in it.
  settings config;
  /// Cluster addresses of schedulers, tried in turn; at least one.
  std::vector<host_port> joins;
  /// Empty: the worker chooses a name of its own.
  std::string name;
  /// A descriptor that reaches its end when the scheduler which started us is gone.
  std::optional<int> lifeline;
  /// Started by a scheduler, on its machine.
  bool local = false;
};

/// Runs a worker until a signal, or the end of the lifeline, ends it. Returns the exit code of the process.
int run_worker(const worker_options& options);

} // namespace callboard
