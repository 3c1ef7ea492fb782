#pragma once

#include "core/scheduler/moment.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <tuple>

namespace callboard::simulate {

/// The clocks of a run, and what is to happen by them. Time passes only from one event to the next. Events of one
/// moment happen in the order in which they were asked for, so a run is the same each time.
class timeline {
public:
  /// @param start  the time of day at the beginning
  explicit timeline(time_point start) : start_(start) {
  }

  /// Since the beginning; steps of the wall clock do not count.
  duration elapsed() const {
    return elapsed_;
  }
  time_point wall() const {
    return start_ + elapsed_ + step_;
  }
  moment now() const {
    return {wall(), steady_point{up_before_start + elapsed_}};
  }
  /// Somebody sets the wall clock.
  void step_wall(duration by) {
    step_ += by;
  }

  /// `f` happens at `t` (since the beginning), or now when that has passed.
  void at(duration t, std::function<void()> f);
  void after(duration d, std::function<void()> f) {
    at(elapsed_ + d, std::move(f));
  }
  /// `f` happens at `t`, when everything else of that moment has happened.
  void at_end_of(duration t, std::function<void()> f);

  /// Lets the next event happen. False: there is none up to `until`.
  bool run_next(duration until);
  /// Events that have happened.
  uint64_t events() const {
    return events_;
  }

private:
  using key = std::tuple<duration, bool, uint64_t>; // when, behind the others of that moment, in which order
  /// A steady clock does not begin with zero.
  static constexpr duration up_before_start = std::chrono::hours{1};

  time_point start_;
  duration elapsed_{0};
  duration step_{0};
  std::map<key, std::function<void()>> events_to_come_;
  uint64_t last_ = 0;
  uint64_t events_ = 0;
};

} // namespace callboard::simulate
