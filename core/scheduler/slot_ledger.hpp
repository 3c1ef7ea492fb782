#pragma once

#include "core/job/job.hpp"
#include "core/job/outcome.hpp"
#include "core/placement/circuit_breaker.hpp"
#include "core/placement/cluster_fit.hpp"
#include "core/scheduler/limit_book.hpp"
#include "core/scheduler/moment.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace callboard {

/// A slot that an attempt has taken.
struct attempt_slot {
  job_id job;
  worker_id worker;
  resource_request asked;
  limit_units units;       ///< what it counts against until its slot is free
  time_point placed_at{};  ///< by the time of day, as workers report; the epoch: by a scheduler before this one
  time_point started_at{}; ///< by the worker's clock; the epoch: not started as far as we know
  std::optional<steady_point> reported_at;   ///< when its outcome came
  bool slot_free = false;                    ///< the worker reported the end: the slot is free
  bool ending = false;                       ///< its end (outcome or loss) is with the job, on its way to the disk
  bool probe = false;                        ///< the one job of a worker that was kept back
  bool orphan = false;                       ///< the job no longer wants it: the end only frees the slot
  bool untold = false;                       ///< no worker has heard of it yet, as the scheduler reads something first
  uint32_t position = 0;                     ///< in its seat's list
  std::optional<duration> preemptible_after; ///< as in job_spec, once its job has said so
  std::optional<steady_point> began;         ///< when its start was reported, or it was found running
  job_id preempted_for;                      ///< it was asked to stop for that job
  bool if_waiting = false;                   ///< only if it has not started
  std::string cache_key{};                   ///< under which its result may be used again; empty: it may not
};

/// A worker as the scheduler deals with it.
struct seat {
  std::shared_ptr<const std::string> name;
  uint32_t slots = 0;
  uint32_t in_flight = 0; ///< slots that attempts have taken, given ahead included
  bool accepts = false;   ///< neither suspect nor draining
  bool local = false;
  uint64_t boot_epoch = 0;     ///< of its process
  bool member_written = false; ///< a scheduler after this one will know that it may run jobs
  type_set types;
  std::vector<uint32_t> type_numbers;
  type_versions versions;
  std::map<uint16_t, duration> cache_for; ///< of the types that are pure, by type number
  uint64_t late = 0;                      ///< outcomes refused because their lease was over
  circuit_breaker* breaker = nullptr;
  std::vector<uint64_t> attempts; ///< fences
  type_set ahead_shapes;          ///< shapes it takes beyond its slots, as of `ahead_version` of the shape table
  uint64_t ahead_version = UINT64_MAX;
};

/// Who has which slot, and which workers may be given more; what is under way of each limit. Knows nothing of queues.
class slot_ledger {
public:
  slot_ledger(const shape_table& shapes, limit_book& limits, breaker_policy breakers);

  // -- workers
  /// Joins, or joins again with another offer: its attempts stay. Sets name, slots, types, local, accepts.
  seat& join(worker_id w, seat facts, const resource_offer& offer, const moment& now);
  /// Precondition: it has no attempts any more, but for those that are ending.
  void leave(worker_id w);
  seat* find(worker_id w);
  const seat* find(worker_id w) const;
  const std::map<worker_id, seat>& seats() const {
    return seats_;
  }
  std::map<worker_id, seat>& seats() {
    return seats_;
  }
  void set_accepts(worker_id w, bool accepts, const moment& now);
  void set_member_written(worker_id w, const moment& now);

  // -- attempts
  /// A slot is taken. Precondition: the fence is new, the worker is here.
  attempt_slot& open(fence_token f, attempt_slot a, const moment& now);
  attempt_slot* find(fence_token f);
  const attempt_slot* find(fence_token f) const;
  /// The attempt that the job has now; none for one that no longer wants its attempt.
  std::optional<fence_token> of_job(job_id id) const;
  /// Attempts of a worker, oldest first.
  std::vector<fence_token> of_worker(worker_id w) const;
  /// The attempt runs on this worker after all (its node joined again under another number).
  void move(fence_token f, worker_id to);
  /// It does not use its worker any more; it stays known until it is closed. Once only.
  void free_slot(fence_token f);
  /// It is over: its slot is free, and its fence is history. @return the job, when this was its last orphan.
  std::optional<job_id> close(fence_token f, const moment& now);
  /// The job does not want its attempt any more: it ended, or a scheduler after a restart finds that it cannot have it.
  /// The slot stays taken until the worker says that the attempt is over. Returns that attempt's fence.
  std::optional<fence_token> orphan(job_id id);
  /// Such an attempt of the job has not ended yet.
  bool has_orphan(job_id id) const {
    return orphans_.count(id) != 0;
  }
  size_t attempts() const {
    return attempts_.size();
  }
  /// `each(attempt)` for those whose slot is taken.
  template <class Each>
  void for_each_taken(Each&& each) const {
    for (const auto& [f, a] : attempts_)
      if (!a.slot_free)
        each(a);
  }
  template <class Each>
  void for_each_taken(Each&& each) {
    for (auto& [f, a] : attempts_)
      if (!a.slot_free)
        each(a);
  }

  /// What its job has said of it. The attempt need not be known any more.
  void set_preemptible(fence_token f, const std::optional<duration>& after);
  /// Attempts that have a slot and may be stopped for a more urgent job: fences.
  const std::set<uint64_t>& preemptible() const {
    return preemptible_;
  }

  // -- what is known of failures
  /// An attempt ended on the worker. A line for the log when its breaker changed.
  std::optional<std::string> judge(worker_id w, outcome_kind kind, const moment& now);
  /// An attempt was lost with its worker.
  void judge_loss(worker_id w, const moment& now);
  /// Workers whose time of being kept back is over get one job.
  void admit_again(const moment& now);
  /// When one of them does; the end of time: none.
  steady_point next_probe() const;

  // -- sums, over workers that accept work
  struct totals {
    uint64_t slots = 0, used = 0, ahead = 0;
  };
  const totals& sums() const {
    return sums_;
  }
  uint32_t busy_slots() const; ///< of all workers
  cluster_fit& fit() {
    return fit_;
  }
  const cluster_fit& fit() const {
    return fit_;
  }

  /// Throws std::logic_error when the parts contradict each other. O(workers + attempts).
  void sanity_check() const;

private:
  void refresh(worker_id w, seat& s, const moment& now);
  void take(worker_id w, seat& s, const resource_request& r);
  void leave_seat(attempt_slot& a);
  void list(fence_token f, attempt_slot& a, seat& s);
  void unlist(const attempt_slot& a, seat& s);
  void count(const seat& s, int sign);

  breaker_policy policy_;
  limit_book& limits_;
  cluster_fit fit_;
  std::map<worker_id, seat> seats_;
  std::unordered_map<uint64_t, attempt_slot> attempts_; ///< by fence
  std::unordered_map<job_id, fence_token> placed_;
  std::set<uint64_t> preemptible_;
  std::unordered_map<job_id, uint32_t> orphans_;    ///< how many; never 0
  std::map<std::string, circuit_breaker> breakers_; ///< by worker name: they outlive a connection
  failure_window all_ends_;
  std::map<worker_id, steady_point> probes_; ///< workers that are kept back
  totals sums_;
};

} // namespace callboard
