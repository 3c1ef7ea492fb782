#pragma once

#include "core/base/time.hpp"

namespace callboard {

/// One moment on both clocks.
struct moment {
  time_point wall{};     ///< for what is scheduled, deadlines and records
  steady_point steady{}; ///< for everything that is a duration
};

} // namespace callboard
