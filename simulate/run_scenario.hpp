#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulate/check_expectations.hpp"
#include "simulate/scenario.hpp"

namespace callboard::simulate {

/// What a run has brought.
struct run_report {
  std::vector<trace_event> trace; ///< with names in place of ids
  std::vector<unmet_expectation> unmet;
  std::vector<std::string> faults;      ///< what must never happen, whatever is expected
  std::map<std::string, uint64_t> jobs; ///< by state
  duration lasted{0};                   ///< until the last thing that happened
  uint64_t events = 0;

  bool good() const {
    return unmet.empty() && faults.empty();
  }
};

/// Runs a scenario; the same one always brings the same report.
/// @param until  wins over the scenario's own
run_report run_scenario(const scenario& plan, std::optional<duration> until = std::nullopt);

} // namespace callboard::simulate
