#pragma once

#include "core/job/job_life.hpp"
#include "core/job/requests.hpp"
#include "core/job/views.hpp"
#include "messages/answer.hpp"
#include "messages/wire.hpp"
#include "storage/store.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// Messages between actors of one process. They may hold pointers and obligations, so they have type ids but are never
/// sent over a network (see type_ids.hpp).

// -- requests of clients, from the gateway on ------------------------------------------------------------------------

using submit_answers = std::vector<result<submit_answer>>;

struct submit_call {
  std::shared_ptr<submit_request> request;
  answer<submit_answers> reply;
};
struct get_call {
  job_id job;
  answer<job_ptr> reply;
};
struct list_call {
  list_request request;
  answer<job_list> reply;
};
struct cancel_call {
  job_id job;
  std::string reason;
  answer<job_ptr> reply;
};
struct retry_call {
  job_id job;
  answer<job_ptr> reply;
};
struct modify_call {
  job_id job;
  job_patch patch;
  answer<job_ptr> reply;
};
/// The worker supervisor fills in what it knows and passes the views on to the queue manager.
struct workers_call {
  std::vector<worker_view> views;
  answer<std::vector<worker_view>> reply;
};
struct scale_call {
  scale_request request; ///< nothing in it: only asks
  answer<scale_view> reply;
};
struct drain_call {
  drain_request request;
  answer<worker_view> reply;
};
struct actors_call {
  answer<std::vector<actor_view>> reply;
};
/// Goes to the actor itself in the end.
struct dump_call {
  std::string actor;
  std::string node; ///< empty: of the scheduler
  answer<actor_dump> reply;
};
struct restart_call {
  std::string actor;
  answer<actor_view> reply;
};
/// The queue manager fills in what it knows and passes the view on.
struct metrics_call {
  metrics_view view;
  answer<metrics_view> reply;
};
struct status_call {
  status_view view;
  answer<status_view> reply;
};
struct health_call {
  health_view view;
  answer<health_view> reply;
};

// -- a job actor's words
// -----------------------------------------------------------------------------------------------

/// What a job tells the queue manager about a change; the index is a function of these notes alone.
struct job_note {
  job_id job;
  /// Echo of the command's token.
  uint64_t token = 0;
  job_state before = job_state::queued;
  job_state after = job_state::queued;
  /// The command did not apply; nothing changed.
  std::optional<error> refused;
  // What the index needs of the new state.
  uint8_t priority = priority_default;
  durability level = durability::fsync;
  time_point created_at{};
  /// While retrying: the pause before the next attempt, counted from the command's `now`; none: as it was before.
  std::optional<duration> backoff;
  std::optional<time_point> due;           ///< schedule_at; while retrying: one that this event has set
  std::optional<time_point> must_start_by; ///< deadline, unless it has started once
  // For metrics; empty when the event has none.
  std::optional<duration> run_time;
  std::optional<duration> wait_time;
  attempt_usage usage;
  std::vector<std::string> tags;             ///< with run_time
  std::optional<resource_request> resources; ///< when the event changed what the job asks for
  bool charged = false;
  bool lost = false;
  /// A copy of the job, when the command asked for one.
  job_ptr view;
};

/// A bug in a job's actor, which ends with it.
struct job_crashed {
  job_id job;
  std::string what;
};

/// One indivisible piece of a group commit: all of it is written, or nothing.
struct commit_part {
  /// Of the queue manager it belongs to: what one of before left behind is not written, because the present one has
  /// read the store without it.
  uint64_t boot = 0;
  std::vector<stored_job> jobs;
  std::vector<job_note> notes;
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<std::string> meta_removed;
  durability level = durability::fsync;
};

/// A part that the queue manager assembles with others before it is committed.
struct group_part {
  uint64_t group = 0;
  stored_job job;
  job_note note;
};

/// One group commit; notes in the order of the parts.
struct commit_report {
  std::vector<job_note> notes;
  std::optional<error> failed; ///< then nothing of it was written
  duration took{0};
  size_t records = 0;
};

// -- reading
// -------------------------------------------------------------------------------------------------------------

struct read_request {
  std::vector<job_id> jobs;
  bool with_payload = true;
  std::vector<std::string> keys; ///< idempotency keys to resolve; their jobs are loaded as well
};
struct read_answer {
  std::vector<job_record> jobs;
  std::vector<std::pair<std::string, job_id>> keys;
  std::optional<error> failed;
};

/// What only the queue manager knows of a live job: laid over what is stored.
struct live_overlay {
  job_id job;
  job_state state = job_state::queued;
  std::string worker;
  std::optional<time_point> started_at;
  uint32_t attempt = 0;
  fence proof;
};
/// A listing, with the live jobs which may belong to the page (newest first).
struct page_request {
  list_request request;
  std::vector<live_overlay> live;
  /// Live jobs were looked at down to this id; none: all were.
  std::optional<job_id> live_examined_to;
  answer<job_list> reply;
};
/// One job, live (with overlay) or finished.
struct fetch_request {
  job_id job;
  std::optional<live_overlay> overlay;
  answer<job_ptr> reply;
};

// -- recovery
// ------------------------------------------------------------------------------------------------------------

/// What the store keeper hands over when it has opened its store.
struct store_opened {
  std::shared_ptr<const store> db;
  uint64_t boot = 0; ///< this scheduler's boot counter, durable
  uint64_t live_jobs = 0;
  job_id id_floor; ///< no id below was free at start
  /// Workers known before (`member/NAME`): they may still be running attempts.
  std::vector<std::pair<std::string, std::string>> members;
  /// Job types that workers have registered (`type/NAME`), as written down (type_catalog.hpp).
  std::vector<std::pair<std::string, std::string>> types;
};
/// What the index needs of a live job found at start.
struct recovered_job {
  job_id id;
  job_state state = job_state::queued;
  uint8_t priority = priority_default;
  durability level = durability::fsync;
  uint32_t attempt = 0;
  std::optional<time_point> schedule_at, deadline, retry_at;
  std::string type, queue;
  resource_request resources;
  std::vector<job_id> dependencies;
};
/// Asks for the next live jobs, those with an id of `from` and above.
struct recover_request {
  job_id from;
};
/// Live jobs as found at start, in id order.
struct recovered_chunk {
  std::vector<recovered_job> jobs;
  bool last = false;
  std::optional<error> failed; ///< with `last`
};

// -- workers
// -------------------------------------------------------------------------------------------------------------

struct worker_gone {
  worker_id worker;
  std::string reason;
};
/// No new work goes to a worker that is suspect or draining.
struct worker_changed {
  worker_id worker;
  bool accepts = true;
};
struct worker_reported {
  worker_id worker;
  worker_report report;
};

/// What waits, for the autoscaler.
struct queue_load {
  duration queued_work{0}; ///< of jobs that could start: number x mean run time, summed over types
  uint64_t ready_jobs = 0;
  uint32_t busy_slots = 0;
};
/// So many local workers are wanted.
struct workers_wanted {
  uint32_t count = 0;
  bool automatic = false;
};

// -- metrics
// -------------------------------------------------------------------------------------------------------------

struct metrics_delta {
  uint64_t submitted = 0, started = 0, completed = 0, failed = 0, cancelled = 0;
  uint64_t retried = 0, lost = 0, returned = 0, deadline_missed = 0, stale_refused = 0, duplicates = 0, rejected = 0;
  uint64_t commits = 0, committed_records = 0;
  uint64_t clock_steps = 0; ///< from the timekeeper
  struct sample {
    std::string type;
    job_state after;
    std::optional<duration> wait, run;
    bool charged = false;
    std::string queue;
    std::vector<std::string> tags;
    attempt_usage usage;
    resource_request asked;
  };
  std::vector<sample> samples;
  std::vector<duration> commit_times;
  std::vector<duration> submit_times, dispatch_times, deliver_times, settle_times; ///< as in metrics_view
};

} // namespace callboard
