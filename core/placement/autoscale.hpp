#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace callboard {

struct autoscale_policy {
  uint32_t workers_min = 1;
  uint32_t workers_max = 1;
  uint32_t slots_per_worker = 1;
  /// What is waiting should be done within this.
  duration target_drain = std::chrono::seconds{30};
  /// Fewer workers only when no recommendation of this window asked for more: the highest of it wins.
  duration window_down = std::chrono::minutes{2};
  /// Between two steps up; within it a further step waits, so that new workers can join and be counted.
  duration pause_up = std::chrono::seconds{3};
  /// At most this share of the present number is added at once, in percent (at least one worker): 100 doubles.
  uint32_t step_up_percent = 100;
};

/// What is seen at one moment.
struct autoscale_input {
  steady_point now;
  /// Estimated work that waits: for each type, jobs that could start x mean run time; the sum.
  duration queued_work{0};
  /// Jobs that could start now; a worker is wanted while there is one, however short.
  uint64_t ready_jobs = 0;
  /// Slots in use.
  uint32_t busy_slots = 0;
  /// Workers there are, or are being started.
  uint32_t workers = 0;
};

struct autoscale_decision {
  uint32_t desired = 0;
  /// In words for people: why not more, why not fewer.
  std::string reason;
};

/// How many workers there should be.
///
///   wanted   = ceil((busy_slots + queued_work / target_drain) / slots_per_worker)
///   desired  = clamp(wanted, workers_min, workers_max), up by at most step_up_percent per pause_up,
///              down to the highest `wanted` of window_down only.
///
/// Source of "slots = busy + work / time": Little's law; of the window: the scale-down stabilisation of the Kubernetes
/// Horizontal Pod Autoscaler (the highest recommendation of the window wins).
class autoscaler_logic {
public:
  explicit autoscaler_logic(autoscale_policy p);

  autoscale_decision decide(const autoscale_input& in);
  /// New bounds count from the next decision on.
  void set_policy(autoscale_policy p);
  const autoscale_policy& policy() const noexcept {
    return policy_;
  }

private:
  autoscale_policy policy_;
  std::deque<std::pair<steady_point, uint32_t>> recent_; // of window_down, falling from front to back
  steady_point last_up_ = steady_point::min();
};

} // namespace callboard
