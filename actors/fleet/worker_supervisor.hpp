#pragma once

#include "actors/fleet/local_workers.hpp"
#include "actors/fleet/scale_command.hpp"
#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/base/restart_budget.hpp"
#include "core/placement/fleet_demand.hpp"
#include "messages/actors.hpp"
#include "messages/system_config.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "job_types/type_catalog.hpp"

namespace callboard {

/// Where the workers join; outlives a restart of the supervisor, so that the port stays the same.
struct cluster_endpoint {
  std::string host = "127.0.0.1";
  std::atomic<uint16_t> port{0};
  /// The certificates of local workers; for autoscale.command.
  std::string tls_directory;
  /// What this scheduler speaks TLS with: whom it trusts, and its own certificate.
  tls_files tls;
  /// The registrar that is published at the port; a restarted supervisor takes it back before it opens the port anew.
  caf::actor door;
  /// Called when the port is known, on an actor's thread.
  std::function<void()> opened;
};

struct worker_supervisor_options {
  std::shared_ptr<const settings> config;
  queue_manager_actor manager;
  timekeeper_actor timekeeper;
  time_source clock = time_source::system();
  std::shared_ptr<cluster_endpoint> endpoint;
  /// Takes up what workers register of their types.
  std::shared_ptr<type_catalog> types;
  /// How to start a local worker: program and arguments; name and address are added. Empty: none can be started.
  std::string program;
  std::vector<std::string> arguments;
  /// Where local processes are written down.
  std::string process_file;
};

/// Accepts nodes, spawns and watches one worker proxy for each, starts and restarts the local worker processes.
struct worker_supervisor_state {
  worker_supervisor_state() = default;
  static constexpr const char* name = "worker-supervisor";

  struct local_worker {
    pid_t pid = 0;
    std::string secret; ///< of this process; it proves its name by it
    steady_point started_at;
    uint32_t restarts = 0;
    uint32_t streak = 0; ///< ends in a row soon after the start; lengthens the back-off
    bool stopping = false;
    bool cordoned = false; ///< gets no new jobs, and is stopped when it has none; may be taken back until then
    worker_view view;      ///< until it joins
    steady_point restart_at{};
  };
  struct node {
    worker_id id;
    uint64_t boot_epoch = 0;
    uint64_t guardian = 0;
    bool local = false;
    std::optional<worker_joined> untold;   ///< the queue manager hears of it when its welcome is on the way
    worker_proxy_actor handle;             ///< null after it stopped by itself, until the node joins again
    steady_point lost_at{};                ///< then: when the node is given up
    std::optional<duration> leaves_within; ///< it was asked to leave; asked again if it joins again instead
    bool cordoned = false;                 ///< one of the command's: gets no new jobs, and is to be stopped
  };

  worker_supervisor_options options;
  std::unique_ptr<local_workers> processes;
  std::unique_ptr<restart_budget> budget;
  std::map<std::string, local_worker> locals;
  std::map<std::string, node> nodes;
  uint64_t next_id = 0;
  uint32_t desired = 0;
  uint32_t name_counter = 0;
  bool draining = false;
  bool waits_for_leftovers = false; ///< local workers of the former scheduler are still alive: nobody may join
  bool published = false;
  bool choosing = false; ///< views are on their way by which the emptiest workers are found
  /// Of autoscale.command, which starts and stops workers then; without one there are local workers.
  std::unique_ptr<fleet_demand> fleet;
  std::unique_ptr<scale_command> command;
  std::string command_failure; ///< of the last call; empty: it succeeded
  steady_point drain_deadline;
  std::vector<caf::typed_response_promise<caf::ok_atom>> drain_waiters;
};

using worker_supervisor_pointer = observed_pointer<worker_supervisor_actor, worker_supervisor_state>;

/// To be spawned detached: it starts processes, compiles schemas and reads certificates. Waits for the local workers of
/// a scheduler before this one to end, then publishes a registrar at the endpoint (mutual TLS) and starts the local
/// workers.
worker_supervisor_actor::behavior_type worker_supervisor(worker_supervisor_pointer self,
                                                         worker_supervisor_options options);

} // namespace callboard
