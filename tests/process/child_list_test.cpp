#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "process/child_list.hpp"

using namespace callboard;

namespace {

namespace fs = std::filesystem;

/// A directory that looks like procfs.
class proc_tree {
public:
  proc_tree() {
    auto pattern = (fs::temp_directory_path() / "callboard-proc-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("no temporary directory");
    path = pattern;
  }
  ~proc_tree() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  proc_tree(const proc_tree&) = delete;
  proc_tree& operator=(const proc_tree&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream{path / name} << text;
  }

  fs::path path;
};

} // namespace

TEST_CASE("the children of a process are found where the kernel lists them") {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto found = children_of(::getpid());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  REQUIRE(found);
  CHECK(std::count(found->begin(), found->end(), child) == 1);
  const proc_tree proc;
  proc.write("77/task/77/children", "78 80 ");
  CHECK(children_of(77, proc.path) == std::vector<pid_t>{78, 80});
}

TEST_CASE("the children of a process are found by their parent where the kernel does not list them") {
  const proc_tree proc;
  proc.write("77/stat", "77 (guardian) S 1 77 77");
  proc.write("78/stat", "78 (a (b) 9) R 77 78 77");
  proc.write("79/stat", "79 (77) S 7 79 77");
  proc.write("80/stat", "80 (z) Z 77 78 77");
  proc.write("81/other", "");
  proc.write("self/stat", "82 (x) S 77 1 1");
  auto found = children_of(77, proc.path);
  REQUIRE(found);
  std::sort(found->begin(), found->end());
  CHECK(*found == std::vector<pid_t>{78, 80});
  CHECK(children_of(5, proc.path) == std::vector<pid_t>{});
}

TEST_CASE("without procfs nobody can tell the children of a process") {
  const proc_tree empty;
  CHECK_FALSE(children_of(::getpid(), empty.path));
  CHECK_FALSE(children_of(::getpid(), empty.path / "missing"));
}
