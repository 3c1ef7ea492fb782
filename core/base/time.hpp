#pragma once

#include <chrono>

namespace callboard {

/// The resolution of every duration in the system.
using duration = std::chrono::microseconds;

/// Wall-clock time in UTC. Nothing in core/ reads a clock: `now` is always an argument.
using time_point = std::chrono::sys_time<duration>;

} // namespace callboard
