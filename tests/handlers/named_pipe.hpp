#pragma once

#include "tests/handlers/handler_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "files/descriptor.hpp"

namespace callboard::test {

/// A named pipe: a child says that it is there, and its end can be seen.
class fifo {
public:
  explicit fifo(const temporary_directory& d) : path(d.path("fifo")) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    fd_ = descriptor{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    REQUIRE(fd_);
  }
  /// The next line; empty once all writers are gone.
  std::string line() {
    std::string out;
    for (char c = 0; c != '\n';) {
      pollfd p{fd_.get(), POLLIN, 0};
      REQUIRE(::poll(&p, 1, 30'000) == 1);
      const auto n = ::read(fd_.get(), &c, 1);
      if (n == 0)
        return out;
      if (n == 1)
        out += c;
    }
    return out;
  }
  const std::string path;

private:
  descriptor fd_;
};

} // namespace callboard::test
