#pragma once

#include "actors/fleet/worker_supervisor.hpp"
#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "actors/scheduler/alerts.hpp"
#include "actors/scheduler/gateway.hpp"
#include "actors/scheduler/store_keeper.hpp"
#include "actors/scheduler/webhooks.hpp"
#include "core/base/restart_budget.hpp"
#include "core/reports/report_book.hpp"
#include "core/scheduler/event.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace callboard {

struct root_options {
  std::shared_ptr<const settings> config;
  store_factory open_store;
  time_source clock = time_source::system();
  std::shared_ptr<gateway_slot> gateway;
  std::shared_ptr<cluster_endpoint> endpoint;
  std::shared_ptr<type_catalog> types;
  /// As in queue_manager_options.
  std::function<void(const std::string& type, const limit_rule& rule)> use_type_rule;
  /// As in queue_manager_options.
  std::function<void(uint64_t boot, std::vector<scheduler_event>&& events)> tell;
  /// Without a board there is no actor that looks.
  alert_surroundings alerts;
  /// Without a board there is no actor that sends events.
  webhook_surroundings webhooks;
  std::string worker_program;
  std::vector<std::string> worker_arguments;
  std::string process_file;
  std::string version;
  uint64_t seed = 0;
  /// Called with the exit code when the tree is down; on an actor's thread.
  std::function<void(int)> over;
  /// Called when intake must stop (the first thing of a shutdown).
  std::function<void()> stop_intake;
};

/// What the process of a scheduler ends with when it cannot help itself (EX_SOFTWARE of sysexits.h); another start may.
inline constexpr int exit_gave_up = 70;
/// Another scheduler has taken over the store (EX_PROTOCOL). A start by itself would take it back, so that two
/// supervisors would fight: let it be a person's decision (docs/operations.md).
inline constexpr int exit_fenced_out = 76;

/// Who is restarted with a child that ended.
enum class restart_with {
  later_ones, ///< all that were started after it: each may hold handles of those before it
  one_before_and_later_ones,
  nobody, ///< whoever holds its handle is told the new one
};

/// One child of the root, in start order. `start` makes its own arguments anew: handles of restarted siblings differ.
struct child_spec {
  std::string name;
  std::function<caf::actor()> start;
  restart_with takes_along = restart_with::later_ones;
};

/// The root supervisor, rest_for_one: when a child ends, it and all that were started after it are stopped in reverse
/// order and started again in order, because each holds handles of those before it. The queue manager goes with the
/// worker supervisor, too: attempts belong to workers by numbers that the supervisor gave, and a new one finds out who
/// is there, and with what, as after a restart of the process. Metrics, which only count, take nobody along. More
/// restarts than the settings allow end the process with code 70, for whoever supervises it. A store keeper that ends
/// because another scheduler has taken over the store ends the process at once, with code 76: nothing is drained, what
/// runs belongs to the other one.
///
/// Shutdown ladder: intake stops, workers drain within the grace, the queue manager finishes what is on its way to the
/// disk, children stop in reverse order, the store last.
struct root_state {
  root_state() = default;
  static constexpr const char* name = "root";

  struct child {
    child_spec spec;
    caf::actor handle;
  };

  root_options options;
  std::unique_ptr<restart_budget> budget;
  std::vector<child> children;
  size_t stopping = 0;     ///< children with this index and above are being stopped
  bool restarting = false; ///< children are being stopped, to be started again
  bool pausing = false;    ///< until they are started; another one that ends meanwhile is started with them
  bool shutting_down = false;
  bool hurried = false;
  int exit_code = 0;
  std::vector<caf::typed_response_promise<caf::ok_atom>> start_waiters;
  std::shared_ptr<scale_request> scaled_by_hand = std::make_shared<scale_request>(); ///< outlives the autoscaler

  std::shared_ptr<report_book> report_rows; ///< outlives the metrics

  // Handles of the present children, by their types.
  timekeeper_actor timekeeper;
  store_keeper_actor keeper;
  metrics_actor metrics;
  queue_manager_actor manager;
  worker_supervisor_actor workers;
  http_workers_actor http_workers;
  autoscaler_actor scaler;
  inspector_actor inspector;
};

root_actor::behavior_type root(observed_pointer<root_actor, root_state> self, root_options options);

} // namespace callboard
