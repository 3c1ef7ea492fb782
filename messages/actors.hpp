#pragma once

#include "core/base/time.hpp"
#include "messages/local.hpp"
#include "messages/wire.hpp"

#include <caf/atom.hpp>
#include <caf/typed_actor.hpp>

#include <variant>

namespace callboard {

using join_atom = caf::atom_constant<caf::atom("cb_join")>;
using leave_atom = caf::atom_constant<caf::atom("cb_leave")>;
using beat_atom = caf::atom_constant<caf::atom("cb_beat")>;
using stop_atom = caf::atom_constant<caf::atom("cb_stop")>;
using flush_atom = caf::atom_constant<caf::atom("cb_flush")>;
using wake_atom = caf::atom_constant<caf::atom("cb_wake")>;
using drain_atom = caf::atom_constant<caf::atom("cb_drain")>;
using view_atom = caf::atom_constant<caf::atom("cb_view")>;
using start_atom = caf::atom_constant<caf::atom("cb_start")>;
using signal_atom = caf::atom_constant<caf::atom("cb_signal")>;
using cordon_atom = caf::atom_constant<caf::atom("cb_cordon")>;
using prove_atom = caf::atom_constant<caf::atom("cb_prove")>;
using lease_atom = caf::atom_constant<caf::atom("cb_lease")>;
using claim_atom = caf::atom_constant<caf::atom("cb_claim")>;
using load_atom = caf::atom_constant<caf::atom("cb_load")>;

// == across the network
// ==================================================================================================

/// Runs attempts; lives in a worker process.
using worker_node_actor = caf::typed_actor<
  // Run these, stop those, forget others.
  caf::reacts_to<node_orders>,
  // Hand back what has not started, let the rest end within so many microseconds, then leave.
  caf::reacts_to<drain_atom, int64_t>,
  // Signs the challenge of the scheduler that it is about to join. Errors: invalid_state when it joins none now,
  // invalid_value when its certificate or key cannot be read.
  caf::replies_to<prove_atom, std::string>::with<node_proof>,
  // The inside of the actor of that name.
  caf::replies_to<view_atom, std::string>::with<node_dump>>;

/// What a node sees of its worker actor in the scheduler.
using worker_link_actor = caf::typed_actor<
  // Renews the lease. An answer means: renewed as of the moment of sending.
  caf::replies_to<beat_atom, node_load>::with<caf::ok_atom>,
  // What happened since the last report.
  caf::reacts_to<worker_report>,
  // The node leaves: everything it had was reported. Answered when the scheduler has taken note.
  caf::replies_to<leave_atom, uint64_t>::with<caf::ok_atom>>;

/// The one published actor: where nodes register.
using registrar_actor = caf::typed_actor<
  // Registers a node; the answer has its worker actor. Error: registration_refused with the reason.
  caf::replies_to<join_atom, worker_registration, worker_node_actor>::with<welcome, worker_link_actor>>;

// == in the scheduler
// ====================================================================================================

/// The scheduler's side of one worker node: state machine, lease, batches to and from the node.
using worker_proxy_actor = worker_link_actor::extend<
  // What the node is to do. From the queue manager.
  caf::reacts_to<node_orders>,
  // INTERNAL: sends what has been collected since the mailbox was last empty.
  caf::reacts_to<flush_atom>,
  // From the timekeeper: the time to look at the lease.
  caf::reacts_to<wake_atom>,
  // Asks the node to hand back, finish within the grace, and leave.
  caf::reacts_to<drain_atom, int64_t>,
  // The node's process is known to be dead, or its place is taken: declare it lost now.
  caf::reacts_to<stop_atom, std::string>,
  // True: no new jobs from now on; false: again.
  caf::reacts_to<cordon_atom, bool>,
  // From an actor of this process that stands for a worker over HTTP. False: nobody claims what it is given, so it gets
  // nothing more; true: again.
  caf::reacts_to<claim_atom, bool>,
  // Its state, for people.
  caf::replies_to<view_atom>::with<worker_view>,
  // The inside of an actor of the node.
  caf::reacts_to<dump_call>,
  // The node's actors, as of the last heartbeat.
  caf::replies_to<view_atom, std::string>::with<std::vector<node_actor>>>;

/// One job: its record and its state machine.
using job_actor = caf::typed_actor<
  // Something happens to the job. Ends in one note to the queue manager, by way of the store when it is durable.
  caf::reacts_to<job_command>,
  // The handler's last word on how far it is.
  caf::reacts_to<job_progress>,
  // Answers with a copy of the record.
  caf::reacts_to<get_call>>;

/// Writes. Detached: it blocks on the disk.
using store_keeper_actor = caf::typed_actor<
  // Opens the store and hands it to the queue manager, which is the sender.
  // Errors: storage_unavailable, wrong_version.
  caf::replies_to<start_atom>::with<store_opened>,
  // Commits the part with whatever else is waiting: one batch, one fsync; then one report to the queue manager.
  caf::reacts_to<commit_part>,
  // INTERNAL: commits what has been collected since the mailbox was last empty.
  caf::reacts_to<flush_atom>,
  // From the timekeeper: the time to purge, and to probe a store that could not write.
  caf::reacts_to<wake_atom>,
  // Facts of other parts: with the next commit; what there is.
  caf::reacts_to<fact_part>, caf::reacts_to<fact_read>,
  // Adds the store's part to the health.
  caf::reacts_to<health_call>>;

/// Reads. Detached: it blocks on the disk.
using store_reader_actor = caf::typed_actor<
  // Loads jobs and resolves idempotency keys.
  caf::replies_to<read_request>::with<read_answer>,
  // The next live jobs, at start.
  caf::replies_to<recover_request>::with<recovered_chunk>,
  // One job for a client.
  caf::reacts_to<fetch_request>,
  // One page for a client.
  caf::reacts_to<page_request>,
  // The versions of a schedule for a client.
  caf::reacts_to<schedule_history_call>,
  // Versions of a template for a client.
  caf::reacts_to<template_read_call>,
  // What has ended behind a cursor; rows of reports.
  caf::reacts_to<ended_call>, caf::reacts_to<report_call>,
  // INTERNAL: the next slice of a page, behind what others have asked for meanwhile.
  caf::reacts_to<flush_atom>,
  // Fills in the numbers of finished jobs.
  caf::reacts_to<metrics_call>, caf::reacts_to<status_call>>;

/// Counts and measures.
using metrics_actor = caf::typed_actor<
  // What happened since the last delta.
  caf::reacts_to<metrics_delta>,
  // Fills in counters, rates and distributions, and answers.
  caf::reacts_to<metrics_call>,
  // Puts in the rows that are in memory, and passes it on.
  caf::reacts_to<report_call>,
  // From the timekeeper: the time to write rows of reports down.
  caf::reacts_to<wake_atom>,
  // INTERNAL: what the store keeper has answered.
  caf::reacts_to<report_facts_came>, caf::reacts_to<report_days_came>, caf::reacts_to<report_written>,
  // Answered when all that was counted is on the disk, or cannot be.
  caf::replies_to<drain_atom>::with<caf::ok_atom>>;

/// Metrics were restarted: from now on deltas and calls go there.
struct metrics_started {
  metrics_actor handle;
};

/// A worker that joined, or joined again.
struct worker_joined {
  worker_id worker;
  worker_registration registration;
  worker_proxy_actor handle;
  std::shared_ptr<const std::string> name;
};

/// Decides who runs next and where.
using queue_manager_actor = caf::typed_actor<
  // Requests of clients, see backend.hpp.
  caf::reacts_to<submit_call>, caf::reacts_to<get_call>, caf::reacts_to<list_call>, caf::reacts_to<cancel_call>,
  caf::reacts_to<retry_call>, caf::reacts_to<modify_call>, caf::reacts_to<schedule_put_call>,
  caf::reacts_to<schedule_change_call>, caf::reacts_to<schedule_run_call>, caf::reacts_to<schedule_list_call>,
  caf::reacts_to<schedule_history_call>, caf::reacts_to<limit_call>, caf::reacts_to<limits_call>,
  caf::reacts_to<template_put_call>, caf::reacts_to<template_remove_call>, caf::reacts_to<template_list_call>,
  caf::reacts_to<template_read_call>, caf::reacts_to<ended_call>, caf::reacts_to<report_call>,
  caf::reacts_to<explain_call>, caf::reacts_to<metrics_call>, caf::reacts_to<status_call>, caf::reacts_to<health_call>,
  caf::reacts_to<workers_call>,
  // What waits, for the autoscaler.
  caf::replies_to<load_atom>::with<queue_load>,
  // A group commit happened, or failed.
  caf::reacts_to<commit_report>,
  // A job changed in a way that needs no write, or refused a command.
  caf::reacts_to<job_note>,
  // A job is placed: what its worker is to run.
  caf::reacts_to<job_placed>,
  // A job's share of a group.
  caf::reacts_to<group_part>,
  // A job's actor ended by an exception.
  caf::reacts_to<job_crashed>,
  // Workers come, change, report, go.
  caf::reacts_to<worker_joined>, caf::reacts_to<worker_changed>, caf::reacts_to<worker_reported>,
  caf::reacts_to<worker_gone>,
  // From the root.
  caf::reacts_to<metrics_started>,
  // From itself: what jobs answered is dealt with in one go; the next slice of a page.
  caf::reacts_to<flush_atom>, caf::reacts_to<page_request>,
  // From the store reader: what is known of those of the jobs that are live.
  caf::replies_to<overlay_request>::with<overlay_answer>,
  // From the timekeeper: something is due.
  caf::reacts_to<wake_atom>,
  // Stops dispatching; answered when nothing is under way any more.
  caf::replies_to<drain_atom>::with<caf::ok_atom>,
  // Answered when jobs are accepted, with the scheduler's boot counter; what was there before may still be read.
  caf::replies_to<start_atom>::with<uint64_t>>;

/// The process of a local worker ended.
struct process_exited {
  uint64_t pid = 0;
  int status = 0;
};

/// A call of autoscale.command is over.
struct scale_command_ended {
  std::string failure; ///< what went wrong; empty: nothing
};

/// A node that has answered its challenge. Never crosses the network: nobody else can claim that.
struct node_joins {
  worker_registration registration;
  worker_node_actor node;
  std::string challenge;
  node_proof proof;       ///< checked by the supervisor
  bool over_http = false; ///< an actor of this process stands for it; it has no proof
};

/// The node's welcome is on its way. Only what is sent after that reaches the node after it.
struct node_welcomed {
  worker_link_actor link;
};

/// Who lets nodes join: a part of the worker supervisor.
using admission_actor = caf::typed_actor<
  // Error: registration_refused with the reason.
  caf::replies_to<node_joins>::with<welcome, worker_link_actor>,
  // That answer was passed on.
  caf::reacts_to<node_welcomed>>;

/// Restarts local worker processes, spawns a worker actor for each node that joins.
using worker_supervisor_actor = caf::typed_actor<
  // From the registrar, or for a worker over HTTP. Errors: registration_refused with the reason; of one over HTTP also
  // invalid_state for a name that is taken.
  caf::replies_to<node_joins>::with<welcome, worker_link_actor>,
  // When that answer was passed on: from now on the node may get work.
  caf::reacts_to<node_welcomed>,
  // From the process watch: the local workers of a scheduler before this one are gone; the exit of a local process.
  caf::reacts_to<start_atom>, caf::reacts_to<process_exited>, caf::reacts_to<scale_command_ended>,
  // Lists workers; drains one.
  caf::reacts_to<workers_call>, caf::reacts_to<drain_call>, caf::reacts_to<status_call>, caf::reacts_to<health_call>,
  // From the autoscaler: how many workers there are to be, local ones or the command's; answered with how many there
  // are.
  caf::replies_to<workers_wanted>::with<uint32_t>,
  // Ends a worker actor; its node joins again.
  caf::reacts_to<restart_call>,
  // The actors of all nodes; the inside of one of them.
  caf::replies_to<view_atom>::with<std::vector<actor_view>>, caf::reacts_to<dump_call>,
  // From the timekeeper: a restart is due.
  caf::reacts_to<wake_atom>,
  // Drains all workers; answered when none is left, or the grace (microseconds) and the kill grace are over.
  caf::replies_to<drain_atom, int64_t>::with<caf::ok_atom>>;

/// A request of a worker over HTTP.
using work_call = std::variant<sign_up_call, claim_call, renew_call, outcome_call, progress_call, leave_call>;

/// Stands for all workers over HTTP: to the worker proxy of each it is the node.
using http_workers_actor = worker_node_actor::extend<
  // From the gateway.
  caf::reacts_to<work_call>,
  // From the timekeeper: something is due in a session.
  caf::reacts_to<wake_atom>>;

/// Decides how many local workers there should be.
using autoscaler_actor = caf::typed_actor<
  // Sets a fixed number or bounds, or only asks.
  caf::reacts_to<scale_call>,
  // From the timekeeper: the time to look at the queue.
  caf::reacts_to<wake_atom>>;

/// Looks at the figures and tells when something is wrong.
using alerts_actor = caf::typed_actor<
  // From the timekeeper: the time to look.
  caf::reacts_to<wake_atom>,
  // INTERNAL: what was asked for; what could not be told.
  caf::reacts_to<figures_came>, caf::reacts_to<notice_refused>>;

/// Sends events to those whom clients have subscribed.
using webhooks_actor = caf::typed_actor<
  // A client defines, changes, removes or tries one.
  caf::reacts_to<webhook_call>,
  // There are new events.
  caf::reacts_to<flush_atom>,
  // From the timekeeper: something is due.
  caf::reacts_to<wake_atom>,
  // INTERNAL: an answer came.
  caf::reacts_to<continuation>>;

/// Shows the actors there are.
using inspector_actor = caf::typed_actor<
  // The tree; the inside of one actor.
  caf::reacts_to<actors_call>, caf::reacts_to<dump_call>,
  // From the timekeeper: the time to measure rates.
  caf::reacts_to<wake_atom>>;

/// Wakes others: one heap, one pending timer of CAF for all. A later request of the same client replaces an earlier
/// one.
struct wake_request {
  steady_point at;   ///< max: only by the time of day
  caf::actor client; ///< gets wake_atom once, at `at` or by the time of day `wall`, whatever comes first
  /// However that clock is set meanwhile; noticed within scheduler.clock_look. max: none.
  time_point wall = time_point::max();
};
using timekeeper_actor = caf::typed_actor<
  // Sets the client's next wake-up.
  caf::reacts_to<wake_request>,
  // From the root: steps of the time of day are counted there.
  caf::reacts_to<metrics_started>,
  // INTERNAL: the pending timer of that generation fired.
  caf::reacts_to<wake_atom, uint64_t>>;

/// A request of a client, as the REST thread hands it over.
using api_call = std::variant<submit_call, get_call, list_call, cancel_call, retry_call, modify_call, schedule_put_call,
                              schedule_change_call, schedule_run_call, schedule_list_call, schedule_history_call,
                              limit_call, limits_call, template_put_call, template_remove_call, template_list_call,
                              template_read_call, ended_call, report_call, explain_call, workers_call, scale_call,
                              drain_call, actors_call, dump_call, restart_call, metrics_call, status_call, health_call,
                              sign_up_call, claim_call, renew_call, outcome_call, progress_call, leave_call>;

/// The REST backend: counts what is under way, refuses above the limit, asks whoever knows.
using gateway_actor = caf::typed_actor<
  // A client's request.
  caf::reacts_to<api_call>,
  // From the root.
  caf::reacts_to<metrics_started>>;

/// The root of the tree.
using root_actor = caf::typed_actor<
  // A signal of the operating system: the first drains, the second hurries.
  caf::reacts_to<signal_atom, int>,
  // Ends a child, which is then started again with those that depend on it.
  caf::reacts_to<restart_call>,
  // Answered when the tree is up and recovery is over.
  caf::replies_to<start_atom>::with<caf::ok_atom>>;

// == in a worker process
// =================================================================================================

/// Runs attempts on its slots; tells the node what happened.
using executor_actor = caf::typed_actor<
  // Queue these, stop those.
  caf::reacts_to<node_orders>,
  // Hand back what has not started, and start nothing more.
  caf::reacts_to<drain_atom>,
  // Stop everything; true: at once, because another worker may be given these attempts at any moment.
  caf::reacts_to<stop_atom, bool>,
  // Its inside.
  caf::replies_to<view_atom>::with<node_dump>,
  // INTERNAL: slots have something to tell.
  caf::reacts_to<flush_atom>>;

/// The worker node with what only its own process may say to it.
using local_node_actor = worker_node_actor::extend<
  // What happened on the slots. From the executor.
  caf::reacts_to<worker_report>,
  // INTERNAL: time to beat, to connect.
  caf::reacts_to<wake_atom, uint64_t>,
  // INTERNAL: time to look at the lease.
  caf::reacts_to<lease_atom>,
  // The process that launched this one is dead: stop everything and end.
  caf::reacts_to<stop_atom, std::string>>;

} // namespace callboard
