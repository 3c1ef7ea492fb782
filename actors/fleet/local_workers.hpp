#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace callboard {

/// Child processes of this one, and a thread that waits for their ends. Thread-safe.
///
/// Each child holds the read end of a pipe (the lifeline) whose write end only this process has: when this process
/// dies, however it dies, the child sees end of file and stops what it runs. The children are also written down in a
/// file, so that the next scheduler can make sure that none of them is left.
class local_workers {
public:
  /// @param file     where the children are written down.
  /// @param on_exit  called on the watching thread with the pid and the status of waitpid(2).
  local_workers(std::string file, std::function<void(pid_t, int)> on_exit);
  /// Kills what is left.
  ~local_workers();
  local_workers(const local_workers&) = delete;
  local_workers& operator=(const local_workers&) = delete;

  /// The number of the lifeline's descriptor in the child.
  static constexpr int lifeline_descriptor = 3;

  /// Starts a program; its standard output goes to our standard error. Error: internal_error with the reason.
  /// @param secret  the first that it reads from the lifeline, where no other process sees it; fits into a pipe
  result<pid_t> start(const std::string& program, const std::vector<std::string>& arguments,
                      const std::string& secret = {});
  void kill(pid_t pid, int signal) const;

  /// Workers that a scheduler before this one has written down see their lifeline end; those that have not gone by
  /// themselves within `grace` are killed. True: none is there. False: `gone` is called on the watching thread once
  /// none is left, and until then nothing must be started, nor any worker be given a job that one of them may still
  /// run. Call at most once, before `start`, which writes the file anew.
  bool await_leftovers(std::chrono::milliseconds grace, std::function<void()> gone);

private:
  struct child {
    int pidfd = -1;
    int lifeline = -1;
    uint64_t start_time = 0;
  };
  using steady = std::chrono::steady_clock;

  void wake() const;
  void watch();
  void reap(pid_t pid);
  void write_down(); // needs the lock
  void look_after_leftovers();

  const std::string file_;
  const std::function<void(pid_t, int)> on_exit_;
  mutable std::mutex mutex_;
  std::map<pid_t, child> children_;
  std::map<pid_t, int> leftovers_;       ///< process descriptors by pid
  std::function<void()> leftovers_gone_; ///< none: nobody waits for that
  steady::time_point leftovers_until_;   ///< then they are killed
  int wake_ = -1;
  bool stopping_ = false;
  std::thread watcher_;
};

/// Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); 0 when there is no such process.
/// Together with the pid it names a process for good: pids are reused.
uint64_t process_start_time(pid_t pid);

} // namespace callboard
