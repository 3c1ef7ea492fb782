#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/index/due_queue.hpp"

#include <cstdint>
#include <tuple>

namespace callboard {

/// What a job waits for by the time of day.
enum class timer_kind : uint8_t {
  due,            ///< it may start (schedule_at)
  start_deadline, ///< it has to have started
};

struct timer {
  time_point at;
  job_id id;
  timer_kind kind = timer_kind::due;

  friend auto operator<=>(const timer& a, const timer& b) noexcept {
    return std::tie(a.at, a.id, a.kind) <=> std::tie(b.at, b.id, b.kind);
  }
  friend bool operator==(const timer&, const timer&) = default;
};

/// All timers of all jobs. 24 bytes each.
using timer_queue = due_queue<timer>;

} // namespace callboard
