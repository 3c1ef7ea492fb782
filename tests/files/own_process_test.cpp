#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "files/own_process.hpp"

using namespace callboard;

TEST_CASE("the figures of this process follow what it does") {
  const auto before = own_process();
  REQUIRE(before.open_fds);
  REQUIRE(before.resident_bytes);
  REQUIRE(before.threads);
  constexpr size_t block = 64u << 20;
  const std::vector<char> memory(block, 'x');
  const int fd = ::open("/dev/null", O_RDONLY);
  REQUIRE(fd >= 0);
  std::optional<uint64_t> threads;
  std::thread{[&] { threads = own_process().threads; }}.join();
  const auto after = own_process();
  ::close(fd);
  CHECK(after.open_fds == *before.open_fds + 1);
  CHECK(after.resident_bytes.value() >= *before.resident_bytes + block / 2);
  CHECK(after.virtual_bytes.value() >= after.resident_bytes.value());
  CHECK(threads == *before.threads + 1);
  CHECK(after.cpu_time.value() > before.cpu_time.value());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(after.max_fds == limit.rlim_cur);
}

TEST_CASE("a process knows when it was started") {
  const auto x = own_process();
  REQUIRE(x.started_at);
  const auto now = std::chrono::floor<duration>(std::chrono::system_clock::now());
  CHECK(*x.started_at <= now + std::chrono::seconds{2}); // the boot time is told in whole seconds
  CHECK(*x.started_at > now - std::chrono::hours{1});
  CHECK(own_process().started_at == x.started_at);
}
