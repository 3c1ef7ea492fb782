#pragma once

#include "core/scheduler/scheduler_state.hpp"

namespace callboard {

class job_flow;

/// What the end of a job does to those that wait for it: they run, or are cancelled in the same write (P6), or wait for
/// others and must know how this one ended.
class job_ends {
public:
  job_ends(scheduler_state& s, job_flow& flow) : s_(s), flow_(flow) {
  }

  /// A job's part of a write together with others.
  void on(group_part& x, const moment& now);
  /// The job's last event is settled: groups that waited for it go on, or are written.
  void after_groups(job_id id, const moment& now);
  /// Its end is true. @param group  in which it was written; 0: alone
  void finish(job_note& n, uint64_t group, const moment& now);
  /// A job that waits is cancelled together with the birth of the one that takes its place. Precondition: nothing that
  /// may end it is under way.
  void replace(job_id former, refusal_to_run why, uint64_t group, const moment& now);
  /// Removes from the store what nobody needs any more of jobs that ended.
  void forget();

private:
  bool is_written_alone(job_id id) const;
  void consider(job_id id, uint64_t group, const moment& now);
  void remember_end(const prerequisite_end& end, job_id waits, uint64_t group);

  scheduler_state& s_;
  job_flow& flow_;
};

} // namespace callboard
