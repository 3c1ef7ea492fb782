#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace callboard {

/// All of a file. Errors, each with the file and the reason: not_found; out_of_range when it has more than `bytes_max`;
/// internal_error for anything else that the system says.
result<std::string> read_file(const std::filesystem::path& file, uint64_t bytes_max = UINT64_MAX);

/// All of a file of proc(5) or cgroups(7); empty when it cannot be read, because what it is about has gone.
/// @param directory  a descriptor, or AT_FDCWD.
std::string read_kernel_file(int directory, const char* path);

} // namespace callboard
