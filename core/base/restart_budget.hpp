#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <deque>

namespace callboard {

/// How often a supervisor may restart its children before it gives up itself: at most `intensity` times within any
/// `period`. Source: Erlang/OTP supervisor, "Maximum Restart Intensity" (supervisor:add_restart/1).
class restart_budget {
public:
  restart_budget(uint32_t intensity, duration period);

  /// Counts a restart at `now`. False when it is one too many: the supervisor escalates instead.
  bool spend(steady_point now);

  /// Restarts within the period that ends at `now`.
  uint32_t spent(steady_point now) const;

  uint32_t intensity() const noexcept {
    return intensity_;
  }

  /// Throws std::logic_error when more is remembered than can matter.
  void sanity_check() const;

private:
  uint32_t intensity_;
  duration period_;
  std::deque<steady_point> restarts_; // at most intensity + 1, latest last
};

} // namespace callboard
