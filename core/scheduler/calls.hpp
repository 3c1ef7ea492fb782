#pragma once

#include "core/base/answer.hpp"
#include "core/calendar/schedule_definition.hpp"
#include "core/job/job_command.hpp"
#include "core/job/job_template.hpp"
#include "core/job/node_protocol.hpp"
#include "core/job/requests.hpp"
#include "core/job/result_cache.hpp"
#include "core/job/views.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

// What the scheduler is asked and told. Plain values; an `answer` is the obligation to answer.

// -- by clients

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
struct explain_call {
  job_id job;
  answer<explanation> reply;
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

// -- about schedules

/// Defines a schedule, or gives it a new version. Errors: invalid_state (`create_only`, and there is one), queue_full
/// (schedules.count_max), unknown_schedule (`version`, and there is none), version_conflict (another version).
struct schedule_put_call {
  schedule_definition definition;
  bool create_only = false;
  std::optional<uint32_t> version; ///< only if this is the present one
  answer<schedule_view> reply;
};
/// Errors of all that name a schedule: unknown_schedule.
struct schedule_change_call {
  enum class action : uint8_t { pause, resume, remove };
  std::string name;
  action what = action::pause;
  answer<schedule_view> reply; ///< as it is then; of one that was removed, as it was
};
/// Submits its job now, whatever its fire times and its overlap rule are.
struct schedule_run_call {
  std::string name;
  answer<submit_answer> reply;
};
struct schedule_list_call {
  std::string after; ///< names behind this one
  uint32_t limit = 100;
  std::optional<std::string> only; ///< this one; error when there is none
  answer<schedule_page> reply;
};
/// All versions that are kept.
struct schedule_history_call {
  std::string name;
  answer<schedule_versions> reply;
};

// -- about limits of queues and job types

/// Sets a rule, pauses or resumes, or (with neither) only asks. Error: queue_full (jobs.limits_max).
struct limit_call {
  limit_target target;
  std::optional<limit_rule> rule; ///< in place of the present one; a plain one: none
  std::optional<bool> paused;     ///< only that
  answer<limit_view> reply;
};
struct limits_call {
  limit_kind kind = limit_kind::queue;
  std::string queue; ///< of kind `key`: whose keys
  std::string after; ///< names, or keys, behind this one
  uint32_t limit = 100;
  answer<limit_page> reply;
};
/// As found at start.
struct stored_limit {
  limit_target target;
  limit_rule rule;
};

// -- about templates

/// Defines a template, or gives it a new version; what has the same content already stays as it is. Errors: queue_full
/// (templates.count_max), unknown_template (`version`, and there is none), version_conflict (another version).
struct template_put_call {
  template_draft draft;
  std::optional<uint32_t> version; ///< only if this is the present one; 0: only if there is none
  answer<template_change> reply;
};
/// Errors of all that name a template: unknown_template.
struct template_remove_call {
  std::string name;
  answer<template_head> reply; ///< as it was
};
struct template_list_call {
  std::string after; ///< names behind this one
  uint32_t limit = 100;
  answer<template_page> reply;
};
/// One version, or all that are kept. Error: not_found for a version that is not.
struct template_read_call {
  std::string name;
  std::optional<uint32_t> version; ///< none: the present one
  bool all = false;
  answer<template_versions> reply; ///< latest first
};

// -- about what is stored

struct read_request {
  std::vector<job_id> jobs;
  bool with_payload = true;
  std::vector<std::string> keys; ///< idempotency keys to resolve; their jobs are loaded as well
  /// Whose result may be used again; that job is loaded as well.
  std::optional<cache_question> cache{};
};
struct read_answer {
  std::vector<job_record> jobs;
  std::vector<std::pair<std::string, job_id>> keys;
  std::optional<error> failed;
  std::string cache_key{}; ///< the name that answers `read_request::cache`
};

/// What only the queue manager knows of a live job: laid over what is stored.
struct live_overlay {
  job_id job;
  job_state state = job_state::queued;
  std::string worker;
  std::optional<time_point> started_at;
  uint32_t attempt = 0;
  fence_token fence;
};
/// A listing, with the live jobs which belong to the page (newest first) unless an index finds them.
struct page_request {
  list_request request;
  std::vector<live_overlay> live;
  /// Live jobs were looked at down to this id; none: all were.
  std::optional<job_id> live_examined_to;
  answer<job_list> reply;
};
/// Of these jobs the live ones are asked for.
struct overlay_request {
  std::vector<job_id> jobs;
};
struct overlay_answer {
  std::vector<live_overlay> live;
};
/// One job, live (with overlay) or finished.
struct fetch_request {
  job_id job;
  std::optional<live_overlay> overlay;
  answer<job_ptr> reply;
};

/// What the index needs of a live job found at start.
struct recovered_job {
  job_id id;
  job_state state = job_state::queued;
  uint8_t priority = priority_default;
  durability level = durability::fsync;
  uint32_t attempt = 0;
  std::optional<time_point> schedule_at, deadline, retry_at;
  std::string type, queue, concurrency_key;
  resource_request resources;
  prerequisites waits_for;
  bool goes_on_late = false; ///< a missed deadline does not end it
  bool preempts = false;
  std::shared_ptr<const job_hold> hold; ///< null: nobody holds it
  uint32_t payload_bytes = 0;           ///< 0: it was stored before that was written down
  bool may_be_shed = false;             ///< as in job_note
};

// -- by workers

/// A worker that joined, or joined again.
struct worker_arrival {
  worker_id worker;
  worker_registration registration;
  std::shared_ptr<const std::string> name;
};
struct worker_gone {
  worker_id worker;
  std::string reason;
  bool left = false; ///< it said so; else it is lost
};
/// No new work goes to a worker that is suspect or draining.
struct worker_changed {
  worker_id worker;
  bool accepts = true;
  bool drains = false; ///< why it accepts none; else it is suspect
};
struct worker_reported {
  worker_id worker;
  worker_report report;
};

/// A report after its receipt was checked.
struct worker_news {
  struct ended_attempt {
    attempt_ref attempt;
    attempt_outcome outcome;
  };
  worker_id worker;
  std::vector<attempt_started> started;
  std::vector<ended_attempt> ended;
  std::vector<attempt_progress> progress;
  struct saved_checkpoint {
    attempt_ref attempt;
    blob text;
  };
  std::vector<saved_checkpoint> checkpoints;
  std::vector<attempt_log> logs;
};

/// What waits, for the autoscaler.
struct queue_load {
  duration queued_work{0}; ///< of jobs that could start: number x mean run time, summed over types
  uint64_t ready_jobs = 0;
  uint32_t busy_slots = 0;
};

} // namespace callboard
