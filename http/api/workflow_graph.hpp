#pragma once

#include "core/base/time.hpp"
#include "core/job/dependency.hpp"

#include <cstddef>
#include <vector>

namespace callboard {

/// A job of a graph waits for another one. Jobs are numbered from 0.
struct workflow_edge {
  size_t from = 0; ///< that is waited for
  size_t to = 0;   ///< that waits
  dependency_condition on = dependency_condition::success;
  friend bool operator==(const workflow_edge&, const workflow_edge&) = default;
};

/// The jobs, each behind those that it waits for; otherwise in the order of their numbers, as far as that goes. Jobs of
/// a circle, and those behind it, are left out: then there are fewer than `jobs`.
std::vector<size_t> topological_order(size_t jobs, const std::vector<workflow_edge>& edges);

/// The jobs of a circle, each waiting for the next one, and the last for the first, from the lowest number on. Empty:
/// there is none.
std::vector<size_t> find_circle(size_t jobs, const std::vector<workflow_edge>& edges);

/// Jobs of which each waits for the one before.
struct workflow_chain {
  std::vector<size_t> jobs;
  duration length{0};
};

/// The chain with the longest time; of those the one with the most jobs. The edges have no circle.
/// @param lengths  one for each job, not below 0.
workflow_chain longest_chain(const std::vector<workflow_edge>& edges, const std::vector<duration>& lengths);

} // namespace callboard
