#pragma once

#include "core/placement/resources.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "process/cgroup/cgroup.hpp"

namespace callboard {

class job_cgroups;

/// The group of one attempt. Its end ends all that is in it.
class attempt_cgroup {
public:
  attempt_cgroup(std::shared_ptr<job_cgroups> owner, std::string name, cgroup group)
    : owner_(std::move(owner)), name_(std::move(name)), group_(std::move(group)) {
  }
  attempt_cgroup(attempt_cgroup&&) = delete;
  ~attempt_cgroup();

  /// For a child that is to start in it.
  int descriptor() const {
    return group_.descriptor();
  }
  std::vector<int> processes() const {
    return group_.processes();
  }
  void kill() const {
    group_.kill();
  }
  /// Ends what is still in it, so that what follows no longer changes.
  void end_all() const;
  /// In bytes, what has been charged to it now; 0 when the kernel does not count it.
  uint64_t memory_now() const;
  /// Of all that has ever been in it. The memory is 0 when the kernel does not count it or does not tell the peak.
  attempt_usage usage() const;
  /// True if the kernel killed in it, or refused memory, because of its limit.
  bool ran_out_of_memory() const;

private:
  friend class job_cgroups;
  std::shared_ptr<job_cgroups> owner_;
  std::string name_;
  cgroup group_;
};

/// This worker's part of a cgroup hierarchy: a group `worker-PID.callboard`, with this process in `self` and the
/// attempts beside it. A lock on its directory shows others that the worker lives. Thread-safe.
///
///     BASE                        the group that this process was started in, or handlers.exec.cgroup
///     ├─ main.callboard           other processes of this program that were in BASE
///     └─ worker-4711.callboard
///        ├─ self                  the worker, and programs of jobs that reserve nothing
///        └─ 01HX….77              an attempt: job id and fence
class job_cgroups : public std::enable_shared_from_this<job_cgroups> {
public:
  struct opened {
    std::shared_ptr<job_cgroups> groups; ///< null when this worker can have none
    std::string words;                   ///< for the log: how reservations are enforced, and why not better
  };
  /// Ends what workers that are no more have left behind, see `end_left_overs`, makes the worker's group, and moves
  /// this process there. Call before there are other threads, once in a process.
  /// @param setting  handlers.exec.cgroup
  static opened open(const std::string& setting);
  /// Ends all processes that are in groups of workers that are no more, and removes the groups. Where there are no
  /// groups it does nothing.
  static void end_left_overs(const std::string& setting);
  /// Moves this process back, and removes the group.
  ~job_cgroups();

  /// True if the kernel holds an attempt to its memory, to its CPU.
  bool holds_memory() const {
    return holds_memory_;
  }
  bool holds_cpu() const {
    return holds_cpu_;
  }
  /// A new group with these limits, as far as they are held; 0: none. Throws std::system_error, naming the file.
  std::unique_ptr<attempt_cgroup> make(const std::string& name, uint64_t memory_bytes, uint32_t cpu_milli);

private:
  friend class attempt_cgroup;
  job_cgroups(cgroup base, std::string name, cgroup group, std::string origin)
    : base_(std::move(base)), name_(std::move(name)), group_(std::move(group)), origin_(std::move(origin)) {
  }
  /// Ends and removes an attempt's group, now or, when it has processes that do not end, later.
  void remove(const std::string& name);

  cgroup base_;
  std::string name_;
  cgroup group_;
  std::string origin_; ///< the directory of the group in which this process was
  bool holds_memory_ = false;
  bool holds_cpu_ = false;
  std::mutex mutex_;
  std::vector<std::string> remains_;
};

/// Sets the limits that are not 0 on a group. Throws std::system_error, naming the file.
void limit_cgroup(const cgroup& group, uint64_t memory_bytes, uint32_t cpu_milli);

} // namespace callboard
