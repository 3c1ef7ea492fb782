#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "files/descriptor.hpp"

namespace callboard {

/// A file that appears under its name all at once, when it is complete and on disk, or not at all: it is written beside
/// its place, flushed, and renamed. What was there under that name stays until then.
/// Errors of all: internal_error with the file and the system's reason.
class atomic_file {
public:
  /// @param mode  of the file, less the umask.
  static result<atomic_file> create(const std::filesystem::path& file, mode_t mode);
  /// In a directory that is open already. @param file  the path to it, for messages; its last part is the name.
  static result<atomic_file> create_in(descriptor directory, std::filesystem::path file, mode_t mode);

  atomic_file(atomic_file&& other) noexcept = default;
  atomic_file& operator=(atomic_file&&) = delete;
  /// Removes what was not committed.
  ~atomic_file();

  /// Not buffered.
  result<done> write(std::string_view bytes);
  /// Once. After an error, too, the file may be there, when only its directory could not be flushed.
  result<done> commit();

private:
  atomic_file(descriptor directory, descriptor open, std::filesystem::path file, std::string temporary_name);

  descriptor directory_;
  /// Open until it has its name.
  descriptor open_;
  std::filesystem::path file_;
  std::string temporary_name_;
};

/// Writes all of a file, replacing one of that name, as `atomic_file` does: no reader ever sees half of it.
result<done> replace_file(const std::filesystem::path& file, std::string_view content, mode_t mode);

/// Writes a file that must not be there yet, and flushes it. One that could not be written to its end is removed.
/// Error also: invalid_state when something of that name is there, a link to nowhere as well.
result<done> write_new_file(const std::filesystem::path& file, std::string_view content, mode_t mode);

} // namespace callboard
