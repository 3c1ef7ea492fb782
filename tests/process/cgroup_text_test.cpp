#include <catch2/catch.hpp>

#include "process/cgroup/cgroup_text.hpp"

using namespace callboard;

TEST_CASE("the version 2 group of a process is found, also beside groups of version 1") {
  CHECK(cgroup_path("0::/system.slice/callboard.service\n") == "/system.slice/callboard.service");
  CHECK(cgroup_path("9:name=systemd:/\n4:memory:/some/where\n1:cpu:/\n0::/\n") == "/");
  CHECK(cgroup_path("10::/not/this\n0::/a:b\n") == "/a:b");
  CHECK_FALSE(cgroup_path("9:name=systemd:/\n4:memory:/some/where\n"));
  CHECK_FALSE(cgroup_path("0::\n"));
  CHECK_FALSE(cgroup_path(""));
}

TEST_CASE("the mounted version 2 hierarchy is found in every layout") {
  const auto unified = writable_cgroup_mount(
    "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
    "30 22 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  REQUIRE(unified);
  CHECK(unified->root == "/");
  CHECK(unified->point == "/sys/fs/cgroup");

  const auto hybrid =
    writable_cgroup_mount("30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                          "34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
                          "40 30 0:37 / /sys/fs/cgroup/unified rw,relatime master:1 shared:2 - cgroup2 cgroup2 rw\n");
  REQUIRE(hybrid);
  CHECK(hybrid->point == "/sys/fs/cgroup/unified");

  const auto part = writable_cgroup_mount("30 22 0:27 /kube\\040pods/p1 /my\\134mnt\\040x rw - cgroup2 none rw\n");
  REQUIRE(part);
  CHECK(part->root == "/kube pods/p1");
  CHECK(part->point == "/my\\mnt x");

  // In a container it is often mounted to be read only; a later mount may be better.
  CHECK_FALSE(writable_cgroup_mount("30 22 0:27 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n"));
  CHECK(writable_cgroup_mount("30 22 0:27 / /ro ro - cgroup2 cgroup rw\n31 22 0:27 / /rw rw - cgroup2 cgroup rw\n")
          ->point == "/rw");
  CHECK_FALSE(writable_cgroup_mount("30 22 0:27 / /x rw - cgroup cgroup2 rw,memory\n"));
  CHECK_FALSE(writable_cgroup_mount("30 22 0:27 / /x rw shared:1\n30\n\n"));
}

TEST_CASE("a group's directory is below where its hierarchy, or a part of that, is mounted") {
  const cgroup_mount all{"/", "/sys/fs/cgroup"};
  CHECK(cgroup_directory(all, "/") == "/sys/fs/cgroup");
  CHECK(cgroup_directory(all, "/a.slice/b.service") == "/sys/fs/cgroup/a.slice/b.service");
  CHECK(cgroup_directory(all, "/..x") == "/sys/fs/cgroup/..x");
  CHECK_FALSE(cgroup_directory(all, "/../of another namespace"));
  const cgroup_mount part{"/a/b", "/part"};
  CHECK(cgroup_directory(part, "/a/b") == "/part");
  CHECK(cgroup_directory(part, "/a/b/c") == "/part/c");
  CHECK_FALSE(cgroup_directory(part, "/a/bc"));
  CHECK_FALSE(cgroup_directory(part, "/a"));
}

TEST_CASE("a worker's groups are made above those of Callboard") {
  CHECK(cgroup_base("/") == "/");
  CHECK(cgroup_base("/a.slice/callboard.service") == "/a.slice/callboard.service");
  CHECK(cgroup_base("/a.slice/callboard.service/main.callboard") == "/a.slice/callboard.service");
  CHECK(cgroup_base("/a.slice/x.service/worker-7.callboard/self") == "/a.slice/x.service");
  CHECK(cgroup_base("/worker-7.callboard/self") == "/");
  CHECK(cgroup_base("/x/a.callboard/worker-8.callboard/self") == "/x");
}

TEST_CASE("cpu.max gives the share of a core within what the kernel takes") {
  CHECK(cpu_max_text(1000) == "100000 100000");
  CHECK(cpu_max_text(2500) == "250000 100000");
  CHECK(cpu_max_text(10) == "1000 100000");
  CHECK(cpu_max_text(9) == "9000 1000000"); // a quota of at least a millisecond
  CHECK(cpu_max_text(1) == "1000 1000000");
  CHECK(cpu_max_text(0) == "1000 1000000");
  CHECK(cpu_max_text(4'294'967'295) == "429496729500 100000");
}

TEST_CASE("the kernel's numbers and lists are read, and nothing is taken for one that is none") {
  const auto stat = "usage_usec 5130\nuser_usec 5000\nsystem_usec 130\n";
  CHECK(number_of_key(stat, "usage_usec") == 5130u);
  CHECK(number_of_key(stat, "system_usec") == 130u);
  CHECK_FALSE(number_of_key(stat, "usage"));
  CHECK_FALSE(number_of_key("oom x\n", "oom"));
  CHECK_FALSE(number_of_key("oom\n", "oom"));
  CHECK(whole_number("104857600\n") == 104857600u);
  CHECK(whole_number("0") == 0u);
  CHECK_FALSE(whole_number("max\n"));
  CHECK_FALSE(whole_number("12 \n"));
  CHECK_FALSE(whole_number(""));
  CHECK(has_word("cpu io memory pids\n", "memory"));
  CHECK(has_word("memory\n", "memory"));
  CHECK_FALSE(has_word("cpuset hugetlb\n", "cpu"));
  CHECK_FALSE(has_word("", "cpu"));
  CHECK(numbers_of_lines("1\n22\n333\n") == std::vector<int>{1, 22, 333});
  CHECK(numbers_of_lines("1\n22\n33") == std::vector<int>{1, 22}); // cut off: perhaps 333
  CHECK(numbers_of_lines("").empty());
}
