#include "tests/handlers/handler_run.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

finished start(std::vector<std::string> argv, json more = json::object(), exec_settings s = {}) {
  json p{{"argv", std::move(argv)}};
  p.update(more);
  return run(*make_exec(s, 1s), p);
}

} // namespace

TEST_CASE("exec reports a program that is not there or cannot be run, for good") {
  const temporary_directory d;
  const auto plain = d.write("plain", "not a program");
  const auto odd = d.write("odd", "\x01\x02\x03");
  ::chmod(odd.c_str(), 0755);
  require_kind(start({"/no/such/program"}), kind::failed_final, "EXEC_NOT_FOUND");
  require_kind(start({"no-such-program-anywhere"}), kind::failed_final, "EXEC_NOT_FOUND");
  require_kind(start({""}), kind::failed_final, "EXEC_NOT_FOUND");
  require_kind(start({plain}), kind::failed_final, "EXEC_NOT_FOUND");
  require_kind(start({odd}), kind::failed_final, "EXEC_NOT_FOUND");
  require_kind(start({d.path()}), kind::failed_final, "EXEC_NOT_FOUND");
  const auto f = start({"true"}, {{"cwd", d.path("missing")}});
  require_kind(f, kind::failed_final, "EXEC_DIRECTORY");
  CHECK_THAT(f.outcome.message, Catch::Contains("payload.cwd"));
}

TEST_CASE("exec looks for a program in the PATH of the payload, and relative to its directory") {
  const temporary_directory d;
  const auto mine = d.write("mine", "#!/bin/sh\necho found\n");
  ::chmod(mine.c_str(), 0755);
  CHECK(start({"mine"}, {{"env", {{"PATH", "/nowhere:" + d.path()}}}}).result["stdout"] == "found\n");
  CHECK(start({"./mine"}, {{"cwd", d.path()}}).result["stdout"] == "found\n");
}

TEST_CASE("exec runs only the programs that are allowed, where there is a list") {
  exec_settings s;
  s.allowed_programs = {"/bin/echo"};
  const temporary_directory d;
  require_kind(start({"/bin/echo", "x"}, json::object(), s), kind::succeeded);
  require_kind(start({"/usr/bin/echo", "x"}, json::object(), s), kind::succeeded); // the same, by a linked directory
  require_kind(start({"echo", "x"}, json::object(), s), kind::succeeded);
  require_kind(start({"/bin/sh", "-c", "true"}, json::object(), s), kind::failed_final, "EXEC_NOT_ALLOWED");
  const auto fake = d.write("echo", "#!/bin/sh\n");
  ::chmod(fake.c_str(), 0755);
  require_kind(start({"./echo"}, {{"cwd", d.path()}}, s), kind::failed_final, "EXEC_NOT_ALLOWED");
  require_kind(start({"echo"}, {{"env", {{"PATH", d.path()}}}}, s), kind::failed_final, "EXEC_NOT_ALLOWED");
  s.enabled = false;
  require_kind(start({"/bin/echo"}, json::object(), s), kind::failed_final, "EXEC_DISABLED");
}

TEST_CASE("exec refuses names and texts that the system would misread") {
  require_kind(start({"/bin/true"}, {{"env", {{"A=B", "c"}}}}), kind::failed_final, "EXEC_INVALID");
  require_kind(start({"/bin/true"}, {{"env", {{"A", std::string("b\0c", 3)}}}}), kind::failed_final, "EXEC_INVALID");
  require_kind(start({"/bin/true", std::string("a\0b", 3)}), kind::failed_final, "EXEC_INVALID");
  require_kind(start({"/bin/true", std::string(4'000'000, 'x')}), kind::failed_final, "EXEC_INVALID");
}

TEST_CASE("exec sets the limits") {
  const auto f = start({"/bin/sh", "-c", "ulimit -n; ulimit -t; ulimit -v"},
                       {{"limits", {{"openFiles", 20}, {"cpuSeconds", 7}, {"memoryBytes", 256 << 20}}}});
  require_kind(f, kind::succeeded);
  CHECK(f.result["stdout"] == "20\n7\n262144\n");
}

TEST_CASE("exec reports a program that uses up its CPU time") {
  const auto f = start({"/bin/sh", "-c", "while :; do :; done"}, {{"limits", {{"cpuSeconds", 1}}}});
  require_kind(f, kind::failed_retryable, "EXEC_CPU_LIMIT");
  CHECK(f.result["signal"] == "SIGXCPU");
  // The kernel counts whole ticks towards the limit, and on a loaded machine some that another program had; what is
  // reported is exact. Seen: 0.88.
  CHECK(f.result["cpuSeconds"].get<double>() >= 0.5);
}

TEST_CASE("exec reports a program that uses up its memory, and how much it used") {
  const auto grow = [](int mib) { return "x=[bytearray(1<<20) for _ in range(" + std::to_string(mib) + ")]"; };
  const auto f = start({TEST_PYTHON, "-c", grow(2000)}, {{"limits", {{"memoryBytes", 400 << 20}}}});
  require_kind(f, kind::failed_retryable, "EXEC_MEMORY_LIMIT");
  CHECK_THAT(f.outcome.message, Catch::Contains("its limit is 419430400 bytes"));
  const auto used = start({TEST_PYTHON, "-c", grow(300)});
  require_kind(used, kind::succeeded);
  CHECK(used.result["peakMemoryBytes"].get<uint64_t>() > 300u << 20);
  CHECK(used.result["peakMemoryBytes"].get<uint64_t>() < 400u << 20);
  // A failure with little memory in use is not blamed on the limit, though the limit is told.
  const auto other = start({"/bin/false"}, {{"limits", {{"memoryBytes", 400 << 20}}}});
  require_kind(other, kind::failed_retryable, "EXIT_STATUS");
  CHECK_THAT(other.outcome.message, Catch::Contains("its limit is"));
}

TEST_CASE("programs per second", "[.][bench]") {
  const auto h = make_exec({}, 1s);
  constexpr int count = 2000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i)
    REQUIRE(run(*h, {{"argv", {"/bin/true"}}}).kind() == kind::succeeded);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << static_cast<int>(count / took.count()) << " programs/s on one thread\n";
}
