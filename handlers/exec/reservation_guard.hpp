#pragma once

#include "handlers/handler.hpp"

#include <chrono>
#include <memory>
#include <vector>

#include "process/cgroup/job_cgroups.hpp"
#include "process/child_process.hpp"
#include "process/process_sessions.hpp"

namespace callboard {

/// Holds a program, with all that it starts, to the memory and CPU that its job reserved, and measures what it uses.
///
/// By a cgroup, if this worker has such groups: then the kernel holds it. Where the kernel does not count memory in
/// groups, or there are none, somebody who looks now and then does (`is_within`). Nothing is done for a job that
/// reserved nothing.
class reservation_guard {
public:
  /// Logs to the attempt why it has no group although the worker has some. The last two outlive the object.
  /// @param groups  null: none
  reservation_guard(const attempt& a, const std::shared_ptr<job_cgroups>& groups, process_sessions& sessions,
                    handler_context& ctx);

  /// The cgroup the program is to start in; -1: this process's.
  int cgroup() const {
    return group_ ? group_->descriptor() : -1;
  }
  /// Looks at what the program uses. False: more memory than was reserved, so it is to be killed.
  bool is_within(const child_process& child);
  /// Kills what does not belong to the program's process group, too.
  void kill();
  /// To be called when the program has ended, before the next ones.
  void ended(const child_end& end);

  const attempt_usage& usage() const {
    return usage_;
  }
  bool ran_out_of_memory() const {
    return out_of_memory_;
  }
  /// True if the start failed for lack of memory in the group.
  bool has_no_memory_to_start() const {
    return group_ && group_->ran_out_of_memory();
  }

private:
  using clock = std::chrono::steady_clock;

  uint64_t sum(pid_t leader);

  const uint64_t memory_bytes_; ///< 0: none reserved
  process_sessions& sessions_;
  std::unique_ptr<attempt_cgroup> group_;
  bool is_counted_ = false; ///< the kernel holds the memory
  std::vector<pid_t> other_groups_;
  clock::time_point count_exactly_at_ = clock::time_point::min();
  bool out_of_memory_ = false;
  attempt_usage usage_;
};

} // namespace callboard
