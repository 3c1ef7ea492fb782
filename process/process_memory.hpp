#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

// What proc(5) says about the memory of processes. Everything is in bytes, and 0 of a process that is not there.

/// The most that the process has had resident so far, with the files that it maps (VmHWM).
uint64_t peak_resident_bytes(pid_t pid);

/// What the process alone keeps in use: its anonymous and shared memory, in RAM or swapped out. Files that it maps are
/// not part of it, because the system can drop them. Memory that processes share is counted for each of them.
uint64_t used_bytes(pid_t pid);

/// As above, but of what n processes share an nth is counted. Slower: the kernel walks through all pages. Nothing where
/// the kernel does not say, or not to us.
std::optional<uint64_t> proportional_used_bytes(pid_t pid);

/// True if both work in one address space, as after vfork(2), or posix_spawn(3), until the child becomes its program.
/// Each then shows all of the memory as its own. False also where the kernel does not say, or not to us.
bool share_address_space(pid_t a, pid_t b);

/// The sum, in bytes, of those lines of /proc/PID/status or smaps_rollup (`VmHWM:     1952 kB`) that begin with one of
/// the labels; lines that are not there count nothing.
uint64_t sum_of_lines(std::string_view text, std::initializer_list<std::string_view> labels);

} // namespace callboard
