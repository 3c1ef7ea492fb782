#pragma once

#include "core/scheduler/job_flow.hpp"
#include "core/scheduler/membership_flow.hpp"

namespace callboard {

/// What comes from workers: they join, report, change, go. Decides what of it concerns an attempt that is still one.
class fleet_flow {
public:
  fleet_flow(scheduler_state& s, job_flow& jobs, membership_flow& members) : s_(s), jobs_(jobs), members_(members) {
  }

  void on(const worker_arrival& x, const moment& now);
  void on(const worker_changed& x, const moment& now);
  void on(worker_news& x, const moment& now);
  void on(const worker_gone& x, const moment& now);

private:
  bool take_over(worker_id w, const held_attempt& h, bool believed, const moment& now);
  attempt_slot slot_of(worker_id w, const held_attempt& h, const job_entry* e, const moment& now) const;
  bool may_go_on(const job_entry& e, const attempt_slot& a, const moment& now) const;
  void on_ended(worker_id w, seat& s, worker_news::ended_attempt& x, const moment& now);
  void pass_on(job_id id, job_progress x);
  void save(worker_id w, worker_news::saved_checkpoint& x, const moment& now);
  void lose(fence_token f, const std::string& reason, bool presumed_started, const moment& now);
  void start(fence_token f, const attempt_slot& a, time_point at, const moment& now);

  scheduler_state& s_;
  job_flow& jobs_;
  membership_flow& members_;
};

} // namespace callboard
