#pragma once

#include "core/base/error.hpp"

#include <filesystem>
#include <string_view>

#include "files/descriptor.hpp"

namespace callboard {

/// An exclusive lock on a file, flock(2): held while the object lives, and until the process ends at the latest,
/// however it ends. It is advisory, and excludes other objects of this process as well as other processes. A child of
/// fork(2) shares it until it starts another program. The file stays behind, because to remove it would let in two at
/// once.
///
/// The holder writes its reason and its pid into the file. Those who are refused repeat them; they are for people.
class file_lock {
public:
  /// Makes the file if need be (mode 0600) and does not wait. @param reason  whoever holds it: "a scheduler".
  /// Errors: invalid_state with the file and the holder's reason; internal_error with the file and the system's reason.
  static result<file_lock> try_lock(const std::filesystem::path& file, std::string_view reason);

  /// As `try_lock`, but waits for as long as another one holds it.
  static result<file_lock> lock(const std::filesystem::path& file, std::string_view reason);

private:
  explicit file_lock(descriptor file) : file_(std::move(file)) {
  }
  static result<file_lock> take(const std::filesystem::path& file, std::string_view reason, bool wait);

  descriptor file_;
};

/// Takes such a lock on what is open already, which may be a directory, and does not wait. It is held until the last
/// copy of the descriptor is closed. 0; EWOULDBLOCK: another one holds it; else errno.
int try_lock_descriptor(int open) noexcept;

} // namespace callboard
