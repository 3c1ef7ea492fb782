#pragma once

#include <cstdint>
#include <optional>

namespace callboard {

/// What a scheduler opens beside its clients' connections, roughly: files of the store (some hundred with ten million
/// jobs), workers, listeners.
inline constexpr uint64_t open_files_besides_connections = 1000;

/// Lets this process have as many open descriptors as its hard limit allows (RLIMIT_NOFILE, getrlimit(2)). Returns that
/// number.
///
/// The usual soft limit of 1024 is there for programs that use select(2), which has no room for higher descriptors.
/// This one waits with poll(2) and epoll(7), and connections and files of the store add up. Programs that jobs run get
/// the limit from before. Call before there are other threads.
/// @param before  the soft limit that programs get; none: the one of now. For a process that inherits a raised one.
uint64_t raise_open_files(std::optional<uint64_t> before = std::nullopt);

/// The soft limit for programs; 0 if it was never raised: as this process has it.
uint64_t open_files_of_programs();

} // namespace callboard
