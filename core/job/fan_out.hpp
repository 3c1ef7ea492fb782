#pragma once

#include "core/job/dependency.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

/// Where a job stands with `forEach`. Values are stored: never renumber.
enum class fan_out_stage : uint8_t {
  planned = 0,  ///< a fan-out job, before it has fanned out
  expanded = 1, ///< a fan-out job that waits for its elements, or has ended
  element = 2,  ///< one of the jobs that a fan-out job has fanned out into
};

/// `forEach`: a job of a workflow, the fan-out job, stands for one job per element of an array in the result of a job
/// before. When its turn comes it fans out: those jobs are born, and it waits for them. Then it completes.
struct fan_out {
  fan_out_stage stage = fan_out_stage::planned;
  std::string over;                            ///< key of the job with the array in its result
  std::vector<std::string> path;               ///< members, or positions from 0, from the outside in, to the array
  uint32_t max = 1000;                         ///< elements, at most
  bool collect = true;                         ///< its result is the array of theirs; else how many there were
  dependency_rule rule = dependency_rule::all; ///< by which it waits for its elements
  uint32_t count = 0;                          ///< expanded: how many elements; element: which one, from 0
  /// What the fan-out job waited for when it fanned out; of an element the results of these go into its payload.
  std::vector<dependency> before;
  friend bool operator==(const fan_out&, const fan_out&) = default;
};

/// The key in its workflow of an element; no client may give one with brackets.
inline std::string element_key(const std::string& key, uint32_t index) {
  return key + "[" + std::to_string(index) + "]";
}

} // namespace callboard
