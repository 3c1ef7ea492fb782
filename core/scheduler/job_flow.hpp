#pragma once

#include "core/scheduler/fan_out_flow.hpp"
#include "core/scheduler/job_ends.hpp"
#include "core/scheduler/job_setbacks.hpp"
#include "core/scheduler/result_cache_flow.hpp"
#include "core/scheduler/result_reads.hpp"

namespace callboard {

/// The way of an event through a job: to its actor, to the disk, and back into the index. The job decides, the store
/// makes it true, and only then the index follows.
class job_flow {
public:
  explicit job_flow(scheduler_state& s)
    : s_(s), setbacks_(s, *this), ends_(s, *this), results_(s, *this), fan_outs_(s, *this), cache_(s, *this) {
  }

  /// A new job's actor, and its birth.
  void create(admission::creation& c, uint64_t group, const moment& now);
  /// As job_ends::replace.
  void replace(job_id former, refusal_to_run why, uint64_t group, const moment& now) {
    ends_.replace(former, std::move(why), group, now);
  }
  /// An event for a job: now, after the ones before it, or when it is loaded.
  void give(job_id id, errand_ptr e, const moment& now);

  /// An attempt is over of which no worker has heard. Nobody would report its end again, so the scheduler keeps it, as
  /// it does with a loss.
  /// @param cached_from  whose result that is
  void end_untold(fence_token f, attempt_outcome o, const moment& now, std::optional<job_id> cached_from = {});
  /// As result_cache_flow::send.
  void send(attempt_order order) {
    cache_.send(std::move(order));
  }
  /// An attempt does not come about: the job waits for another one, this long at least.
  void give_slot_back(job_id id, fence_token f, job_state state, const moment& now, duration pause = duration{0});
  /// The attempt is over. A job that lives again and waited for that goes on.
  void close(fence_token f, const moment& now);

  /// Tells the job's actor its next event, if it is free.
  void pump(job_id id, const moment& now);
  /// As job_ends::after_groups.
  void after_groups(job_id id, const moment& now) {
    ends_.after_groups(id, now);
  }
  /// Writes the group if nothing of it is missing.
  void commit_if_complete(uint64_t group);

  // -- answers
  void on(job_placed& x, const moment& now);
  /// The results that are to be filled into the payload of an attempt.
  void on_results(fence_token f, const read_answer& x, const moment& now) {
    results_.on_read(f, x, now);
  }
  /// What fan-out jobs need to know of other jobs.
  void on_fan_out_read(fence_token f, const read_answer& x, const moment& now) {
    fan_outs_.on_read(f, x, now);
  }
  /// Whether a result is there that an attempt would have.
  void on_cache_read(fence_token f, const read_answer& x, const moment& now) {
    cache_.on_read(f, x, now);
  }
  void on(job_note& n, const moment& now);
  void on(group_part& x, const moment& now) {
    ends_.on(x, now);
  }
  /// A commit is over; its notes come in the same turn or in later ones.
  void on_report(const commit_report& x);
  /// @param failed  nothing of it was written
  void on_written(job_note& n, const std::optional<error>& failed, const moment& now);
  /// All that was written together is known. Only now its jobs get their next events, which may concern others of them:
  /// an element of a job that has fanned out is not to end before it is known who waits for it.
  void go_on(const moment& now);
  void on(const job_crashed& x, const moment& now) {
    setbacks_.on_crash(x, now);
  }
  void on_loaded(const std::vector<job_id>& asked, read_answer& x, const moment& now) {
    setbacks_.on_loaded(asked, x, now);
  }

  /// Deadlines that passed, jobs that were to be tried again.
  void on_time(const moment& now);
  /// As job_ends::forget.
  void forget_ends() {
    ends_.forget();
  }
  /// It waits for no job any more, and its start lies ahead: its actor hears of that.
  void arm(job_id id, const moment& now);
  /// Asks for the records that are wanted.
  void load_wanted();

private:
  bool drop_outdated_slot(job_id id, const errand& e, const moment& now);
  void choose_group(job_id id, errand& e);
  bool settle(job_note& n, const moment& now);
  void settle_refused(job_note& n, errand& e, const moment& now);
  void apply(job_note& n, errand& e, const moment& now);
  void end_attempt(job_id id, const errand& e, const moment& now);
  void conclude(job_id id, const moment& now);

  scheduler_state& s_;
  job_setbacks setbacks_;
  job_ends ends_;
  result_reads results_;
  fan_out_flow fan_outs_;
  result_cache_flow cache_;
  std::vector<job_id> written_; ///< in this turn: they get their next events when all of it is known
};

} // namespace callboard
