#include "tests/files/scratch.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "files/descriptor.hpp"
#include "files/read_file.hpp"

using namespace callboard;
using namespace callboard::test;

TEST_CASE("a file is read whole, whatever is in it and however long it is") {
  const scratch d;
  CHECK(*read_file(d.write("empty", "")) == "");
  std::string text(100'000, 'x');
  text[50] = '\0';
  text.back() = '\n';
  CHECK(*read_file(d.write("long", text)) == text);
  CHECK(read_kernel_file(AT_FDCWD, (d.directory / "long").c_str()) == text);
}

TEST_CASE("a file that is longer than allowed is refused, one that is just as long is not") {
  const scratch d;
  const auto file = d.write("file", std::string(20'000, 'x'));
  CHECK(read_file(file, 20'000)->size() == 20'000);
  const auto refused = read_file(file, 19'999);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::out_of_range);
  CHECK(refused.err().message == file.string() + " cannot be read: it is larger than 19999 bytes");
}

TEST_CASE("a file that cannot be read gives the file and the system's reason") {
  const scratch d;
  const auto none = read_file(d.directory / "none");
  REQUIRE_FALSE(none);
  CHECK(none.err().code == ec::not_found);
  CHECK(none.err().message == (d.directory / "none").string() + " cannot be read: No such file or directory");
  const auto directory = read_file(d.directory);
  REQUIRE_FALSE(directory);
  CHECK(directory.err().code == ec::internal_error);
  CHECK(directory.err().message == d.directory.string() + " cannot be read: Is a directory");
}

TEST_CASE("what the kernel says is read whole, also below an open directory, and is empty for what is gone") {
  CHECK_THAT(read_kernel_file(AT_FDCWD, "/proc/self/status"), Catch::StartsWith("Name:"));
  const descriptor self{::open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  CHECK(read_kernel_file(self.get(), "comm") == read_kernel_file(AT_FDCWD, "/proc/self/comm"));
  CHECK_FALSE(read_kernel_file(self.get(), "comm").empty());
  CHECK(read_kernel_file(self.get(), "none").empty());
}
