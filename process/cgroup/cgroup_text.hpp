#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

// The texts of cgroups(7), version 2: Documentation/admin-guide/cgroup-v2.rst of the kernel.

/// The path of the version 2 group in /proc/PID/cgroup, from the root of the hierarchy: the line "0::PATH", which is
/// also there beside groups of version 1. Nothing without one.
std::optional<std::string> cgroup_path(std::string_view proc_cgroup);

/// Where a version 2 hierarchy, or a part of it, can be seen.
struct cgroup_mount {
  std::string root;  ///< the group that is mounted, "/" as a rule
  std::string point; ///< the directory
};

/// From /proc/PID/mountinfo, see proc(5); the first one of several. Nothing when none is mounted, or only to be read.
std::optional<cgroup_mount> writable_cgroup_mount(std::string_view mountinfo);

/// The directory of a group; nothing when it lies outside of what is mounted.
std::optional<std::string> cgroup_directory(const cgroup_mount& mount, std::string_view path);

/// A line of cpu.max that gives that many thousandths of a core; at least 1.
std::string cpu_max_text(uint32_t cpu_milli);

/// The number after the key in a file of lines "KEY NUMBER" (cpu.stat, memory.events, cgroup.events).
std::optional<uint64_t> number_of_key(std::string_view text, std::string_view key);

/// The number that is all of a file (memory.peak); nothing for "max".
std::optional<uint64_t> whole_number(std::string_view text);

/// True if the word is one of those in a list such as cgroup.controllers.
bool has_word(std::string_view list, std::string_view word);

/// The numbers in cgroup.procs.
std::vector<int> numbers_of_lines(std::string_view text);

/// Groups of Callboard's have this at the end of their names, and no others.
inline constexpr std::string_view cgroup_suffix = ".callboard";

/// The path of the group in which a worker makes its own: that of the process, or the one above the first of
/// Callboard's on its path, if the process has moved to one, or was started by one that has.
std::string cgroup_base(std::string_view path);

} // namespace callboard
