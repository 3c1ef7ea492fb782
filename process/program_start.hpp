#pragma once

#include <sys/types.h>

#include <cstdint>

namespace callboard {

/// The step of starting a program that failed.
enum class start_step : int { none, group, working_directory, program, other };

/// Everything a child needs to become a program, prepared before it exists: until then it runs on this process's
/// memory, and may neither allocate nor lock. What it points to outlives the start.
struct start_plan {
  const char* program = nullptr;
  char* const* arguments = nullptr;   ///< ends with a null, as does the next
  char* const* environment = nullptr; ///< NAME=value
  const char* directory = nullptr;    ///< null: this process's
  // Descriptors above 2, which become the standard streams.
  int input = -1;
  int output = -1;
  int errors = -1;
  int cgroup = -1; ///< the directory of the cgroup (version 2) that it starts in; -1: this process's
  /// Signals that are ignored here, see `ignored_signals`.
  uint64_t ignored_signals = 0;
  // Limits; zero: as this process has them.
  uint64_t cpu_seconds = 0;
  uint64_t address_space_bytes = 0;
  uint64_t open_files = 0;
  uint64_t open_files_soft = 0; ///< where `open_files` is zero: the soft limit only

  // Filled in by the child when it cannot become the program, with the step's errno.
  start_step failed_at = start_step::none;
  int code = 0;
  // For the child.
  pid_t parent = 0;
  bool handlers_cleared = false;
};

struct started_program {
  pid_t pid = 0;  ///< 0: there is no child to reap, because the cgroup takes none
  int pidfd = -1; ///< owned by the caller; -1 on a kernel that has none
};

/// Starts a child that becomes the program, as the leader of its own session and group, with nothing open but the
/// standard streams, no signal ignored or blocked, and killed when the calling thread ends. Returns when it has become
/// the program, or could not: then it has ended, waits to be reaped, and the plan says why.
///
/// The memory of this process is shared with the child and not copied, which is what makes short programs cheap to
/// start: the calling thread waits meanwhile, others run on. Throws std::system_error when there can be no child.
started_program start_program(start_plan& plan);

/// The signals that this process ignores, `1 << (number - 1)` each. A program goes on ignoring what is ignored when it
/// is started, unless told otherwise.
uint64_t ignored_signals();

} // namespace callboard
