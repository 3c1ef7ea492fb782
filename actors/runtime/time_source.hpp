#pragma once

#include "core/base/time.hpp"

#include <caf/actor_clock.hpp>
#include <caf/local_actor.hpp>

#include <memory>
#include <utility>

namespace callboard {

/// Where actors get the time from. Two kinds that do not mix: `now` is the time of day, which somebody may set, for
/// what people and records know as a time; `steady` never steps, for everything that is a duration.
class time_source {
public:
  /// The system's clocks.
  static time_source system() {
    return time_source{nullptr};
  }
  /// For tests, which move the actor clock by hand: the time of day is `epoch()`, plus the actor clock, plus `*step`.
  static time_source follow_actor_clock(std::shared_ptr<const duration> step = std::make_shared<duration>(0)) {
    return time_source{std::move(step)};
  }
  static constexpr time_point epoch() {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  }

  /// The time of day (UTC). It may step in either direction between two calls.
  time_point now(const caf::local_actor* self) const {
    using std::chrono::floor;
    if (step_)
      return epoch() + *step_ + steady(self).time_since_epoch();
    return floor<duration>(std::chrono::system_clock::now());
  }

  /// CAF's clock, CLOCK_MONOTONIC: the timekeeper's alarms are set by the same. It stands still while the machine is
  /// suspended, so a scheduler that wakes up has given nobody up yet: leases go on where they were, hence end later
  /// than the worker's own, which count the sleep (boot_clock, actors/worker/lease_guard.hpp). Earlier would be wrong.
  static steady_point steady(const caf::local_actor* self) {
    return steady_point{std::chrono::floor<duration>(self->clock().now().time_since_epoch())};
  }

private:
  explicit time_source(std::shared_ptr<const duration> step) : step_(std::move(step)) {
  }
  std::shared_ptr<const duration> step_; ///< null: the system's clocks
};

} // namespace callboard
