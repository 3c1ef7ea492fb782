#include "cli/doctor/checks.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE("writes with fsync are judged by their median, their worst and where they go") {
  const auto many = [](duration usual, duration worst) {
    std::vector<duration> times(20, usual);
    times[3] = worst;
    return times;
  };
  const auto good = judge_fsync(many(2ms, 90ms), false);
  CHECK(good.result == check_result::ok);
  CHECK(good.text == "20 writes with fsync: median 2ms, worst 90ms");
  CHECK(good.advice.empty());
  CHECK(judge_fsync(many(21ms, 22ms), false).result == check_result::warning);
  CHECK(judge_fsync(many(2ms, 600ms), false).result == check_result::warning);
  const auto memory = judge_fsync(many(10us, 20us), true);
  CHECK(memory.result == check_result::warning);
  CHECK(memory.text.find("tmpfs") != std::string::npos);
}

TEST_CASE("room on the disk is counted in bytes and in files") {
  constexpr uint64_t gib = 1 << 30, mib = 1 << 20;
  CHECK(judge_disk_space(20 * gib, 1'000'000, true).result == check_result::ok);
  CHECK(judge_disk_space(20 * gib, 1'000'000, true).text == "20 GiB free, room for 1000000 files");
  CHECK(judge_disk_space(500 * mib, 1'000'000, true).result == check_result::warning);
  CHECK(judge_disk_space(50 * mib, 1'000'000, true).result == check_result::failed);
  CHECK(judge_disk_space(20 * gib, 5'000, true).result == check_result::warning);
  CHECK(judge_disk_space(20 * gib, 5, true).result == check_result::failed);
  CHECK(judge_disk_space(20 * gib, 0, false).result == check_result::ok);
}

TEST_CASE("limits of the machine are compared with what the settings can need") {
  CHECK(judge_open_files(5096, 5096).result == check_result::ok);
  CHECK(judge_open_files(UINT64_MAX, 5096).text == "any number of files may be open, 5096 can be needed");
  const auto few = judge_open_files(1024, 5096);
  CHECK(few.result == check_result::warning);
  CHECK(few.advice.find("LimitNOFILE=") != std::string::npos);
  CHECK(judge_processes(10, 9).result == check_result::ok);
  CHECK(judge_processes(10, 11).result == check_result::warning);
  CHECK(judge_memory(10 << 20, 9 << 20).result == check_result::ok);
  CHECK(judge_memory(10 << 20, 11 << 20).text.starts_with("10 MiB available, 11 MiB can be needed"));
  CHECK(judge_memory(10 << 20, 11 << 20).result == check_result::warning);
}

TEST_CASE("clocks that are apart, or that nobody sets, are told of") {
  CHECK(judge_clock(duration{0}, true).result == check_result::ok);
  CHECK(judge_clock(duration{0}, true).text == "as the scheduler's; synchronised");
  CHECK(judge_clock({}, {}).result == check_result::ok);
  CHECK(judge_clock({}, {}).text == "no scheduler to compare with");
  CHECK(judge_clock(2s, {}).result == check_result::ok);
  CHECK(judge_clock(3s, {}).text == "3s ahead of the scheduler's clock");
  CHECK(judge_clock(3s, {}).result == check_result::warning);
  CHECK(judge_clock(-3s, {}).text == "3s behind the scheduler's clock");
  CHECK(judge_clock(-6min, true).result == check_result::failed);
  CHECK(judge_clock(duration{0}, false).result == check_result::warning);
}

TEST_CASE("a machine without a time zone cannot have schedules in it") {
  constexpr std::array<std::string_view, 2> some{"UTC", "Nowhere/At_All"};
  CHECK(judge_time_zones(std::span{some}.first(1)).result == check_result::ok);
  const auto none = judge_time_zones(some);
  CHECK(none.result == check_result::failed);
  CHECK(none.text.find("Nowhere/At_All") != std::string::npos);
}
