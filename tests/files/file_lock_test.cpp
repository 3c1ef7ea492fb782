#include "tests/files/forked.hpp"
#include "tests/files/scratch.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <optional>

#include "files/file_lock.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

/// Holds the lock, says so, and waits for the other side to say or to end something.
int hold(const std::filesystem::path& file, forked::ends& test) {
  const auto held = file_lock::try_lock(file, "a child");
  test.say(held ? 'h' : 'f');
  test.hear();
  return 0;
}

} // namespace

TEST_CASE("a file lock excludes a second process, which says where and for whom") {
  const scratch d;
  const auto file = d.directory / "lock";
  forked child{[&](auto& test) { return hold(file, test); }};
  REQUIRE(child.ours.hear() == 'h');
  const auto held = file_lock::try_lock(file, "the test");
  REQUIRE_FALSE(held);
  CHECK(held.err().code == ec::invalid_state);
  CHECK(held.err().message == file.string() + " is locked by a child, process " + std::to_string(child.pid));
  child.ours.say('e');
  CHECK(child.wait() == 0);
  CHECK(file_lock::try_lock(file, "the test"));
}

TEST_CASE("a file lock excludes a second object of the same process") {
  const scratch d;
  const auto file = d.directory / "lock";
  {
    const auto first = file_lock::try_lock(file, "the first");
    REQUIRE(first);
    CHECK_FALSE(file_lock::try_lock(file, "the second"));
  }
  CHECK(file_lock::try_lock(file, "the second"));
}

TEST_CASE("a file lock is released when its process is killed") {
  const scratch d;
  const auto file = d.directory / "lock";
  forked child{[&](auto& test) { return hold(file, test); }};
  REQUIRE(child.ours.hear() == 'h');
  REQUIRE_FALSE(file_lock::try_lock(file, "the test"));
  child.end(SIGKILL);
  CHECK(file_lock::try_lock(file, "the test"));
}

TEST_CASE("a file lock waits until it is free") {
  const scratch d;
  const auto file = d.directory / "lock";
  std::optional<result<file_lock>> held{file_lock::try_lock(file, "the test")};
  REQUIRE(*held);
  forked child{[&](auto& test) {
    // The fork has our lock's descriptor as well; it must not hold what it waits for.
    held.reset();
    test.say('w');
    const auto mine = file_lock::lock(file, "a child");
    test.say(mine ? 'h' : 'f');
    return 0;
  }};
  REQUIRE(child.ours.hear() == 'w');
  pollfd answer{child.ours.in.get(), POLLIN, 0};
  CHECK(::poll(&answer, 1, 100) == 0);
  held.reset();
  CHECK(child.ours.hear() == 'h');
}

TEST_CASE("a file lock that cannot be had for another reason gives the file and the system's reason") {
  const scratch d;
  const auto none = d.directory / "none" / "lock";
  for (const auto& wrong : {file_lock::try_lock(none, "the test"), file_lock::lock(none, "the test")}) {
    REQUIRE_FALSE(wrong);
    CHECK(wrong.err().code == ec::internal_error);
    CHECK(wrong.err().message == none.string() + " cannot be opened: No such file or directory");
  }
}

TEST_CASE("the holder's reason is one line that does a terminal no harm") {
  const scratch d;
  const auto file = d.write("lock", "");
  const descriptor other{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
  REQUIRE(try_lock_descriptor(other.get()) == 0);
  const auto refused = [&] { return file_lock::try_lock(file, "the test").err().message; };
  CHECK(refused() == file.string() + " is locked by another process");
  d.write("lock", "a\x1b[31m\x7F\xC2\x9B\nb");
  CHECK(refused() == file.string() + " is locked by a?[31m???");
  d.write("lock", std::string(1000, 'x'));
  CHECK(refused() == file.string() + " is locked by " + std::string(200, 'x'));
}

TEST_CASE("a shorter reason leaves nothing of a longer one behind") {
  const scratch d;
  const auto file = d.write("lock", std::string(100, 'x'));
  const auto held = file_lock::try_lock(file, "x");
  REQUIRE(held);
  CHECK(d.read("lock") == "x, process " + std::to_string(::getpid()) + "\n");
}

TEST_CASE("a directory that is open can be locked, once") {
  const scratch d;
  const descriptor a{::open(d.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const descriptor b{::open(d.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK(try_lock_descriptor(a.get()) == 0);
  CHECK(try_lock_descriptor(a.get()) == 0);
  CHECK(try_lock_descriptor(b.get()) == EWOULDBLOCK);
  CHECK(try_lock_descriptor(-1) == EBADF);
}
