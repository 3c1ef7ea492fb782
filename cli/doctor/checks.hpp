#pragma once

#include "cli/doctor/examined.hpp"
#include "cli/doctor/finding.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace callboard {

/// Each looks at one thing and changes nothing. They may take a second together, and throw nothing but bad_alloc.

finding check_data_directory(const examined& x);
finding check_disk_space(const examined& x);
finding check_fsync(const examined& x);
finding check_open_files(const examined& x);
finding check_processes(const examined& x);
finding check_memory(const examined& x);
finding check_cgroups(const examined& x);
finding check_clock(const examined& x);
finding check_time_zones(const examined& x);
finding check_certificates(const examined& x);
finding check_ports(const examined& x);
finding check_server(const examined& x);
finding check_store(const examined& x);
finding check_workers(const examined& x);

struct named_check {
  std::string_view name;
  finding (*look)(const examined&);
};

/// All of them, in the order in which they are shown.
std::span<const named_check> all_checks();

/// What is judged apart from how it was measured, so that every end of it can be tested.

/// @param times     of single writes with fsync, not empty; in any order
/// @param volatile_disk  the directory is in memory
finding judge_fsync(std::vector<duration> times, bool volatile_disk);
/// @param bytes, inodes  free for who runs this
finding judge_disk_space(uint64_t bytes, uint64_t inodes, bool counts_inodes);
/// @param needed  of memory, in bytes
finding judge_memory(uint64_t available, uint64_t needed);
/// @param allowed  the limit of open files that `serve` will have. @param needed  by its settings
finding judge_open_files(uint64_t allowed, uint64_t needed);
/// @param allowed  processes and threads of this user. @param needed  by the settings
finding judge_processes(uint64_t allowed, uint64_t needed);
/// @param ahead  this machine's clock before the scheduler's; none: there is no scheduler to compare with.
/// @param steered  by NTP; none: the kernel does not say so
finding judge_clock(std::optional<duration> ahead, std::optional<bool> steered);
/// The zones of these names can be read.
finding judge_time_zones(std::span<const std::string_view> names);

} // namespace callboard
