#pragma once

#include "core/job/views.hpp"

#include <algorithm>
#include <cstddef>

namespace callboard {

/// Of each bucket of a distribution, the job that fell into it last: someone who sees a long duration can look at one
/// of the jobs that had it. Not thread-safe.
class exemplars {
public:
  /// @param value_us  microseconds. A job without an id is nobody's example.
  void record(uint64_t value_us, job_id job, time_point at) noexcept {
    if (!job)
      return;
    const auto bound = std::lower_bound(latency_bounds_us.begin(), latency_bounds_us.end(), value_us);
    rows_[static_cast<size_t>(bound - latency_bounds_us.begin())] = {job, value_us, at};
  }
  const exemplar_row& view() const noexcept {
    return rows_;
  }

private:
  exemplar_row rows_{};
};

} // namespace callboard
