#pragma once

#include "core/calendar/schedule_step.hpp"
#include "tests/sim/history.hpp"

#include <functional>

namespace callboard::sim {

// Pure functions from a history to a verdict; each throws `violation`.

/// What is on the disk of a job at the end; nothing: not there.
using final_state = std::function<std::optional<job_state>(job_id)>;
using final_record = std::function<std::optional<job_record>(job_id)>;

/// P1: what was accepted is there, unless something has happened that its level does not survive.
void check_nothing_lost(const history& h, const final_state& state);
/// P2: attempts of a job never overlap, and their fences grow in the order in which they began.
void check_one_attempt_at_a_time(const history& h);
/// P3: everything that was accepted and is there is over.
void check_all_over(const history& h, const final_state& state);
/// A cancel that was answered with success holds, as long as its job's level promises.
void check_cancels_hold(const history& h, const final_state& state);
/// An outcome counts once, and for the job's own attempt, however often and by whichever connection it is told: what
/// completed has an attempt that succeeded, and no retry is charged without an attempt that failed.
void check_outcomes_count_once(const history& h, const final_record& record);
/// A job runs on the versions of its type that it accepts.
void check_versions(const history& h, const final_record& record);
/// Nobody's lease is over while nothing but clocks has happened to a worker since it was renewed.
void check_leases_outlast_clocks(const history& h);

/// A decision to stop an attempt for another job, with what is known of it from the outside.
struct observed_preemption {
  attempt_run victim;
  bool if_waiting = false;
  duration at{0};
  job_spec of_victim, of_other; ///< as they are stored
};
/// Whoever is stopped may be stopped, is of lower priority, and has run as long as it was promised.
void check_preemption(job_id other, const observed_preemption& p);

/// What is stored of a job, for the rules that hold at every moment.
struct stored_facts {
  job_state state = job_state::queued;
  prerequisites waits_for; ///< as it was submitted
  std::string key;
  std::string payload;
  std::string workflow; ///< its id, or empty
  durability level = durability::fsync;
  boxed<schedule_origin> origin;
  boxed<unique_rule> unique;
  time_point created_at{};
  std::optional<time_point> schedule_at{}; ///< as it was written first
  bool revived = false;                    ///< by an operator, who takes no unique key for it
  boxed<fan_out> for_each;
};
using stored_world = std::map<job_id, stored_facts>;

/// How a job has ended for those that wait for it, however long ago.
struct stored_end {
  job_state state = job_state::queued;
  std::string code;     ///< of its error
  bool began = false;   ///< an attempt of it had
  bool changed = false; ///< an operator brought it back or discarded it: who waited may have gone by its former end
};
using stored_ends = std::map<job_id, stored_end>;
/// What its dependencies allow a job, told from the outside.
struct allowed {
  bool run = false;
  bool ever = true;
  bool unclear = false; ///< the order of events decides, which is not on the disk
};
/// @param begun  whether an attempt of a job has begun that is not over
allowed allowed_by(const prerequisites& p, const stored_ends& ends, const std::function<bool(job_id)>& begun);
/// A job fans out in the write in which its elements are born, one for each index, and completes when all of them have
/// ended. @param fresh  jobs that were born in this write, or may have fanned out in it. @param completed  in this
/// write
/// @param brought_back  jobs that had ended and were retried by an operator, perhaps while the fan-out job completed
void check_fan_outs(const stored_world& s, const stored_ends& ends, const std::set<job_id>& fresh,
                    const std::set<job_id>& completed, const std::set<job_id>& brought_back = {});
/// For the message of a violation.
std::string in_words(const prerequisites& p, const stored_ends& ends);
/// P6: no live job waits that will never run, by what is on the disk. @param begun  waits no more; starts are not on
/// the disk.
void check_dependants_are_settled(const stored_world& s, const stored_ends& ends, const std::set<job_id>& begun);
/// Nothing of a workflow is purged while a job of it has not ended.
void check_workflows_are_kept(const stored_world& s, const stored_facts& purged);
/// An idempotency key names one job.
void check_keys_are_unique(const stored_world& s);
/// A job that was just written is the only one with its unique key, but for those that hold theirs no longer.
void check_unique(const stored_world& s, const stored_world& purged, const stored_ends& ends, job_id fresh);
/// Who is shed from a full queue does not run, and has not begun as far as anybody knows; and in the same write a more
/// urgent job is born there that takes its place. @param together  the jobs of a write in which one is shed, in id
/// order.
/// @param fresh  those of them that are new. @param running  jobs of which attempts really run
void check_shed(const std::vector<job_record>& together, const std::set<job_id>& fresh,
                const std::set<job_id>& running);
/// The atomic batch that a stored job came with: `"batch":B,"of":N` in its payload.
struct batch_of_job {
  uint64_t number = 0; ///< 0: none
  uint64_t jobs = 0;   ///< that the whole batch has
};
batch_of_job batch_of(const stored_facts& f);
/// Jobs of level `memory` that went with the scheduler's process, by batch.
using batch_losses = std::map<uint64_t, uint64_t>;
/// An atomic batch is there as a whole, or not at all, but for what went with a process.
void check_batches_are_whole(const stored_world& s, const batch_losses& gone = {});

/// Each fire time of a schedule has one job at most, and where the schedule stands is told by its jobs: each fire time
/// up to there has a job, or is counted as missed or skipped, or waits. @param served  of the jobs of fire times
void check_fire_times(const std::vector<stored_schedule>& schedules, const std::vector<schedule_origin>& served);

} // namespace callboard::sim
