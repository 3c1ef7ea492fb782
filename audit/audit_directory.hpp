#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace callboard {

/// The file of the audit log with this number: `audit-00000001.jsonl`.
std::filesystem::path audit_file(const std::filesystem::path& directory, uint64_t number);
/// The numbers of the files that are there, in ascending order; none where there is no directory.
/// Error: internal_error.
result<std::vector<uint64_t>> audit_file_numbers(const std::filesystem::path& directory);
/// Whoever writes holds a lock on this file.
std::filesystem::path audit_lock_file(const std::filesystem::path& directory);

} // namespace callboard
