#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <optional>
#include <vector>

namespace callboard {

/// An open descriptor that a process gets. The numbers differ, and neither is that of a standard stream.
struct handed_descriptor {
  int ours;
  int theirs;
};

/// Starts a program as posix_spawn(3) does: at once, whatever the size of this process. No signal is blocked or ignored
/// in it (ours are blocked, for sigwait(3)); it leads a process group of its own, so that a terminal's Ctrl-C does not
/// reach it; and what it prints goes to our standard error, because our standard output is for whoever started us.
///
/// @param path         of the program; not searched for
/// @param argv         its arguments, its name first, nullptr last
/// @param environment  NAME=value, nullptr last
/// @return its pid, which the caller has to wait for; or internal_error with the system's reason. From any thread.
result<pid_t> spawn_process(const char* path, const std::vector<const char*>& argv, const char* const* environment,
                            std::optional<handed_descriptor> handed = std::nullopt);

} // namespace callboard
