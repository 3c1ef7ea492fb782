#pragma once

#include "core/base/answer.hpp"
#include "core/job/job_command.hpp"
#include "core/job/job_life.hpp"
#include "core/job/job_note.hpp"
#include "core/job/requests.hpp"
#include "core/job/views.hpp"
#include "core/job/work_requests.hpp"
#include "core/measure/metrics_delta.hpp"
#include "core/reports/report_query.hpp"
#include "core/scheduler/calls.hpp"
#include "messages/wire.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// Messages between actors of one process. They may hold pointers and obligations, so they have type ids but are never
/// sent over a network (see type_ids.hpp).

// -- requests of clients, from the gateway on ------------------------------------------------------------------------

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
  bool rows_only = false; ///< asked for no more than the queues that have rows
};
struct status_call {
  status_view view;
  answer<status_view> reply;
};
struct health_call {
  health_view view;
  answer<health_view> reply;
};

// -- alerts ------------------------------------------------------------------------------------------------------

/// What the alerts have asked for, from a thread of whoever answers.
struct figures_came {
  uint64_t asked = 0;                       ///< the number of the question
  std::shared_ptr<const metrics_view> jobs; ///< null: they could not be had
};
/// The jobs that tell of an alert could not be submitted.
struct notice_refused {
  uint64_t alert = 0;
  std::string reason;
};

// -- webhooks ---------------------------------------------------------------------------------------------------------

/// What a client wants of a webhook (core/webhooks/webhook_request.hpp).
struct webhook_request;
struct webhook_call {
  std::shared_ptr<webhook_request> request;
};
/// What an actor does when an answer has come, on whatever thread: it sends it to itself, so that it runs on its own.
struct continuation {
  std::function<void()> run;
};

// -- what ended, and reports ----------------------------------------------------------------------------------------

struct ended_call {
  ended_query query;
  answer<ended_page> reply;
};
/// The metrics put in the days that they have in memory, and pass it on to who reads the others.
struct report_call {
  report_query query;
  std::shared_ptr<const report_rows> fresh; ///< what they had
  std::function<void(report_call)> pass_on;
  answer<report_answer> reply;
};
/// Facts (`meta`) of a part that is not the queue manager, for the next commit. Answered when they are on the disk;
/// with an error nothing of them is, or they are written again. Errors: storage_unavailable, starting.
struct fact_part {
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> removed;
  answer<done> reply;
};
/// Facts whose names begin so. Errors: storage_unavailable, starting.
struct fact_read {
  std::string prefix;
  answer<std::vector<std::pair<std::string, std::string>>> reply;
};
/// What the metrics have asked the store keeper, from its thread: rows of a day came, or were written.
struct report_facts_came {
  std::chrono::sys_days day{};
  result<std::vector<std::pair<std::string, std::string>>> facts = error{};
};
struct report_written {
  uint64_t flush = 0; ///< its number
  std::optional<error> failed;
};
/// Days of which rows are in the store.
struct report_days_came {
  result<std::vector<std::pair<std::string, std::string>>> facts = error{};
};

// -- requests of workers over HTTP, from the gateway on --------------------------------------------------------------

struct sign_up_call {
  sign_up_request request;
  answer<work_session> reply;
};
/// Answered when there are attempts, or its wait is over.
struct claim_call {
  claim_request request;
  answer<claim_answer> reply;
};
/// A heartbeat; answered when the lease is renewed.
struct renew_call {
  session_request request;
  answer<work_news> reply;
};
/// Answered when the outcome is durable.
struct outcome_call {
  outcome_request request;
  answer<done> reply;
};
struct progress_call {
  progress_request request;
  answer<work_news> reply;
};
/// Answered when everything that the worker had is durable.
struct leave_call {
  session_request request;
  answer<done> reply;
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
  /// Schedules and where they stand, as written down (schedule_codec.hpp).
  std::vector<std::pair<std::string, std::string>> schedules, schedule_progress;
  /// Limits of queues and job types (limit_flow.hpp).
  std::vector<std::pair<std::string, std::string>> limits;
  /// Heads of templates (job_template.hpp).
  std::vector<std::pair<std::string, std::string>> templates;
  /// Ends of jobs that conditional ones may wait for (prerequisites.hpp).
  std::vector<std::pair<std::string, std::string>> ended_jobs;
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

/// So many local workers are wanted.
struct workers_wanted {
  uint32_t count = 0;
  bool automatic = false;
};

} // namespace callboard
