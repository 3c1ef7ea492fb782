#pragma once

#include "core/job/job_command.hpp"
#include "core/job/job_note.hpp"
#include "core/job/result_reference.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// What a job has to say to an event: the whole of what its actor does, but for sending it.
struct job_reaction {
  /// Of a `place` that applied: what its worker is to run. There is no note then.
  boxed<attempt_order> order;
  std::vector<job_id> results_of; ///< with the order: jobs whose results are filled into its payload first
  /// With the order of a fan-out job: the job, for the scheduler to fan it out or to complete it. No worker hears of
  /// it.
  job_ptr fan_out_job;
  job_note note;
  /// Set when the change must be written before anyone hears of the note. Its `record` is for the caller to encode.
  std::optional<stored_job> version;
  /// What to encode in the place of the job as it is: what runs is written as one that waits.
  boxed<job_record> written;
};

/// The version of a reaction as a write of its own, with its note. Precondition: it has one, whose record is encoded.
commit_part part_of(job_reaction&& r, uint64_t boot);

/// Applies an event to the job. A refusal changes nothing, and is a note with `refused`.
job_reaction react(job_record& rec, job_command& c, const life_limits& limits);

/// Takes what an attempt tells on its way; nothing, when it is not the job's own one.
void take_progress(job_record& rec, job_progress p, const life_limits& limits);

} // namespace callboard
