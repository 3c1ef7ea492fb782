#pragma once

#include "core/base/boxed.hpp"
#include "core/base/error.hpp"
#include "core/job/dependency.hpp"
#include "core/job/node_protocol.hpp"
#include "core/job/stored_job.hpp"
#include "core/job/views.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// What only some notes have.
struct note_details {
  // For metrics, and of every note of a job that has them.
  std::vector<std::string> tags;
  std::string concurrency_key;
  // For who follows what happens (core/scheduler/event.hpp).
  std::string workflow; ///< its id; empty: it belongs to none
  std::string code;     ///< of the error with which it ended, or is tried again
  std::string reason;   ///< in words; empty for a change that needs none, and when nothing has changed
};

/// What a job tells the queue manager about a change; the index is a function of these notes alone. There are several
/// of each job, and they pass through several hands: what is rare is `boxed`.
struct job_note {
  job_id job;
  /// Echo of the command's token.
  uint64_t token = 0;
  job_state before = job_state::queued;
  job_state after = job_state::queued;
  /// The command did not apply; nothing changed.
  boxed<error> refused;
  // What the index needs of the new state.
  uint8_t priority = priority_default;
  durability level = durability::fsync;
  uint32_t payload_bytes = 0;
  bool may_be_shed = false; ///< it is no part of a workflow: it may make room in a full queue
  time_point created_at{};
  /// While retrying: the pause before the next attempt, counted from the command's `now`; none: as it was before.
  std::optional<duration> backoff;
  std::optional<time_point> due;           ///< schedule_at; while retrying: one that this event has set
  std::optional<time_point> must_start_by; ///< deadline, unless it has started once
  bool goes_on_late = false;               ///< that does not end it
  std::shared_ptr<const job_hold> hold;    ///< null: nobody holds it
  // For metrics; empty when the event has none.
  std::optional<duration> run_time;
  std::optional<duration> wait_time;
  attempt_usage usage;
  boxed<resource_request> resources; ///< when the event changed what the job asks for
  bool charged = false;
  bool lost = false;
  // For the jobs that wait for it.
  job_ending ending = job_ending::open;
  bool began = false; ///< an attempt of it has begun, or none is needed
  /// Of a job that has fanned out: what it waits for from now on, jobs that are younger than itself.
  std::shared_ptr<const prerequisites> waits_anew;
  std::optional<duration> preemptible_after; ///< as in job_spec
  uint32_t attempt = 0;
  bool traced = false; ///< its spans are exported when it has ended
  /// A copy of the job, when the command asked for one.
  job_ptr view;

  /// Where none are set, all of them are empty.
  const note_details& details() const noexcept;
  /// Those where it is not empty.
  template <class T>
  void set(T note_details::*which, const T& value) {
    if (!value.empty())
      (details_ ? *details_ : details_.emplace()).*which = value;
  }

private:
  boxed<note_details> details_;
};

/// A slot is reserved for the job: the answer to `job_command::place`.
struct job_placed {
  uint64_t token = 0;
  boxed<attempt_order> order;                ///< there is one
  std::vector<job_id> results_of;            ///< as in job_reaction
  job_ptr fan_out_job;                       ///< as in job_reaction
  std::optional<duration> preemptible_after; ///< as in job_spec
};

/// A bug in a job's actor, which ends with it.
struct job_crashed {
  job_id job;
  std::string what;
};

/// One indivisible piece of a group commit: all of it is written, or nothing. Whoever writes it puts it in order first
/// (core/job/commit_order.hpp).
struct commit_part {
  /// Of the queue manager it belongs to: what its predecessor left behind is not written, because the present one has
  /// read the store without it.
  uint64_t boot = 0;
  std::vector<stored_job> jobs;
  std::vector<job_note> notes;
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<std::string> meta_removed;
  /// The facts (meta) are true only with the rest of the part: if it cannot be written, they are not. Others are true
  /// anyway, and go along with a later write.
  bool facts_bound = false;
  durability level = durability::fsync;
  /// What it was collected with, which is only to be freed.
  std::shared_ptr<const void> leftovers;
};

/// A part that the queue manager assembles with others before it is committed.
struct group_part {
  uint64_t group = 0;
  stored_job job;
  job_note note;
};

/// One group commit; notes in the order of the parts. A note that is `refused` here: its job was purged since it was
/// read (storage/purged_jobs.hpp), and nothing of it was written.
struct commit_report {
  std::vector<job_note> notes;
  std::optional<error> failed; ///< then nothing of it was written
  duration took{0};
  size_t records = 0;
};

} // namespace callboard
