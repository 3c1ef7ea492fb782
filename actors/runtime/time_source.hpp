#pragma once

#include "core/base/time.hpp"

#include <caf/actor_clock.hpp>
#include <caf/local_actor.hpp>

namespace callboard {

/// Where actors get the time of day from. Tests let it follow the actor clock, which they move by hand.
class time_source {
public:
  /// The system's clock.
  static time_source system() {
    return time_source{false};
  }
  /// `epoch()` plus the actor clock.
  static time_source follow_actor_clock() {
    return time_source{true};
  }
  static constexpr time_point epoch() {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  }

  time_point now(const caf::local_actor* self) const {
    using std::chrono::floor;
    if (virtual_)
      return epoch() + floor<duration>(self->clock().now().time_since_epoch());
    return floor<duration>(std::chrono::system_clock::now());
  }

private:
  explicit time_source(bool v) : virtual_(v) {
  }
  bool virtual_;
};

} // namespace callboard
