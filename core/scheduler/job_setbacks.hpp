#pragma once

#include "core/scheduler/scheduler_state.hpp"

namespace callboard {

class job_flow;

/// What becomes of events that could not take their way: a write that failed, a record that cannot be read, an actor
/// that stopped. Each is repeated by whoever can (`repeater_of`), and nobody waits for an answer that will not come.
class job_setbacks {
public:
  job_setbacks(scheduler_state& s, job_flow& flow) : s_(s), flow_(flow) {
  }

  /// The note of an event whose write failed.
  void on_failed_write(const job_note& n, const error& why, const moment& now);
  /// The note of a finished job that was purged before its change could be written.
  void on_purged(const job_note& n, const moment& now);
  void on_crash(const job_crashed& x, const moment& now);
  /// Records that were asked for: their jobs get actors, the others are given up.
  void on_loaded(const std::vector<job_id>& asked, read_answer& x, const moment& now);
  /// An event will have no effect: whoever waits for it is told.
  void refuse(job_id id, errand& e, const error& why, const moment& now);

private:
  void forget(job_id id, errand_ptr failed, const error& why, const moment& now);
  void give_up(job_id id, std::vector<errand_ptr> refused, const error& why, const moment& now);

  scheduler_state& s_;
  job_flow& flow_;
};

} // namespace callboard
