#pragma once

#include "core/scheduler/job_flow.hpp"

namespace callboard {

/// What comes from workers: they join, report, change, go. Decides what of it concerns an attempt that is still one.
class fleet_flow {
public:
  fleet_flow(scheduler_state& s, job_flow& jobs) : s_(s), jobs_(jobs) {
  }

  void on(const worker_arrival& x, const moment& now);
  void on(const worker_changed& x, const moment& now);
  void on(worker_news& x, const moment& now);
  void on(const worker_gone& x, const moment& now);
  /// The membership that was written is on disk, or is not: by the note's token.
  void on_member_note(uint64_t token, bool written, const moment& now);
  /// Memberships that could not be written are written again.
  void on_time();
  bool owes_members() const {
    return !unwritten_.empty();
  }
  /// A worker of the former scheduler did not come back: it is no member any more.
  void forget_member(const std::string& name);

private:
  void take_over(worker_id w, const held_attempt& h, const moment& now);
  void on_ended(worker_id w, seat& s, worker_news::ended_attempt& x, const moment& now);
  void pass_on(job_id id, job_progress x);
  void save(worker_id w, worker_news::saved_checkpoint& x, const moment& now);
  void lose(fence_token f, const std::string& reason, bool presumed_started, const moment& now);
  void write_member(worker_id w);
  void start(fence_token f, const attempt_slot& a, time_point at, const moment& now);

  scheduler_state& s_;
  job_flow& jobs_;
  std::unordered_map<uint64_t, worker_id> members_in_flight_; ///< by token: whose membership is being written
  std::vector<worker_id> unwritten_;
};

} // namespace callboard
