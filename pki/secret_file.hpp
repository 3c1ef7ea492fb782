#pragma once

#include "core/base/error.hpp"

#include <filesystem>
#include <string>

namespace callboard {

/// Writes beside the place, mode 0600, flushed, then moves: no reader ever sees half a file.
/// Error: internal_error with the file and the reason.
result<done> replace_secret_file(const std::filesystem::path& file, const std::string& content);

/// As `replace_secret_file`, but never over a file that is there. Error also: invalid_state.
result<done> write_secret_file(const std::filesystem::path& file, const std::string& content);

/// Holds a file for this process while it lives, and waits until it can; for people at two keyboards.
class file_hold {
public:
  explicit file_hold(const std::filesystem::path& file);
  ~file_hold();
  file_hold(const file_hold&) = delete;
  file_hold& operator=(const file_hold&) = delete;
  /// False: the file cannot be made or opened (errno).
  explicit operator bool() const {
    return fd_ >= 0;
  }

private:
  int fd_;
};

} // namespace callboard
