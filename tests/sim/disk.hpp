#pragma once

#include "core/scheduler/limit_flow.hpp"
#include "storage/store.hpp"
#include "tests/sim/cache_checks.hpp"
#include "tests/sim/checkers.hpp"

#include <memory>
#include <vector>

namespace callboard::sim {

/// Limits, as a store has them.
std::vector<stored_limit> stored_limits(const store& db);
/// Templates, as a store has them. Throws violation when the versions there are not those that the heads name.
std::vector<template_head> stored_templates(const store& db);
/// Schedules and where they stand, as a store has them.
std::vector<stored_schedule> stored_schedules(const store& db);

/// The store of the product's tiers, on a disk that outlives processes. Jobs of level `memory` go with the process.
/// What was not synced may be gone after a power loss: of the batches since the last sync, in order, only the first few
/// have reached the disk.
class disk {
public:
  explicit disk(const history& h);
  /// Errors as the store's.
  result<done> append(const write_batch& b);
  void sync();
  /// Removes what has ended and is beyond the retention; nothing while the disk is full. Not synced, as the product's.
  void purge(const retention& r, time_point now, uint64_t writer_epoch);
  /// The process that had the store open is gone.
  void lose_process();
  /// Its machine, too. @param surviving  of the batches that are not synced, so many have reached the disk (at most).
  void lose_power(size_t surviving);
  size_t unsynced() const {
    return written_.size() - synced_;
  }
  const store& db() const {
    return *db_;
  }
  /// What is stored, as the rules see it; of jobs that were ever written and not lost.
  const stored_world& facts() const {
    return facts_;
  }
  /// How jobs have ended, purged ones too.
  const stored_ends& ends() const {
    return ends_;
  }
  /// As it is, or as it was when it went with a process.
  std::optional<job_state> last_state(job_id id) const;
  /// As `last_state`, of what is stored or was purged.
  std::optional<job_state> outcome(job_id id) const;
  /// What is safe of a job's checkpoint, by its level; empty: nothing is promised.
  const std::string& durable_checkpoint(job_id id) const;
  /// Of pure types.
  result_sources& results() {
    return results_;
  }
  bool full = false;

private:
  void apply(const write_batch& b);
  void note_ends(const write_batch& b);
  const stored_facts* replaced_in(const write_batch& b, const unique_rule& u) const;
  std::vector<job_record> shed_in(const write_batch& b) const;
  void open_anew();
  void forget_purged();
  std::vector<schedule_origin> served_fires() const;

  /// What a purge removed, after so many batches.
  struct removal {
    size_t after;
    std::map<job_id, stored_facts> jobs;
  };

  const history& history_;
  std::unique_ptr<store> db_;
  std::vector<write_batch> written_;
  std::vector<removal> removals_;
  std::map<job_id, stored_facts> purged_;
  size_t synced_ = 0;
  stored_world facts_;
  std::set<job_id> brought_back_;             // had ended, and an operator has retried them
  stored_ends ends_, gone_ends_;              // the latter of jobs that went with a process
  std::map<job_id, std::string> checkpoints_; ///< that are synced, of level fsync
  batch_losses gone_;
  result_sources results_;
  std::map<job_id, job_state> gone_states_;
};

} // namespace callboard::sim
