#include "pki/secret_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace callboard {

namespace {

namespace fs = std::filesystem;

error failed(const fs::path& file) {
  return {ec::internal_error, file.string() + ": " + std::strerror(errno)};
}

/// @param flags  beyond those that every file gets.
result<done> write_whole(const fs::path& file, const std::string& content, int flags) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
  if (fd < 0)
    return failed(file);
  size_t written = 0;
  while (written < content.size()) {
    const auto n = ::write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      break;
    written += static_cast<size_t>(n);
  }
  const bool good = written == content.size() && ::fsync(fd) == 0;
  const auto why = failed(file);
  ::close(fd);
  if (!good) {
    ::unlink(file.c_str());
    return why;
  }
  return done{};
}

/// A name that moved is on disk once its directory is.
void flush_directory(const fs::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  ::fsync(fd);
  ::close(fd);
}

} // namespace

result<done> replace_secret_file(const fs::path& file, const std::string& content) {
  const fs::path fresh = file.string() + ".new";
  if (auto ok = write_whole(fresh, content, O_TRUNC); !ok)
    return ok;
  if (::rename(fresh.c_str(), file.c_str()) != 0)
    return failed(file);
  flush_directory(file);
  return done{};
}

result<done> write_secret_file(const fs::path& file, const std::string& content) {
  if (std::error_code none; fs::exists(fs::symlink_status(file, none)))
    return error{ec::invalid_state, file.string() + " is there already"};
  if (auto ok = write_whole(file, content, O_EXCL); !ok)
    return ok;
  flush_directory(file);
  return done{};
}

file_hold::file_hold(const fs::path& file) : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  while (fd_ >= 0 && ::flock(fd_, LOCK_EX) != 0) {
    if (errno == EINTR)
      continue;
    ::close(fd_);
    fd_ = -1;
  }
}

file_hold::~file_hold() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace callboard
