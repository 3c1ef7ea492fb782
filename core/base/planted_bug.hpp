#pragma once

namespace callboard {

/// Faults that the simulation puts into the core on purpose, to show that its checkers find them. One at a time, by
/// number; 0: none. Only builds with assertions have them; elsewhere `planted` is a constant.
enum class bug : int {
  none = 0,
  atomic_batch_with_key = 1,     ///< a refused key does not keep the rest of an atomic batch out
  wall_clock_lease = 2,          ///< leases go by the wall clock
  forgotten_loss = 3,            ///< a loss that waits behind a failed write is forgotten
  refused_placement_leaks = 4,   ///< a placement that the job refuses keeps its slot
  no_hold_after_restart = 5,     ///< jobs are given out before the former nodes have reported what they run
  dependants_apart = 6,          ///< a failure and what it does to dependants are two writes
  early_start = 7,               ///< `scheduleAt` is not looked at when a job gets into the line
  ack_before_commit = 8,         ///< an outcome is acknowledged before it is durable
  adoption_forgotten = 9,        ///< after a restart what nodes still run is given out again
  answer_before_sync = 10,       ///< a submit is answered before the disk has it
  orphan_not_awaited = 11,       ///< a job that lives again runs while its former attempt may
  node_lease_by_wall_clock = 12, ///< a worker measures its lease by the time of day
  weakest_level = 13,            ///< what is written together is as safe as the least of it
  repeat_ends_next = 14,         ///< an outcome that is sent again ends the job's present attempt
  forgotten_dependency = 15,     ///< a job may wait for one that a restart forgets before it
  node_lease_stands_still = 16,  ///< a worker's lease does not count the time that its machine was suspended
  purged_job_revived = 17,       ///< a retry brings back a job that was purged since it was read
  tick_apart_from_job = 18,      ///< a fire time counts as served although its job could not be written
  tick_not_remembered = 19,      ///< a fire time is not written down with its job
  adopted_beside_limit = 20,     ///< attempts that are found running do not count against limits
  limit_unit_leaks = 21,         ///< a job that is cancelled while it runs keeps its unit of a limit
  end_not_remembered = 22,       ///< how a job ended is not written down for those that are conditional on it
  ends_apart = 23,               ///< two ends which only together keep a job from running do not know of each other
  unique_not_looked_at = 24,     ///< a unique key keeps nobody out
  replaced_apart = 25,           ///< what is replaced by its unique key is cancelled in a write of its own
  key_beside_limit = 26,         ///< attempts do not count against the limit of their key
  full_queue_accepts = 27,       ///< nobody looks whether a queue is full
  fanned_out_apart = 28,         ///< a fan-out job and its elements are two writes
  checkpoint_lost = 29,          ///< what an attempt has saved for the next one is lost with its worker
  hold_lost_by_retry = 30,       ///< a job that is tried again is not held any more
  any_version_runs = 31,         ///< a job runs on versions of its type that it does not accept
  urgency_stays = 32,            ///< urgency goes to what a job waits for, and no further
  shed_begun = 33,               ///< a job makes room in a full queue although it has a worker
  cache_other_version = 34,      ///< a result is used again for another version of the type
  debounce_forgets_first = 35,   ///< a job that is put off does not know the first of its chain
  event_before_commit = 36,      ///< what is written with others is told before it is durable
  log_line_twice = 37,           ///< lines of a log that are reported again are there twice
  claim_begins_twice = 38,       ///< a claim over HTTP that is sent again gets other attempts
  end_answered_early = 39,       ///< an end over HTTP is answered before it is durable
  overtaken_registration_counts = 40, ///< a registration that was overtaken takes the place of the later one
  overtaken_progress_counts = 41,     ///< a checkpoint that was overtaken on its way replaces the later one
  former_member_believed = 42,        ///< after two restarts a worker that the first one gave up may end its attempts
};

#ifndef NDEBUG
inline bug planted_bug = bug::none;
inline bool planted(bug b) {
  return planted_bug == b;
}
#else
constexpr bool planted(bug) {
  return false;
}
#endif

} // namespace callboard
