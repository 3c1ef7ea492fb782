#pragma once

#include "bench/report.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace callboard::bench {

/// Memory of a process, in bytes.
struct memory_use {
  uint64_t resident = 0;
  /// The part of it that no file stands behind: what the process itself has allocated.
  uint64_t anonymous = 0;
};
memory_use memory_of(pid_t pid);

/// User and system time of a process so far, to 10 ms. Zero when it is gone.
std::chrono::microseconds cpu_time_of(pid_t pid);
/// The same with that of the children it has waited for.
std::chrono::microseconds cpu_time_with_children_of(pid_t pid);

/// CPU time so far by the name of the thread; several of one name are numbered in the order of their start. Exact, but
/// without threads that ended.
std::map<std::string, std::chrono::nanoseconds> cpu_time_by_thread(pid_t pid);

/// How often the threads of a process went to sleep (voluntary), each followed by a wake-up, or were interrupted.
struct context_switches {
  uint64_t voluntary = 0;
  uint64_t involuntary = 0;
};
context_switches context_switches_of(pid_t pid);
std::map<std::string, uint64_t> voluntary_switches_by_thread(pid_t pid);

/// Processes that this one started, and those that they started, and so on.
std::vector<pid_t> descendants_of(pid_t pid);

/// CPU per job of the scheduler, of its worker processes and of this process, since it was made.
class cpu_meter {
public:
  explicit cpu_meter(pid_t server);
  /// Adds server_cpu_us, workers_cpu_us and client_cpu_us, each per job, and server_threads: the scheduler's by thread.
  void put(json_line& figures, uint64_t jobs) const;

private:
  struct sample {
    std::chrono::microseconds server{0}, workers{0}, client{0};
    std::map<std::string, std::chrono::nanoseconds> threads;
  };
  sample take() const;

  pid_t server_;
  sample begin_;
};

} // namespace callboard::bench
