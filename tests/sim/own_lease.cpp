#include "tests/sim/own_lease.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>

namespace callboard::sim {

stamp own_lease::now() const {
  auto own = machine_.boot();
  if (planted(bug::node_lease_by_wall_clock))
    own = steady_point{machine_.wall().time_since_epoch()};
  if (planted(bug::node_lease_stands_still))
    own = machine_.steady();
  return {own, w_.now()};
}

void own_lease::renew(const stamp& sent, duration lease) {
  lease_ = lease;
  if (sent.own > renewed_.own)
    renewed_ = sent;
  watch();
}

duration own_lease::left(int percent) const {
  return renewed_.own + lease_ * percent / 100 - now().own;
}

/// Looks at the moment when the lease would be over.
void own_lease::watch() {
  if (std::exchange(watching_, true))
    return;
  w_.after(std::max<duration>(machine_.true_time(left(stop_percent)), duration{1}), who_, "watch the lease", [this] {
    watching_ = false;
    if (has())
      return watch();
    over_(renewed_);
  });
}

} // namespace callboard::sim
