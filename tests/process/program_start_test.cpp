#include "tests/handlers/handler_run.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include "process/open_files.hpp"
#include "process/program_start.hpp"

using namespace callboard;
using namespace callboard::test;
using kind = outcome_kind;

namespace {

/// From now on this process cannot use clone3(2), as in some containers.
bool forbid_clone3() {
  std::array<sock_filter, 4> filter{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                                     {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_clone3},
                                     {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
                                     {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
  const sock_fprog program{filter.size(), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
         ::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS;
}

bool starts_programs() {
  const auto h = make_exec({}, std::chrono::seconds{1});
  ::signal(SIGUSR1, SIG_IGN);
  const auto good = run(*h, {{"argv", {"/bin/sh", "-c", "grep SigIgn /proc/self/status; ls /proc/self/fd | wc -l"}}});
  const auto bad = run(*h, {{"argv", {"/no/such/program"}}});
  return good.kind() == kind::succeeded && good.result["stdout"] == "SigIgn:\t0000000000000000\n4\n" &&
         bad.kind() == kind::failed_final && bad.outcome.code == "EXEC_NOT_FOUND";
}

} // namespace

TEST_CASE("programs are started without clone3(2), too") {
  // In a process of its own, because a filter cannot be taken away.
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(!forbid_clone3() ? 2 : starts_programs() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("this process may open as many files as it can get, programs get the limit from before") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 200;
  REQUIRE(limit.rlim_max > limit.rlim_cur);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto limits_of_a_program = [](const json& limits = json::object()) {
    const json p{{"argv", {"/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"}}, {"limits", limits}};
    return run(*make_exec({}, std::chrono::seconds{1}), p).result["stdout"].get<std::string>();
  };
  const auto before = limits_of_a_program(), hard = before.substr(before.find('\n'));
  CHECK(before == "200" + hard);
  CHECK(raise_open_files() == limit.rlim_max);
  CHECK(limits_of_a_program() == "200" + hard);
  CHECK(limits_of_a_program({{"openFiles", 300}}) == "300\n300\n");
  // Of a process that inherits the raised one.
  CHECK(raise_open_files(100) == limit.rlim_max);
  CHECK(limits_of_a_program() == "100" + hard);
}

TEST_CASE("what a child leaves on the stack of the thread that starts it is not seen there") {
  // A child that fails has run the most of our code on it.
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  REQUIRE(null > 2);
  const std::array<char*, 1> none{};
  for (int i = 0; i < 100; ++i) {
    std::array<int, 64> mine;
    mine.fill(i);
    start_plan plan;
    plan.program = "/no/such/program";
    plan.arguments = plan.environment = none.data();
    plan.input = plan.output = plan.errors = null;
    plan.open_files = 100;
    const auto started = start_program(plan);
    REQUIRE(started.pid > 0);
    CHECK(plan.failed_at == start_step::program);
    CHECK(plan.code == ENOENT);
    CHECK(std::all_of(mine.begin(), mine.end(), [i](int x) { return x == i; }));
    ::close(started.pidfd);
    REQUIRE(::waitpid(started.pid, nullptr, 0) == started.pid);
  }
  ::close(null);
}

TEST_CASE("ignored signals are known") {
  const auto before = ::signal(SIGUSR2, SIG_IGN);
  CHECK((ignored_signals() >> (SIGUSR2 - 1) & 1) == 1);
  ::signal(SIGUSR2, SIG_DFL);
  CHECK((ignored_signals() >> (SIGUSR2 - 1) & 1) == 0);
  ::signal(SIGUSR2, before);
}
