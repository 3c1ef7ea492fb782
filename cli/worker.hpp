#pragma once

#include "config/host_port.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

class handler_registry;
class job_cgroups;

/// `callboard worker`, read and checked.
struct worker_options {
  /// Loaded from file, environment and flags, and valid; `--slots` and `--tls` are in it.
  settings config;
  /// Cluster addresses of schedulers, tried in turn; at least one.
  std::vector<host_port> joins;
  /// Empty: the name in the bundle, or one made of host and process.
  std::string name;
  /// The file of `cert issue`; empty: the directory `cluster.tls_directory` has certificate and key.
  std::string bundle;
  /// A descriptor that reaches its end when the scheduler which started us is gone.
  std::optional<int> lifeline;
  /// The limit of open descriptors for programs, where the scheduler which started us has raised it for itself.
  std::optional<uint64_t> open_files;
  /// Started by a scheduler, on its machine.
  bool local = false;
};

/// Makes the job types of a worker. Called in each process that the guardian starts, before it has any other thread.
/// What it throws (a std::exception) ends the process with code 1.
/// The cgroups are for what holds jobs to their reservations; null when there can be none.
using handler_maker =
  std::function<std::shared_ptr<const handler_registry>(const settings&, std::shared_ptr<job_cgroups>)>;

/// Runs a worker until a signal, or the end of the lifeline, ends it. Returns the exit code of the process.
int run_worker(const worker_options& options, const handler_maker& make_handlers);

} // namespace callboard
