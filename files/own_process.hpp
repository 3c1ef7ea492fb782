#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>

namespace callboard {

/// What the kernel says of this process. What it does not say is missing.
struct process_figures {
  std::optional<duration> cpu_time; ///< of all its threads
  std::optional<uint64_t> resident_bytes, virtual_bytes;
  std::optional<uint64_t> open_fds, max_fds; ///< descriptors, and how many it may have
  std::optional<uint64_t> threads;
  std::optional<time_point> started_at; ///< to a hundredth of a second
};

/// Reads proc(5). Takes some tens of microseconds, and more with thousands of open descriptors: not for a thread that
/// others wait for. Any thread.
process_figures own_process();

} // namespace callboard
