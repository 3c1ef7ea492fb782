#pragma once

#include "core/scheduler/job_index.hpp"
#include "core/scheduler/slot_ledger.hpp"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace callboard {

/// Stops running attempts so that a more urgent job gets their place. A job takes part only where it asks for that
/// (`preempts`), where its queue allows it (limit_rule::preemption), and while no limit holds it back. It gets the
/// place of attempts that
///
///   may be stopped (`preemptible_after`) and have run that long, or have not started,
///   are of jobs of lower priority, ageing apart, for which no job of this priority or above waits,
///   and whose end makes room for it on one worker: as few as it takes.
///
/// Of those the ones of the lowest priority, then those that have run least. The worker is kept for the job until it is
/// there or does not want it any more, and each attempt is asked once. Jobs of one queue that ask for the same take
/// their turn one after the other.
///
/// The cost grows with the attempts that may be stopped, never with the jobs that wait; it is nothing while no job that
/// preempts is live.
class preemption {
public:
  /// The first job of the line that has one of these shapes.
  using peek_function = std::function<std::optional<ready_queues::pick>(const type_set&)>;
  /// Tells the worker of an attempt.
  using ask_function = std::function<void(worker_id, const preempted_attempt&)>;

  /// A job for which attempts are being stopped.
  struct pending {
    worker_id worker;
    uint16_t shape = 0;
    std::vector<fence_token> victims;
  };

  preemption(job_index& index, slot_ledger& ledger, limit_book& limits)
    : index_(index), ledger_(ledger), limits_(limits) {
  }

  /// Lets go of workers that are kept for jobs which have started, or cannot start there any more. True: of one.
  bool review(const moment& now);
  /// Finds places for jobs that no worker can take now.
  void run(const moment& now, const peek_function& peek, const ask_function& ask);

  /// When an attempt may be stopped that may not be now, or a queue may preempt again; the end of time: nobody waits.
  steady_point next_look() const {
    return next_look_;
  }
  void rest() {
    next_look_ = steady_point::max();
  }
  bool any_pending() const {
    return !pending_.empty();
  }
  /// Null: nobody is stopped for it.
  const pending* find(job_id id) const {
    const auto i = pending_.find(id);
    return i == pending_.end() ? nullptr : &i->second;
  }

  /// Throws std::logic_error when a worker is not kept that should be.
  void sanity_check() const;

private:
  struct candidate {
    fence_token fence;
    const attempt_slot* at = nullptr;
    uint8_t priority = 0;
    duration ran{0};
    bool started = false;
  };
  /// Attempts of one worker, and what stopping them costs: less is better.
  struct victims {
    worker_id worker;
    std::vector<candidate> all;
    bool started = false;
    uint8_t priority = 0; ///< the highest that has started
    duration ran{0};      ///< together
    bool operator<(const victims& o) const;
  };
  bool is_over(job_id id, const pending& p, const moment& now) const;
  bool is_held(const job_entry& e, const moment& now) const;
  bool asked_for(fence_token f, job_id by) const;
  type_set wanting(const moment& now);
  std::optional<victims> choose(const job_entry& e, const moment& now);
  std::map<worker_id, std::vector<candidate>> candidates(uint8_t below, const moment& now);
  std::optional<victims> fewest(worker_id w, std::vector<candidate> from, uint16_t shape);
  void begin(const job_entry& e, const victims& v, const moment& now, const ask_function& ask);

  job_index& index_;
  slot_ledger& ledger_;
  limit_book& limits_;
  std::map<job_id, pending> pending_;
  std::vector<uint16_t> shapes_; ///< of jobs that preempt, as of `shapes_version_` of the shape table
  uint64_t shapes_version_ = UINT64_MAX;
  steady_point next_look_ = steady_point::max();
};

} // namespace callboard
