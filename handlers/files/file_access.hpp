#pragma once

#include "handlers/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/descriptor.hpp"
#include "files/write_file.hpp"

namespace callboard {

/// A regular file that a job may read.
struct readable_file {
  descriptor fd;
  uint64_t bytes = 0;
  /// Without symbolic links.
  std::string path;
};

/// Opens an absolute path below one of `roots`. The check looks at the file that was opened, so links and races lead
/// nowhere else. Final failures: `FILE_NOT_ALLOWED` (also for a `..` in the path), `FILE_NOT_FOUND`, `FILE_INVALID` for
/// something that is no regular file; retryable: `FILE_READ_ERROR`.
/// @param field  of the payload, for messages.
readable_file open_readable(const std::string& path, const std::vector<std::string>& roots, std::string_view field);

/// A file that a job writes: an `atomic_file` that may be there.
class output_file {
public:
  /// An absolute path, whose directory exists, below one of `roots`. Final failures: `FILE_NOT_ALLOWED`,
  /// `FILE_NOT_FOUND` (the directory), `FILE_INVALID` (the name of a directory); retryable: `FILE_WRITE_ERROR`.
  output_file(const std::string& path, const std::vector<std::string>& roots, std::string_view field);

  /// Buffered. Retryable failure: `FILE_WRITE_ERROR`.
  void write(std::string_view bytes);
  /// Flushes it and gives it its name, replacing a former one. Retryable failure: `FILE_WRITE_ERROR`.
  void commit();

  uint64_t bytes() const {
    return bytes_;
  }
  const std::string& path() const {
    return path_;
  }

private:
  void flush();

  std::string path_;
  /// There from the constructor on.
  std::optional<atomic_file> file_;
  std::string buffer_;
  uint64_t bytes_ = 0;
};

/// Reads the next bytes at the descriptor's position into `buffer`; empty at the end. Throws `FILE_READ_ERROR`.
std::string_view read_some(const readable_file& file, std::vector<char>& buffer);

/// Bytes read or written at once.
inline constexpr size_t file_chunk_bytes = 128u << 10;

} // namespace callboard
