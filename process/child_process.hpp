#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "files/descriptor.hpp"
#include "process/program_start.hpp"

namespace callboard {

/// What a child process is to run, and how.
struct child_order {
  std::string program;                  ///< path of the file
  std::vector<std::string> arguments;   ///< from argv[0]
  std::vector<std::string> environment; ///< NAME=value, all of it
  std::string directory;                ///< empty: this process's
  bool wants_input = false;             ///< else standard input is /dev/null
  int cgroup = -1;                      ///< the directory of the cgroup it starts in; -1: this process's
  uint64_t ignored_signals = 0;         ///< see `ignored_signals`
  // Zero: as this process has it.
  uint64_t cpu_seconds = 0;
  uint64_t address_space_bytes = 0;
  uint64_t open_files = 0; ///< zero: as this process had it before `raise_open_files`
};

/// How a child process ended.
struct child_end {
  int exit_code = 0; ///< when `signal` is 0
  int signal = 0;
  rusage usage{}; ///< of the child, and of its own that it has waited for
};

/// A running child process: leader of its own session and process group, killed with the thread that started it, with
/// nothing open but the three standard streams, of which output and errors, and input if wanted, are pipes to here.
class child_process {
public:
  /// The step of starting that failed and its errno.
  struct start_failure {
    start_step at = start_step::other;
    int code = 0;
  };

  /// Starts it, or says why not. Throws std::system_error when this process lacks descriptors or processes.
  static std::optional<start_failure> start(const child_order& order, child_process& out);

  child_process() = default;
  /// What is moved from owns no child: its destructor must not end the one that moved.
  child_process(child_process&& other) noexcept {
    swap(other);
  }
  child_process& operator=(child_process&& other) noexcept {
    child_process taken{std::move(other)};
    swap(taken);
    return *this;
  }
  /// Kills the group and reaps the child if `reap` was not called.
  ~child_process();

  pid_t pid() const {
    return pid_;
  }
  descriptor input;  ///< does not block; absent when none was wanted
  descriptor output; ///< blocks, as do errors: read what poll(2) says is there
  descriptor errors;
  /// Readable when the child has ended; -1 on a kernel that has none: ask `has_ended` now and then.
  int ended_descriptor() const {
    return pidfd_.get();
  }
  bool has_ended() const;
  /// The most memory it has had resident so far, in bytes; 0 once it has ended.
  uint64_t peak_memory_now() const;
  /// To every process of the group that is still there.
  void signal_group(int number) const;
  /// Once the child has ended: kills what is left of its group and takes its status. Waits for the end if need be.
  child_end reap();

private:
  void swap(child_process& other) noexcept {
    std::swap(input, other.input);
    std::swap(output, other.output);
    std::swap(errors, other.errors);
    std::swap(pid_, other.pid_);
    std::swap(pidfd_, other.pidfd_);
  }

  pid_t pid_ = 0;
  descriptor pidfd_;
};

} // namespace callboard
