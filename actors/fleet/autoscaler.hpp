#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/placement/autoscale.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>

namespace callboard {

struct autoscaler_options {
  std::shared_ptr<const settings> config;
  queue_manager_actor manager;
  worker_supervisor_actor workers;
  timekeeper_actor timekeeper;
  time_source clock = time_source::system();
  /// False: this scheduler starts no workers, so their number cannot be set.
  bool can_start = true;
  /// What clients asked for last, empty before they did. Counts instead of the configuration when the root starts this
  /// actor again.
  std::shared_ptr<scale_request> by_hand = std::make_shared<scale_request>();
};

/// Asks the queue manager what waits, decides by autoscaler_logic, tells the worker supervisor. With a fixed number it
/// only watches that the number is known.
struct autoscaler_state {
  autoscaler_state() = default;
  static constexpr const char* name = "autoscaler";

  autoscaler_options options;
  std::unique_ptr<autoscaler_logic> logic; ///< null: a fixed number
  uint32_t desired = 0;
  uint32_t actual = 0;
  std::string reason;
};

autoscaler_actor::behavior_type autoscaler(observed_pointer<autoscaler_actor, autoscaler_state> self,
                                           autoscaler_options options);

} // namespace callboard
