#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "files/descriptor.hpp"

namespace callboard {

/// A file to which lines are added at its end. Whoever else writes to it is to be kept out by a lock.
/// Errors of all: internal_error with the file and the system's reason.
class append_file {
public:
  /// Makes the file if need be, and its name is on disk then. @param mode  of a new file, less the umask.
  static result<append_file> open(std::filesystem::path file, mode_t mode);

  /// How large it is now, in bytes.
  result<uint64_t> size() const;
  /// Adds the bytes, and returns when they are on disk. After an error none of them is there, unless the file cannot
  /// be cut either.
  result<done> append(std::string_view bytes);
  /// Makes it as long as that.
  result<done> cut(uint64_t size);
  /// From `offset` to the end.
  result<std::string> read_from(uint64_t offset) const;

private:
  append_file(descriptor open, std::filesystem::path file) : open_(std::move(open)), file_(std::move(file)) {
  }

  descriptor open_;
  std::filesystem::path file_;
};

} // namespace callboard
