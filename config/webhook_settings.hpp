#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <string>

namespace callboard {

/// [webhooks] Whom clients have subscribed to events, and how they are told (docs/webhooks.md).
struct webhook_settings {
  bool enabled = true;                             ///< false: nobody is told, and none can be defined
  std::string queue = "webhooks";                  ///< of the jobs that tell of events
  uint32_t max = 100;                              ///< webhooks at once; beyond it 429
  uint32_t pending_max = 10'000;                   ///< deliveries that wait to become jobs, in memory
  duration timeout = std::chrono::seconds{30};     ///< of one attempt to deliver
  uint32_t retries = 8;                            ///< of a webhook that does not say how many itself
  duration cursor_every = std::chrono::seconds{5}; ///< between two notes of how far the ends of jobs have been told
};

} // namespace callboard
