#include "tests/files/forked.hpp"
#include "tests/files/scratch.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <iostream>

#include "files/write_file.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

using names = std::vector<std::string>;

/// Does it where no file may become larger than this: the disk of a test is never full. 0: done; 1: it failed with
/// this message; 2: with another one.
int on_a_full_disk(rlim_t bytes_max, const std::string& message, const std::function<result<done>()>& work) {
  forked child{[&](auto&) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes_max, bytes_max};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
      return 3;
    const auto ok = work();
    if (!ok && ok.err().message != message)
      std::cerr << ok.err().message << std::endl;
    return ok ? 0 : ok.err().message == message && ok.err().code == ec::internal_error ? 1 : 2;
  }};
  return child.wait();
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat st {};
  REQUIRE(::stat(file.c_str(), &st) == 0);
  return st.st_mode & 07777;
}

} // namespace

TEST_CASE("a file is replaced as a whole, with the mode that was asked for") {
  const scratch d;
  const auto file = d.write("file", "a longer old text");
  std::filesystem::permissions(file, std::filesystem::perms{0644});
  REQUIRE(replace_file(file, "new", 0600));
  CHECK(d.read("file") == "new");
  CHECK(mode_of(file) == 0600);
  CHECK(d.names() == names{"file"});
}

TEST_CASE("an atomic file is under its name when it is committed, not before") {
  const scratch d;
  const auto file = d.write("file", "old");
  {
    auto fresh = atomic_file::create(file, 0600);
    REQUIRE(fresh);
    REQUIRE(fresh->write("ne"));
    REQUIRE(fresh->write("w"));
    CHECK(d.read("file") == "old");
    REQUIRE(fresh->commit());
    CHECK(d.read("file") == "new");
  }
  CHECK(d.read("file") == "new");
  CHECK(d.names() == names{"file"});
}

TEST_CASE("an atomic file that is not committed leaves nothing behind") {
  const scratch d;
  const auto file = d.write("file", "old");
  {
    auto fresh = atomic_file::create(file, 0600);
    REQUIRE(fresh);
    REQUIRE(fresh->write("new"));
    CHECK(d.names().size() == 2);
  }
  CHECK(d.read("file") == "old");
  CHECK(d.names() == names{"file"});
}

TEST_CASE("a file that does not fit on the disk leaves the old one, and gives the system's reason") {
  const scratch d;
  const auto file = d.write("file", "old");
  const auto too_large = file.string() + " cannot be written: File too large";
  // The first write takes what fits; only the next one fails.
  CHECK(on_a_full_disk(5, too_large, [&] { return replace_file(file, "0123456789", 0600); }) == 1);
  CHECK(on_a_full_disk(0, too_large, [&] { return replace_file(file, "0123456789", 0600); }) == 1);
  CHECK(d.read("file") == "old");
  CHECK(d.names() == names{"file"});
  CHECK(on_a_full_disk(10, too_large, [&] { return replace_file(file, "0123456789", 0600); }) == 0);
  CHECK(d.read("file") == "0123456789");
}

TEST_CASE("a file in a directory that cannot be written leaves the old one, and gives the system's reason") {
  const scratch d;
  const auto file = d.write("file", "old");
  std::filesystem::permissions(d.directory, std::filesystem::perms{0555});
  forked child{[&](auto&) {
    // Nobody refuses root.
    if (::geteuid() == 0 && ::seteuid(65534) != 0)
      return 3;
    const auto ok = replace_file(file, "new", 0600);
    return !ok && ok.err().message == file.string() + " cannot be written: Permission denied" ? 0 : 1;
  }};
  CHECK(child.wait() == 0);
  CHECK(d.read("file") == "old");
  CHECK(d.names() == names{"file"});
  std::filesystem::permissions(d.directory, std::filesystem::perms{0755});
}

TEST_CASE("a file that cannot get its name leaves nothing behind, and gives the system's reason") {
  const scratch d;
  std::filesystem::create_directory(d.directory / "taken");
  const auto ok = replace_file(d.directory / "taken", "new", 0600);
  REQUIRE_FALSE(ok);
  CHECK(ok.err().code == ec::internal_error);
  CHECK(ok.err().message == (d.directory / "taken").string() + " cannot be written: Is a directory");
  CHECK(d.names() == names{"taken"});
  const auto none = replace_file(d.directory / "none" / "file", "new", 0600);
  REQUIRE_FALSE(none);
  CHECK(none.err().message == (d.directory / "none/file").string() + " cannot be written: No such file or directory");
}

TEST_CASE("what a process with our pid left behind is in nobody's way") {
  const scratch d;
  for (int i = 0; i < 1000; ++i)
    d.write(".callboard-" + std::to_string(::getpid()) + "-" + std::to_string(i) + ".part", "left");
  REQUIRE(replace_file(d.directory / "file", "new", 0600));
  CHECK(d.read("file") == "new");
  CHECK(d.names().size() == 1001);
}

TEST_CASE("a new file is written, and never over one that is there") {
  const scratch d;
  const auto file = d.directory / "file";
  REQUIRE(write_new_file(file, "first", 0600));
  CHECK(mode_of(file) == 0600);
  std::filesystem::create_symlink("nowhere", d.directory / "link");
  for (const auto& there : {file, d.directory / "link"}) {
    const auto again = write_new_file(there, "second", 0600);
    REQUIRE_FALSE(again);
    CHECK(again.err().code == ec::invalid_state);
    CHECK(again.err().message == there.string() + " is there already");
  }
  CHECK(d.read("file") == "first");
  CHECK_FALSE(std::filesystem::exists(d.directory / "nowhere"));
}

TEST_CASE("a new file that does not fit on the disk is removed, and the system's reason given") {
  const scratch d;
  const auto file = d.directory / "file";
  CHECK(on_a_full_disk(5, file.string() + " cannot be written: File too large",
                       [&] { return write_new_file(file, "0123456789", 0600); }) == 1);
  CHECK(d.names().empty());
}
