#include "core/job/job.hpp"
#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/named_pipe.hpp"

#include <sys/wait.h>

#include <csignal>
#include <iostream>

#include "process/cgroup/cgroup_base.hpp"
#include "process/cgroup/job_cgroups.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

// The real hierarchy of this machine, where it can be used. cgroup_kernel.py runs these in others.

namespace {

constexpr uint64_t mib = 1u << 20;

/// CALLBOARD_TEST_CGROUPS=all: it is an error when something cannot be tested here.
bool skip(const std::string& why) {
  const char* wish = std::getenv("CALLBOARD_TEST_CGROUPS");
  if (wish && wish == std::string{"all"})
    FAIL("cannot be tested: " << why);
  std::cout << "skipped: " << why << "\n";
  return true;
}

/// None: the test is skipped, and the reason printed.
std::shared_ptr<job_cgroups> open_groups() {
  auto opened = job_cgroups::open("auto");
  if (!opened.groups)
    skip(opened.words);
  return opened.groups;
}

std::string own_group() {
  return find_cgroup_base("auto").origin;
}

finished sh(const std::shared_ptr<job_cgroups>& groups, const std::string& script, reserved r) {
  return run(*make_exec({}, 10s, groups), {{"argv", {"/bin/sh", "-c", script}}}, r);
}

/// Shell code that prints a file of the shell's own group.
std::string show(const std::string& file) {
  return "cat $(awk '$3 == \"cgroup2\" { print $2; exit }' /proc/mounts)$(sed -n 's/^0:://p' /proc/self/cgroup)/" +
         file + "\n";
}

const std::string attempt_name = to_string(test_job) + ".77";

} // namespace

TEST_CASE("a worker has a group of its own as long as it lives", "[cgroup]") {
  const auto before = own_group();
  std::string inside;
  {
    const auto groups = open_groups();
    if (!groups)
      return;
    inside = own_group();
    CHECK_THAT(inside, Catch::EndsWith("/worker-" + std::to_string(::getpid()) + ".callboard/self"));
  }
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path{inside}.parent_path()));
  // Where it was, or beside where it was: a group with limited groups in it must not have processes itself.
  CHECK((own_group() == before || own_group() == before + "/main.callboard"));
}

TEST_CASE("a program that reserves something runs in a group of its own, and no other", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups)
    return;
  const auto r = GENERATE(reserved{64 * mib, 0}, reserved{0, 500}, reserved{64 * mib, 500});
  const auto f = sh(groups, "sed -n 's/^0:://p' /proc/self/cgroup", r);
  require_kind(f, kind::succeeded);
  CHECK_THAT(f.result["stdout"].get<std::string>(), Catch::EndsWith(".callboard/" + attempt_name + "\n"));
  const auto worker = std::filesystem::path{own_group()}.parent_path();
  CHECK_FALSE(std::filesystem::exists(worker / attempt_name));
  CHECK_THAT(sh(groups, "sed -n 's/^0:://p' /proc/self/cgroup", {}).result["stdout"].get<std::string>(),
             Catch::EndsWith(".callboard/self\n"));
  const auto missing = run(*make_exec({}, 10s, groups), {{"argv", {"/no/such/program"}}}, r);
  require_kind(missing, kind::failed_final, "EXEC_NOT_FOUND");
  CHECK_FALSE(std::filesystem::exists(worker / attempt_name));
}

TEST_CASE("a group has the limits that were reserved", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups || ((!groups->holds_memory() || !groups->holds_cpu()) && skip("no memory or cpu controller")))
    return;
  const auto f = sh(groups, show("memory.max") + show("memory.oom.group") + show("cpu.max"), {64 * mib, 250});
  require_kind(f, kind::succeeded);
  CHECK(f.result["stdout"] == "67108864\n1\n25000 100000\n");
}

TEST_CASE("what left the session ends with its attempt", "[cgroup]") {
  const temporary_directory d;
  fifo signs{d};
  const auto groups = open_groups();
  if (!groups)
    return;
  const auto go = d.path("go");
  REQUIRE(::mkfifo(go.c_str(), 0600) == 0);
  const auto f = sh(groups,
                    "setsid sh -c 'exec > " + signs.path + "; echo there; echo > " + go +
                      "; exec sleep 1000' &\nread line < " + go + "\n",
                    {0, 1000});
  require_kind(f, kind::succeeded);
  CHECK(signs.line() == "there\n");
  CHECK(signs.line().empty());
}

TEST_CASE("the CPU time of what nobody waited for counts", "[cgroup]") {
  const temporary_directory d;
  const auto groups = open_groups();
  if (!groups)
    return;
  const auto go = d.path("go");
  REQUIRE(::mkfifo(go.c_str(), 0600) == 0);
  // The program ends when a grandchild, which nobody waits for, has used up a second by its own clock, which is exact.
  const std::string burn = TEST_PYTHON " -c 'import time\nwhile time.process_time() < 1: pass'";
  const auto f =
    sh(groups, "((" + burn + "; echo > " + go + "; exec sleep 1000) &)\nread line < " + go + "\n", {0, 1000});
  require_kind(f, kind::succeeded);
  CHECK(f.outcome.usage.cpu_us >= 900'000);
}

TEST_CASE("the memory of all that is in a group is held", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups)
    return;
  if (!groups->holds_memory())
    std::cout << "no memory controller here: memory is checked by polling\n";
  // dd has its 100 MiB as long as nobody reads them. Not in the session, so that only the group knows it.
  const auto f = sh(groups, "setsid -w sh -c 'dd if=/dev/zero bs=100M count=1 | sleep 1000'", {50 * mib});
  require_kind(f, kind::failed_retryable, std::string{job_error_code::out_of_memory});
  CHECK(f.result["signal"] == "SIGKILL");
  CHECK(f.outcome.usage.peak_memory_bytes >= 45 * mib);
  CHECK(f.outcome.usage.peak_memory_bytes < 150 * mib);
  CHECK(f.outcome.usage.cpu_us > 0);
}

TEST_CASE("the kernel's own measure of memory is reported", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups || (!groups->holds_memory() && skip("no memory controller")))
    return;
  const auto f = sh(groups, "dd if=/dev/zero of=/dev/null bs=50M count=1", {100 * mib});
  require_kind(f, kind::succeeded);
  CHECK(f.outcome.usage.peak_memory_bytes >= 50 * mib);
  CHECK(f.outcome.usage.peak_memory_bytes < 100 * mib);
}

TEST_CASE("a reservation in which nothing can start fails the attempt and not the worker", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups || (!groups->holds_memory() && skip("no memory controller")))
    return;
  const auto f = run(*make_exec({}, 10s, groups), {{"argv", {"/bin/true", std::string(100'000, 'x')}}}, {4096});
  require_kind(f, kind::failed_retryable, std::string{job_error_code::out_of_memory});
}

TEST_CASE("the CPU of a group is held", "[cgroup]") {
  const auto groups = open_groups();
  if (!groups || (!groups->holds_cpu() && skip("no cpu controller")))
    return;
  const auto f = sh(groups, "timeout 3 sh -c 'while :; do :; done'; true", {0, 200});
  require_kind(f, kind::succeeded);
  // A fifth of the time, and some for the coarse clock of a virtual machine.
  CHECK(f.outcome.usage.cpu_us < 300 * f.result["durationMs"].get<int64_t>());
}

TEST_CASE("a kill -9 of a worker leaves nothing behind once the next one starts", "[cgroup]") {
  const temporary_directory d;
  fifo signs{d};
  if (const auto groups = open_groups(); !groups)
    return;
  const auto reserves = GENERATE(false, true);
  const pid_t worker = ::fork();
  if (worker == 0) {
    const auto groups = job_cgroups::open("auto").groups;
    sh(groups, "setsid sh -c 'echo there; exec sleep 1000' > " + signs.path + " & exec sleep 1000",
       reserves ? reserved{0, 1000} : reserved{});
    ::_exit(0);
  }
  CHECK(signs.line() == "there\n");
  // A worker that lives is left alone.
  job_cgroups::end_left_overs("auto");
  CHECK(::waitpid(worker, nullptr, WNOHANG) == 0);
  ::kill(worker, SIGKILL);
  REQUIRE(::waitpid(worker, nullptr, 0) == worker);
  const auto next = open_groups();
  REQUIRE(next);
  CHECK(signs.line().empty());
  const auto base = std::filesystem::path{own_group()}.parent_path().parent_path();
  CHECK_FALSE(std::filesystem::exists(base / ("worker-" + std::to_string(worker) + ".callboard")));
}
