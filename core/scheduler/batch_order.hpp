#pragma once

#include "core/job/requests.hpp"

#include <cstddef>
#include <vector>

namespace callboard {

/// The positions of a batch's jobs, each behind those of the batch that it waits for, and otherwise as they came.
class batch_order {
public:
  /// Precondition: no cycle (the gateway checks), and every position is below `n`.
  batch_order(size_t n, const std::vector<batch_dependency>& edges);

  const std::vector<size_t>& positions() const {
    return positions_;
  }
  struct inner {
    size_t position;
    dependency_condition on;
  };
  /// Those that the job at this position waits for.
  const std::vector<inner>& waits_for(size_t i) const;

private:
  std::vector<std::vector<inner>> waits_for_; ///< empty when nobody waits
  std::vector<size_t> positions_;
};

} // namespace callboard
