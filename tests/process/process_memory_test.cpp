#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "process/process_memory.hpp"
#include "process/process_sessions.hpp"

using namespace callboard;

TEST_CASE("lines of proc(5) are summed by their labels") {
  const auto text =
    "Name:\tRssAnon: 7 kB\nVmHWM:\t    1952 kB\nRssAnon:\t     144 kB\nRssFile:\t1808 kB\nRssShmem:\t 16 kB\n"
    "VmSwap:\t 4 kB";
  CHECK(sum_of_lines(text, {"VmHWM"}) == 1952u * 1024);
  CHECK(sum_of_lines(text, {"RssAnon", "RssShmem", "VmSwap"}) == (144u + 16 + 4) * 1024);
  CHECK(sum_of_lines(text, {"Rss"}) == 0);
  CHECK(sum_of_lines(text, {}) == 0);
  CHECK(sum_of_lines("", {"VmHWM"}) == 0);
  CHECK(sum_of_lines("no colon\n:\nVmHWM:\n", {"VmHWM"}) == 0);
}

TEST_CASE("the memory of a process is what it uses") {
  const auto before = used_bytes(::getpid());
  std::vector<char> some(64u << 20, 'x');
  const auto after = used_bytes(::getpid());
  CHECK(after >= before + (60u << 20));
  CHECK(after < before + (80u << 20));
  CHECK(peak_resident_bytes(::getpid()) >= 64u << 20);
  if (const auto exact = proportional_used_bytes(::getpid())) {
    CHECK(*exact >= 60u << 20);
    CHECK(*exact <= after + (1u << 20));
  }
  CHECK(some.back() == 'x');
  CHECK(used_bytes(0) == 0);
  CHECK(peak_resident_bytes(0) == 0);
  CHECK_FALSE(proportional_used_bytes(0));
}

TEST_CASE("the members of a session are found among all processes") {
  process_sessions sessions{std::chrono::milliseconds{0}};
  const auto mine = sessions.members(::getsid(0));
  const auto me = std::find_if(mine.begin(), mine.end(), [](const auto& m) { return m.pid == ::getpid(); });
  REQUIRE(me != mine.end());
  CHECK(me->group == ::getpgrp());
  CHECK(sessions.members(-1).empty());
}
