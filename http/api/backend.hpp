#pragma once

#include "core/base/error.hpp"
#include "core/calendar/schedule_definition.hpp"
#include "core/job/ended_page.hpp"
#include "core/job/job_life.hpp"
#include "core/job/job_template.hpp"
#include "core/job/requests.hpp"
#include "core/job/views.hpp"
#include "core/job/work_requests.hpp"
#include "core/reports/report_query.hpp"

#include <functional>
#include <string>
#include <vector>

namespace callboard {

/// Called exactly once, on any thread.
template <class T>
using reply = std::function<void(result<T>)>;

/// What the REST interface needs from the scheduler. The gateway actor implements it; tests have their own.
/// Specs arrive checked against everything that needs no scheduler state (ranges, schema, times, sizes).
class backend {
public:
  virtual ~backend() = default;

  /// One answer per job, in order. Per job: queue_full, unknown_dependency, idempotency_conflict, unique_conflict,
  /// storage_unavailable; as a whole: overloaded, starting, shutting_down, internal_timeout, and with `atomic` any of
  /// the former.
  virtual void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) = 0;
  /// Error of all that name a job: unknown_job.
  virtual void get(job_id id, reply<job_ptr> done) = 0;
  virtual void list(list_request r, reply<job_list> done) = 0;
  /// Why a job has not started, or what became of it.
  virtual void explain(job_id id, reply<explanation> done) = 0;
  /// Ends when the cancellation is durable; a running attempt is told to stop. Error: invalid_state.
  virtual void cancel(job_id id, std::string reason, reply<job_ptr> done) = 0;
  virtual void retry(job_id id, reply<job_ptr> done) = 0;
  virtual void modify(job_id id, job_patch patch, reply<job_ptr> done) = 0;
  virtual void workers(reply<std::vector<worker_view>> done) = 0;
  virtual void worker(std::string name, reply<worker_view> done) = 0;
  /// Errors: out_of_range, invalid_state.
  virtual void scale(scale_request r, reply<scale_view> done) = 0;
  virtual void scaling(reply<scale_view> done) = 0;
  /// Ends when the worker has been told. Error: unknown_worker.
  virtual void drain(drain_request r, reply<worker_view> done) = 0;
  /// The supervision tree, parents before children.
  virtual void actors(reply<std::vector<actor_view>> done) = 0;
  /// What one actor holds. @param node  name of a worker; empty: the scheduler. Errors: not_found, unknown_worker.
  virtual void dump_actor(std::string name, std::string node, reply<actor_dump> done) = 0;
  /// Ends the actor; its supervisor starts it again. Errors: not_found, invalid_state (nobody would restart it).
  virtual void restart_actor(std::string name, reply<actor_view> done) = 0;
  /// Defines a schedule or gives it a new version. `version`, `changed_at` and `fault` are set by the scheduler.
  /// @param create_only  @param version  see schedule_put_call.
  virtual void put_schedule(schedule_definition d, bool create_only, std::optional<uint32_t> version,
                            reply<schedule_view> done) = 0;
  /// Error of all that name a schedule: unknown_schedule.
  virtual void pause_schedule(std::string name, bool paused, reply<schedule_view> done) = 0;
  virtual void remove_schedule(std::string name, reply<schedule_view> done) = 0;
  /// Submits its job now.
  virtual void run_schedule(std::string name, reply<submit_answer> done) = 0;
  virtual void schedules(std::string after, uint32_t limit, reply<schedule_page> done) = 0;
  virtual void schedule(std::string name, reply<schedule_view> done) = 0;
  virtual void schedule_history(std::string name, reply<schedule_versions> done) = 0;
  /// A queue, a job type or a concurrency key with its limits and what it uses of them; also of one that nobody has
  /// used.
  virtual void limit(limit_target t, reply<limit_view> done) = 0;
  /// In place of the present rule; a plain one: no limits. Error: queue_full (jobs.limits_max).
  virtual void set_limit(limit_target t, limit_rule rule, reply<limit_view> done) = 0;
  /// The rest of the rule stays.
  virtual void pause_limit(limit_target t, bool paused, reply<limit_view> done) = 0;
  /// Those with live jobs or a rule, in the order of their names. @param queue  of kind `key`: whose keys.
  /// @param after  names, or keys, behind this one.
  virtual void limits(limit_kind kind, std::string queue, std::string after, uint32_t limit,
                      reply<limit_page> done) = 0;
  /// Defines a template, or gives it a new version. @param version  see template_put_call.
  virtual void put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> done) = 0;
  /// Error of all that name a template: unknown_template.
  virtual void remove_template(std::string name, reply<template_head> done) = 0;
  /// In the order of their names. @param after  names behind this one.
  virtual void templates(std::string after, uint32_t limit, reply<template_page> done) = 0;
  /// @param version  none: the present one. Error: not_found for one that is not kept.
  virtual void template_at(std::string name, std::optional<uint32_t> version, reply<template_version> done) = 0;
  /// All that are kept, latest first.
  virtual void template_history(std::string name, reply<template_versions> done) = 0;
  /// A worker over HTTP joins; whoever has its instance (boot epoch) may do so again, and goes on with its attempts.
  /// Errors: registration_refused, invalid_state (the name is taken), overloaded.
  virtual void sign_up(sign_up_request r, reply<work_session> done) = 0;
  /// Ends when there are attempts, or after the wait. Errors of all that name a session: unknown_worker, starting.
  /// Error: invalid_state.
  virtual void claim(claim_request r, reply<claim_answer> done) = 0;
  /// A heartbeat. Error: invalid_state when the lease is not renewed any more.
  virtual void renew(session_request r, reply<work_news> done) = 0;
  /// Ends when the outcome is durable. Errors: stale_fence, invalid_state.
  virtual void end_attempt(outcome_request r, reply<callboard::done> done) = 0;
  /// Errors: stale_fence, invalid_state.
  virtual void note_progress(progress_request r, reply<work_news> done) = 0;
  /// Ends when all outcomes are durable.
  virtual void leave(session_request r, reply<callboard::done> done) = 0;
  /// What has ended behind a cursor. Error: invalid_value (field `after`).
  virtual void ended(ended_query q, reply<ended_page> done) = 0;
  virtual void report(report_query q, reply<report_answer> done) = 0;
  virtual void metrics(reply<metrics_view> done) = 0;
  virtual void status(reply<status_view> done) = 0;
  /// Answers even while the scheduler starts or its store fails.
  virtual void health(reply<health_view> done) = 0;
};

} // namespace callboard
