#pragma once

#include <chrono>

namespace callboard {

/// The resolution of every duration in the system.
using duration = std::chrono::microseconds;

/// Wall-clock time in UTC: scheduleAt, deadlines, records, ids. Somebody may set that clock, so the difference of two
/// of these is no duration. Nothing in core/ reads a clock: `now` is always an argument.
using time_point = std::chrono::sys_time<duration>;

/// The clock of `steady_point`, for its type only: nothing reads it. The epoch is some moment before the process began
/// and means nothing elsewhere: such a time is neither written down nor sent to another process.
struct steady_time {
  using duration = callboard::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<steady_time, duration>;
  static constexpr bool is_steady = true;
};

/// A moment of a clock that never steps: leases, pauses, windows, ages. It does not convert to or from `time_point`, so
/// that the compiler refuses to measure a duration by the time of day.
using steady_point = steady_time::time_point;

} // namespace callboard
