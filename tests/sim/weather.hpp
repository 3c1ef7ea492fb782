#pragma once

#include "storage/store.hpp"
#include "tests/sim/world.hpp"

namespace callboard::sim {

/// How slow and how unreliable things are in a run.
struct weather {
  duration message_max{std::chrono::milliseconds{2}}; ///< between actors and machines
  duration fsync_max{std::chrono::milliseconds{5}};
  duration heartbeat{std::chrono::milliseconds{500}};
  duration lease{std::chrono::seconds{4}};
  /// Who sees a job fail by its deadline retries it at once, while its worker may still have the former attempt.
  bool hasty_operator = false;
  duration resend_after{std::chrono::seconds{3}}; ///< an outcome that is not acknowledged after this long is sent again
  retention keep;                                 ///< of finished jobs
  duration cache_for{std::chrono::seconds{5}};    ///< of the pure type, as all workers say
  double requests_lost = 0, requests_late = 0;    ///< of workers over HTTP, and of their answers: shares
};

/// A moment by a worker's clock, and in truth.
struct stamp {
  steady_point own{};
  duration truly{0};
};

} // namespace callboard::sim
