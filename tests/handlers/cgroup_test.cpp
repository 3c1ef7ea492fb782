#include "tests/handlers/handler_run.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "process/cgroup/cgroup.hpp"
#include "process/cgroup/cgroup_base.hpp"
#include "process/cgroup/job_cgroups.hpp"

using namespace callboard;
using namespace callboard::test;

// Directories and files in place of the kernel's.

TEST_CASE("the limits are written into the files of a group") {
  const temporary_directory d;
  for (const auto* file : {"memory.max", "memory.swap.max", "memory.oom.group", "cpu.max"})
    d.write(file, "");
  const auto group = cgroup::open(d.path());
  REQUIRE(group);
  limit_cgroup(*group, 0, 0);
  CHECK(d.read("memory.max").empty());
  CHECK(d.read("cpu.max").empty());
  limit_cgroup(*group, 100u << 20, 1500);
  CHECK(d.read("memory.max") == "104857600");
  CHECK(d.read("memory.swap.max") == "0");
  CHECK(d.read("memory.oom.group") == "1");
  CHECK(d.read("cpu.max") == "150000 100000");
}

TEST_CASE("a limit that cannot be set is an error that names the file, unless not every kernel has it") {
  const temporary_directory d;
  const auto group = cgroup::open(d.path());
  REQUIRE(group);
  CHECK_THROWS_WITH(limit_cgroup(*group, 1, 0), Catch::Contains("memory.max"));
  CHECK_THROWS_WITH(limit_cgroup(*group, 0, 1), Catch::Contains("cpu.max"));
  d.write("memory.max", "");
  CHECK_NOTHROW(limit_cgroup(*group, 1, 0)); // swap may be off, and groups were killed as a whole later than Linux 4.18
}

TEST_CASE("groups in a group are listed, made and removed") {
  const temporary_directory d;
  const auto base = cgroup::open(d.path());
  REQUIRE(base);
  CHECK_FALSE(cgroup::open(d.path("none")));
  d.write("cgroup.procs", "12\n3456\n");
  CHECK(base->processes() == std::vector<int>{12, 3456});
  CHECK(base->children().empty());
  CHECK(base->make_child("a") == 0);
  CHECK(base->make_child("a") == EEXIST);
  CHECK(base->children() == std::vector<std::string>{"a"});
  CHECK(base->children() == std::vector<std::string>{"a"}); // reads from the beginning each time
  const auto a = base->child("a");
  REQUIRE(a);
  CHECK(a->write("cpu.max", "1 2") == ENOENT); // which creates nothing
  CHECK(a->read("cpu.max").empty());
  CHECK(a->make_child("below") == 0);
  CHECK(base->remove_child("a") == ENOTEMPTY);
  CHECK(a->remove_child("below") == 0);
  CHECK(base->remove_child("a") == 0);
  CHECK(base->remove_child("a") == ENOENT);
}

TEST_CASE("a controller that is there need not be enabled, and one that is not cannot") {
  const temporary_directory d;
  const auto base = cgroup::open(d.path());
  REQUIRE(base);
  d.write("cgroup.controllers", "cpu memory\n");
  d.write("cgroup.subtree_control", "cpu\n");
  CHECK(enable_controller(*base, "cpu").empty());
  CHECK(d.read("cgroup.subtree_control") == "cpu\n");
  CHECK(enable_controller(*base, "memory").empty());
  CHECK_THAT(d.read("cgroup.subtree_control"), Catch::StartsWith("+memory"));
  CHECK_FALSE(enable_controller(*base, "pids").empty());
}

TEST_CASE("a place for groups that is none is refused with the reason") {
  const temporary_directory d;
  CHECK_THAT(find_cgroup_base("off").why_not, Catch::Contains("handlers.exec.cgroup"));
  CHECK_THAT(find_cgroup_base(d.path()).why_not, Catch::Contains("is not in a cgroup version 2 hierarchy"));
  CHECK_THAT(find_cgroup_base(d.path("none")).why_not, Catch::Contains(d.path("none")) && Catch::Contains("No such"));
  for (const auto& setting : {std::string{"off"}, d.path()}) {
    const auto opened = job_cgroups::open(setting);
    CHECK_FALSE(opened.groups);
    CHECK_THAT(opened.words, Catch::StartsWith("memory is checked by polling, CPU is not limited (no cgroups: "));
  }
}
