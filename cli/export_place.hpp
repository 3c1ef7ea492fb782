#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace callboard {

/// How far an export has come, as its cursor file says.
struct export_place {
  std::string cursor; ///< behind the last job that was written; empty: none was
  /// The file that the jobs were written to, and how much of it is whole; none: they went elsewhere.
  struct file_mark {
    uint64_t inode = 0;
    uint64_t bytes = 0;
  };
  std::optional<file_mark> file;
};

/// Nothing: there is no such file yet. Error: invalid_value, or as read_file.
result<std::optional<export_place>> read_export_place(const std::filesystem::path& file);
/// All or nothing, and on disk.
result<done> write_export_place(const std::filesystem::path& file, const export_place& place);

} // namespace callboard
