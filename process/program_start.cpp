#include "process/program_start.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

// What the child runs before it is the program must not be instrumented: it never returns, and a sanitizer's books on
// the calling thread, which it shares, would stay as it left them.
#define CALLBOARD_IN_CHILD __attribute__((no_sanitize("address", "thread")))

namespace callboard {

namespace {

/// Exit code of a child that could not become the program; nobody sees it.
constexpr int start_failed_code = 127;
/// Without close_range(2) this many descriptors are closed one by one.
constexpr rlim_t closed_one_by_one_max = 65'536;
constexpr int signals_end = 65;
constexpr size_t signal_set_bytes = 8;
/// The kernel's `struct sigaction`, all zero: the default action. It is 32 bytes long on the usual machines.
constexpr size_t sigaction_bytes_max = 64;

// Below there are raw system calls only. libc's functions, or a sanitizer's in their place, may keep notes in memory,
// for example on what handles a signal, and these would be the parent's.

[[noreturn]] CALLBOARD_IN_CHILD void leave(start_plan& p, start_step at) {
  p.failed_at = at;
  p.code = errno;
  for (;;)
    ::syscall(SYS_exit_group, start_failed_code);
}

CALLBOARD_IN_CHILD void limit(int which, rlim_t soft, rlim_t hard) {
  struct rlimit now {};
  ::syscall(SYS_prlimit64, 0, which, nullptr, &now);
  const struct rlimit wanted { soft < now.rlim_max ? soft : now.rlim_max, hard < now.rlim_max ? hard : now.rlim_max };
  ::syscall(SYS_prlimit64, 0, which, &wanted, nullptr);
}

CALLBOARD_IN_CHILD void reset_signals(const start_plan& p) {
  // An ignored signal stays ignored in the program, which expects the defaults; a handler of ours must not run here.
  const char standard[sigaction_bytes_max] = {};
  for (int s = 1; s < signals_end; ++s)
    if (!p.handlers_cleared || ((p.ignored_signals >> (s - 1)) & 1) != 0)
      ::syscall(SYS_rt_sigaction, s, standard, nullptr, signal_set_bytes);
}

CALLBOARD_IN_CHILD void close_all_but_standard() {
  if (::syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
    return;
  struct rlimit files {};
  ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &files);
  const rlim_t end = files.rlim_cur < closed_one_by_one_max ? files.rlim_cur : closed_one_by_one_max;
  for (rlim_t fd = 3; fd < end; ++fd)
    ::syscall(SYS_close, static_cast<int>(fd));
}

CALLBOARD_IN_CHILD bool enter(int cgroup) {
  const auto file = static_cast<int>(::syscall(SYS_openat, cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC, 0));
  // Zero is who writes it.
  return file >= 0 && ::syscall(SYS_write, file, "0", 1) == 1;
}

[[noreturn]] CALLBOARD_IN_CHILD void become(start_plan* plan) {
  auto& p = *plan;
  reset_signals(p);
  ::syscall(SYS_setsid);
  ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The parent may have died before the line above.
  if (::syscall(SYS_getppid) != p.parent)
    leave(p, start_step::other);
  if (p.cgroup >= 0 && !enter(p.cgroup))
    leave(p, start_step::group);
  if (::syscall(SYS_dup3, p.input, 0, 0) < 0 || ::syscall(SYS_dup3, p.output, 1, 0) < 0 ||
      ::syscall(SYS_dup3, p.errors, 2, 0) < 0)
    leave(p, start_step::other);
  close_all_but_standard();
  if (p.directory && ::syscall(SYS_chdir, p.directory) != 0)
    leave(p, start_step::working_directory);
  // The soft limit's SIGXCPU says why; the hard one ends who ignores it.
  if (p.cpu_seconds != 0)
    limit(RLIMIT_CPU, p.cpu_seconds, p.cpu_seconds + 1);
  if (p.open_files != 0)
    limit(RLIMIT_NOFILE, p.open_files, p.open_files);
  else if (p.open_files_soft != 0)
    limit(RLIMIT_NOFILE, p.open_files_soft, RLIM_INFINITY);
  if (p.address_space_bytes != 0)
    limit(RLIMIT_AS, p.address_space_bytes, p.address_space_bytes);
  const uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, signal_set_bytes);
  ::syscall(SYS_execve, p.program, p.arguments, p.environment);
  leave(p, start_step::program);
}

#ifdef __x86_64__

/// clone3(2) of a child that shares our memory and runs `become` further down on this very stack, as after vfork(2).
/// libc has no function for it, and must not: a child that returned from it would take the parent's stack apart.
/// @returns the child's pid, or a negative errno.
[[gnu::noinline]] long clone_program(const clone_args& arguments, start_plan* plan) {
  long pid = SYS_clone3;
  asm volatile("syscall\n\t"
               "test %%rax, %%rax\n\t"
               "jnz 1f\n\t"
               // The child. Below what the compiler may have put beyond the end of the stack, and aligned for a call.
               "sub $128, %%rsp\n\t"
               "and $-16, %%rsp\n\t"
               "mov %[plan], %%rdi\n\t"
               "call *%[become]\n\t"
               "hlt\n"
               "1:"
               : "+a"(pid)
               : "D"(&arguments), "S"(sizeof arguments), [plan] "r"(plan), [become] "r"(&become)
               : "rcx", "r11", "memory", "cc");
  return pid;
}

#else

long clone_program(const clone_args&, start_plan*) {
  return -ENOSYS;
}

#endif

/// The kernel, or a filter before it, does not know clone3(2) with these flags.
bool is_unknown(int code) {
  return code == ENOSYS || code == EINVAL || code == E2BIG || code == EPERM;
}

/// No child may start in this cgroup: it is gone, another user's, or not of the kind that has processes.
bool is_of_cgroup(int code) {
  return code == ENODEV || code == EACCES || code == EBUSY || code == EOPNOTSUPP || code == EBADF;
}

[[gnu::noinline]] pid_t vfork_program(start_plan* plan) {
  // A signal handler of ours must not run in the child.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::vfork();
  if (child == 0)
    become(plan);
  const int code = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0)
    throw std::system_error(code, std::generic_category(), "vfork");
  return child;
}

} // namespace

started_program start_program(start_plan& plan) {
  static std::atomic<bool> clone3_is_unknown{false};
  plan.parent = ::getpid();
  if (!clone3_is_unknown) {
    auto in_child = plan;
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    arguments.exit_signal = SIGCHLD;
    arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    // Born there, it need not move there, for which the kernel stops everybody.
    if (plan.cgroup >= 0) {
      arguments.flags |= CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<uint64_t>(plan.cgroup);
    }
    in_child.cgroup = -1;
    in_child.handlers_cleared = true;
    const long pid = clone_program(arguments, &in_child);
    if (pid > 0) {
      plan.failed_at = in_child.failed_at;
      plan.code = in_child.code;
      return {static_cast<pid_t>(pid), pidfd};
    }
    const auto code = static_cast<int>(-pid);
    if (plan.cgroup >= 0 && is_of_cgroup(code)) {
      plan.failed_at = start_step::group;
      plan.code = code;
      return {};
    }
    if (!is_unknown(code))
      throw std::system_error(code, std::generic_category(), "clone3");
    clone3_is_unknown = true;
  }
  plan.handlers_cleared = false;
  const auto pid = vfork_program(&plan);
  return {pid, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u))};
}

uint64_t ignored_signals() {
  uint64_t out = 0;
  for (int s = 1; s < signals_end; ++s) {
    struct sigaction now {};
    if (::sigaction(s, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN)
      out |= uint64_t{1} << (s - 1);
  }
  return out;
}

} // namespace callboard
