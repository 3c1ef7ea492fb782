#pragma once

#include <cstdint>

namespace callboard {

/// What has become of the spans that this process exports.
struct trace_figures {
  uint64_t exported = 0;
  uint64_t dropped = 0; ///< there was no room for them, the collector refused them, or their job could not be read
  uint64_t failed_requests = 0;
  uint64_t waiting = 0; ///< now
};

} // namespace callboard
