#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/index/due_queue.hpp"

namespace callboard {

/// The end of a job's back-off: a pause, so it is measured by the clock that never steps.
struct backoff_end {
  steady_point at;
  job_id id;
  friend auto operator<=>(const backoff_end&, const backoff_end&) noexcept = default;
};

/// Jobs that wait for their back-off; what people have set as a time of day is in the timer_queue. 16 bytes each.
using backoff_queue = due_queue<backoff_end>;

} // namespace callboard
