#pragma once

#include "core/job/node_protocol.hpp"
#include "core/scheduler/membership.hpp"
#include "core/scheduler/scheduler_state.hpp"

#include <set>
#include <string>
#include <unordered_map>

namespace callboard {

/// Who is a member on disk. Starts of attempts are not written down, so a scheduler that starts knows of those under
/// way from the workers only. It may believe a worker that has been a member ever since: whoever is declared lost, or
/// leaves, is removed before its jobs are given to others (P2).
class membership_flow {
public:
  explicit membership_flow(scheduler_state& s) : s_(s) {
  }

  /// What the former schedulers left.
  void restore(std::map<std::string, membership> former) {
    former_ = std::move(former);
  }
  /// False: the attempt is of a former scheduler, and one after that may have given its job to another worker.
  bool believes(const std::string& name, const worker_registration& r, fence_token f) const;

  /// A worker has joined. It gets work once its membership is on disk: a scheduler after this one must know that it
  /// may run jobs. @param refused  what it brought along and may not keep
  void add(worker_id w, std::set<fence_token> refused);
  /// A worker is lost or has left. @param gives_back  others get jobs that it may have run: they wait for the disk
  void remove(const std::string& name, bool gives_back);
  /// What a worker that is lost has run may be given to others only when this is false.
  bool removes() const noexcept {
    return !removing_.empty();
  }

  /// What was written is on disk, or is not: by the note's token.
  void on_note(uint64_t token, bool written, const moment& now);
  /// What could not be written is written again.
  void on_time(const moment& now);
  bool owes() const noexcept {
    return !unwritten_.empty() || !unremoved_.empty();
  }

private:
  struct removal {
    std::string name;
    bool gives_back = false;
  };
  void write(worker_id w);
  void write_removal(removal r);
  void removed(const removal& r);

  scheduler_state& s_;
  std::map<std::string, membership> former_;
  std::unordered_map<uint64_t, worker_id> adding_;     ///< by token
  std::unordered_map<uint64_t, removal> leaving_;      ///< by token
  std::multiset<std::string> removing_;                ///< those with `gives_back` that are not on disk
  std::map<worker_id, std::set<fence_token>> refused_; ///< of those whose membership is not written
  std::vector<worker_id> unwritten_;
  std::vector<removal> unremoved_;
};

} // namespace callboard
