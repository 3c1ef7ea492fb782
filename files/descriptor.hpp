#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace callboard {

/// An open file descriptor that is closed at the end.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
  }
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    reset();
  }

  int get() const noexcept {
    return fd_;
  }
  explicit operator bool() const noexcept {
    return fd_ >= 0;
  }
  void reset() noexcept {
    close();
  }
  /// Closes it, for those who must know whether what was written arrived: 0, or errno. It is closed in any case.
  int close() noexcept {
    if (fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0 || errno == EINTR) // Linux closes it, whatever interrupts
      return 0;
    return errno;
  }
  /// Gives it away without closing it.
  [[nodiscard]] int release() noexcept {
    return std::exchange(fd_, -1);
  }

private:
  int fd_ = -1;
};

} // namespace callboard
