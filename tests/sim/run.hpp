#pragma once

#include "core/base/planted_bug.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace callboard::sim {

struct run_options {
  uint64_t seed = 1;
  bug plant = bug::none;
  bool trace = false;
};

struct run_result {
  std::optional<std::string> broken; ///< which promise, and how
  uint64_t fingerprint = 0;          ///< of everything that happened
  uint64_t events = 0, jobs = 0, attempts = 0, crashes = 0, power_failures = 0;
};

/// One run: faults and clients for a while, then fair weather until everything is over, then the checks.
run_result run(const run_options& o);

} // namespace callboard::sim
