#include <catch2/catch.hpp>
#include <fcntl.h>

#include "files/descriptor.hpp"

using namespace callboard;

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

} // namespace

TEST_CASE("a descriptor is closed with the object that has it") {
  int fd = -1;
  {
    const descriptor d{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    REQUIRE(d);
    fd = d.get();
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("a descriptor that was moved or released is not closed by its former object") {
  descriptor last;
  CHECK_FALSE(last);
  {
    descriptor first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    last = std::move(first);
  }
  CHECK(is_open(last.get()));
  const int fd = last.release();
  CHECK_FALSE(last);
  CHECK(is_open(fd));
  CHECK(descriptor{fd}.close() == 0);
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("closing says what was wrong, and nothing of a descriptor that is not there") {
  CHECK(descriptor{}.close() == 0);
  descriptor d{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  REQUIRE(::close(d.get()) == 0);
  CHECK(d.close() == EBADF);
  CHECK_FALSE(d);
}
