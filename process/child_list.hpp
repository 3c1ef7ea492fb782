#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// The processes whose parent is `parent`, a process of one thread; ended ones that nobody has waited for are among
/// them.
///
/// Linux lists them in /proc/PID/task/PID/children where it is built with CONFIG_PROC_CHILDREN; elsewhere the parent of
/// every process is looked at. Nothing where neither can be read: then nobody can tell.
/// @param proc  where procfs is mounted
std::optional<std::vector<pid_t>> children_of(pid_t parent, const std::string& proc = "/proc");

} // namespace callboard
