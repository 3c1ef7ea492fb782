#include "files/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "files/file_error.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// More of what a holder wrote is not repeated.
constexpr size_t reason_bytes_max = 200;

/// 0, or errno.
int take_lock(int open, int operation) noexcept {
  while (::flock(open, operation) != 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

/// A full disk is no reason to go without the lock: the text is missing then.
void write_reason(int open, std::string_view reason) {
  const auto line = std::string{reason} + ", process " + std::to_string(::getpid()) + '\n';
  if (::ftruncate(open, 0) != 0)
    return;
  [[maybe_unused]] const auto n = ::pwrite(open, line.data(), line.size(), 0);
}

/// The first line of the file, in ASCII and without what a terminal could take for a command.
std::string reason_of_holder(int open) {
  std::array<char, reason_bytes_max> buffer;
  const auto n = ::pread(open, buffer.data(), buffer.size(), 0);
  std::string line{buffer.data(), n > 0 ? static_cast<size_t>(n) : 0};
  line.resize(std::min(line.find('\n'), line.size()));
  std::replace_if(
    line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line.empty() ? "another process" : line;
}

} // namespace

result<file_lock> file_lock::take(const fs::path& file, std::string_view reason, bool wait) {
  descriptor open{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)};
  if (!open)
    return file_error(file, "opened", errno);
  const int code = wait ? take_lock(open.get(), LOCK_EX) : try_lock_descriptor(open.get());
  if (code == EWOULDBLOCK)
    return error{ec::invalid_state, file.string() + " is locked by " + reason_of_holder(open.get())};
  if (code != 0)
    return file_error(file, "locked", code);
  write_reason(open.get(), reason);
  return file_lock{std::move(open)};
}

result<file_lock> file_lock::try_lock(const fs::path& file, std::string_view reason) {
  return take(file, reason, false);
}

result<file_lock> file_lock::lock(const fs::path& file, std::string_view reason) {
  return take(file, reason, true);
}

int try_lock_descriptor(int open) noexcept {
  return take_lock(open, LOCK_EX | LOCK_NB);
}

} // namespace callboard
