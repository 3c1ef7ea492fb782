#pragma once

#include "tests/sim/weather.hpp"

#include <functional>

namespace callboard::sim {

/// How long a worker may go on, by its own clock: measured from when it sent the last heartbeat that was answered.
class own_lease {
public:
  /// As the product has them (actors/worker/lease_guard.hpp, clients/python/callboard/lease.py): attempts are stopped
  /// at 80 % of the lease, and killed with their process at 90 %.
  static constexpr int stop_percent = 80, kill_percent = 90;

  /// @param who   the process. @param over  called when its attempts must stop, with when the lease was renewed last
  own_lease(world& w, const machine& m, const life& who, std::function<void(const stamp&)> over)
    : w_(w), machine_(m), who_(who), over_(std::move(over)) {
  }

  /// What it goes by.
  stamp now() const;
  /// What was sent then is answered. By whichever connection: who gave it had the lease from then on.
  void renew(const stamp& sent, duration lease);
  /// The process is gone.
  void forget() {
    lease_ = duration{0};
    watching_ = false;
  }
  bool granted() const {
    return lease_ != duration{0};
  }
  duration left(int percent) const;
  /// Attempts may run.
  bool has() const {
    return granted() && left(stop_percent) > duration{0};
  }

private:
  void watch();

  world& w_;
  const machine& machine_;
  const life& who_;
  std::function<void(const stamp&)> over_;
  stamp renewed_;
  duration lease_{0};
  bool watching_ = false;
};

} // namespace callboard::sim
