#pragma once

#include "core/job/job_note.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// Jobs whose next versions are written in one piece (P6): the jobs of an atomic batch, or a job that ends together
/// with everything that will never run because of that. Each job's part is collected here; when all are there, they go
/// to the store as one. Two groups that meet in a job become one. An atomic batch is waited for instead, as it fails as
/// a whole, unless that one waits as well: then none could be written before the other, and they become one, too. A job
/// that is just being written without the group is waited for.
///
/// A job belongs to its group until `settled`: also while the group is on its way to the disk.
class write_groups {
public:
  /// Facts of the store (`meta`) by name.
  using facts = std::vector<std::pair<std::string, std::string>>;
  using ends = std::unordered_map<job_id, prerequisite_end>;

  /// A group for the jobs of an atomic batch: all or nothing, with facts that are true with them and not without.
  uint64_t open_batch(const std::vector<job_id>& members, facts bound = {});
  /// A group for an event that may end `head`, for which others wait.
  uint64_t open(job_id head);
  /// The group that the job is in; 0: none.
  uint64_t of(job_id id) const;
  /// False: the group is on its way to the disk, or was never.
  bool is_open(uint64_t group) const;

  /// A member's part. True: the job ends, so it is to be looked at what that does to those which wait for it.
  bool add(group_part part);
  /// How its members end, as far as that is known. Precondition: the group is open.
  const ends& ends_of(uint64_t group) const;
  /// A fact that is true with the group.
  void add_fact(uint64_t group, std::string name, std::string value);

  /// What has become of a job that is to be in the group.
  enum class joining : uint8_t {
    joined,  ///< it is a member now, whose part is expected
    already, ///< it is one, or its group has become one with this one
    awaited, ///< it is being written by itself, or in a group that is not to be had: this one waits
  };
  /// @param written_alone  the job is being written by itself.
  joining join(uint64_t group, job_id id, bool written_alone);
  /// The group is not written before what may end this job is known: nothing if nothing may, or it is in the group.
  /// True: the job's group has become one with this one, so other ends are known.
  bool link(uint64_t group, job_id id, bool written_alone);
  /// A member has nothing to write after all. Returns the members that cannot be written without it: all others of an
  /// atomic batch; the group is gone then.
  std::vector<job_id> leave(uint64_t group, job_id id);
  /// The whole group as one part for the store, if it is complete. In constant time: the order of its jobs, and what
  /// the group held besides them, are left to whoever writes it.
  std::optional<commit_part> take_complete(uint64_t group);

  /// The job's last event is written, or failed to be. Returns the groups that waited for it: they are to be looked at.
  std::vector<uint64_t> settled(job_id id);

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
    std::set<job_id> waits_for;
    std::vector<stored_job> jobs;
    std::vector<job_note> notes; ///< theirs, in the same order
    ends ended;
    std::map<std::string, std::string> bound;
    durability level = durability::memory; ///< the safest of its jobs
    bool atomic = false;
  };
  uint64_t root(uint64_t number) const;
  void merge(uint64_t from, uint64_t into);
  void await(uint64_t group, job_id id);
  /// By itself, or through others for which it waits.
  bool waits_for(uint64_t group, uint64_t other) const;
  /// A group for which this one waits and that waits for this one; 0: there is none.
  uint64_t waited_for_in_a_circle(uint64_t group) const;
  void forget_mergers(uint64_t number);

  std::unordered_map<uint64_t, group> groups_;
  std::unordered_map<uint64_t, uint64_t> merged_; ///< group -> the one it became part of, while that is open
  std::unordered_map<job_id, uint64_t> of_;
  std::unordered_map<job_id, std::set<uint64_t>> awaited_by_;
  uint64_t last_ = 0;
};

} // namespace callboard
