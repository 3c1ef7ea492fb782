#pragma once

#include "core/job/job_note.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// Jobs whose next versions are written in one piece (P6): the jobs of an atomic batch, or a job that fails or is
/// cancelled together with everything that waits for it. Each job's part is collected here; when all are there, they go
/// to the store as one. Two groups that meet in a job become one, so none waits for another. A job that is just being
/// written without the group is waited for: if it is alive then, it joins.
///
/// A job belongs to its group until `settled`: also while the group is on its way to the disk.
class write_groups {
public:
  /// Facts of the store (`meta`) by name.
  using facts = std::vector<std::pair<std::string, std::string>>;

  /// A group for the jobs of an atomic batch: all or nothing, with facts that are true with them and not without.
  uint64_t open_batch(const std::vector<job_id>& members, facts bound = {});
  /// A group for an event that may end `head`, for which others wait.
  uint64_t open(job_id head);
  /// The group that the job is in; 0: none.
  uint64_t of(job_id id) const;
  /// False: the group is on its way to the disk, or was never.
  bool is_open(uint64_t group) const;

  /// A member's part. True: it heads a group of dependants and ended badly, so `widen` is due.
  bool add(group_part part);
  /// Everything that waits for the head joins its group. Returns those that are to be cancelled for it; the others are
  /// in a group already, which becomes one with this one, or are waited for.
  /// @param written_alone  true for a job that is being written by itself.
  std::vector<job_id> widen(uint64_t group, const std::vector<job_id>& dependants,
                            const std::function<bool(job_id)>& written_alone);
  /// A member has nothing to write after all. Returns the members that cannot be written without it: all others of an
  /// atomic batch; the group is gone then.
  std::vector<job_id> leave(uint64_t group, job_id id);
  /// The whole group as one part for the store, in id order, if it is complete.
  std::optional<commit_part> take_complete(uint64_t group);

  /// What becomes of a group that waited for a job.
  struct awaited {
    uint64_t group = 0;
    bool cancel = false; ///< the job is a member now, and is to be cancelled
  };
  /// The job's last event is written, or failed to be.  @param alive  it is not terminal.
  std::vector<awaited> settled(job_id id, bool alive);

  /// Groups that are being collected.
  size_t size() const {
    return groups_.size();
  }
  /// Throws std::logic_error when the two directions contradict each other.
  void sanity_check() const;

private:
  struct group {
    std::set<job_id> members;
    std::set<job_id> delivered;
    std::set<job_id> heads;
    std::set<job_id> waits_for;
    std::vector<group_part> parts;
    facts bound;
    bool atomic = false;
  };
  uint64_t root(uint64_t number) const;
  void merge(uint64_t from, uint64_t into);
  void forget_mergers(uint64_t number);

  std::unordered_map<uint64_t, group> groups_;
  std::unordered_map<uint64_t, uint64_t> merged_; ///< group -> the one it became part of, while that is open
  std::unordered_map<job_id, uint64_t> of_;
  std::unordered_map<job_id, std::set<uint64_t>> awaited_by_;
  uint64_t last_ = 0;
};

} // namespace callboard
