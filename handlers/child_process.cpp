#include "handlers/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>
#include <system_error>

namespace callboard {

namespace {

using step = child_process::start_failure::step;

/// Exit code of a child that could not become the program; nobody sees it, the reason travels through a pipe.
constexpr int start_failed_code = 127;
/// Without close_range(2) this many descriptors are closed one by one.
constexpr rlim_t closed_one_by_one_max = 65'536;

struct pipe_ends {
  descriptor read;
  descriptor write;
};

pipe_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  return {descriptor{ends[0]}, descriptor{ends[1]}};
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  // execve takes char* for historical reasons and does not write.
  for (const auto& s : strings)
    out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Everything the child needs, prepared before it exists: between vfork and exec it may neither allocate nor lock.
struct start_plan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  int input;
  int output;
  int errors;
  int report;
  pid_t parent;
  uint64_t cpu_seconds;
  uint64_t memory_bytes;
  uint64_t open_files;
};

[[noreturn]] void leave(const start_plan& p, step at, int code) {
  const child_process::start_failure f{at, code};
  static_cast<void>(!::write(p.report, &f, sizeof f));
  ::_exit(start_failed_code);
}

void limit(int which, rlim_t soft, rlim_t hard) {
  struct rlimit now {};
  ::getrlimit(static_cast<__rlimit_resource>(which), &now);
  const struct rlimit wanted { std::min(soft, now.rlim_max), std::min(hard, now.rlim_max) };
  ::setrlimit(static_cast<__rlimit_resource>(which), &wanted);
}

void close_all_but_standard(int keep) {
  // `keep` is the report, which exec closes.
  if (keep > 3)
    ::syscall(SYS_close_range, 3u, static_cast<unsigned>(keep - 1), 0u);
  if (::syscall(SYS_close_range, static_cast<unsigned>(keep) + 1, ~0u, 0u) == 0)
    return;
  struct rlimit files {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const int end = static_cast<int>(std::min(files.rlim_cur, closed_one_by_one_max));
  for (int fd = 3; fd < end; ++fd)
    if (fd != keep)
      ::close(fd);
}

/// Runs in the child, on the parent's memory: async-signal-safe calls only.
[[noreturn]] void become(const start_plan& p) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != p.parent)
    ::_exit(start_failed_code);
  // An ignored signal stays ignored across exec; the program expects the defaults.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; ++s)
    ::sigaction(s, &standard, nullptr);
  // The pipes' descriptors are above 2, see `above_standard`.
  if (::dup2(p.input, 0) < 0 || ::dup2(p.output, 1) < 0 || ::dup2(p.errors, 2) < 0)
    leave(p, step::other, errno);
  close_all_but_standard(p.report);
  if (p.directory && ::chdir(p.directory) != 0)
    leave(p, step::working_directory, errno);
  // The soft limit's SIGXCPU says why; the hard one ends who ignores it.
  if (p.cpu_seconds != 0)
    limit(RLIMIT_CPU, p.cpu_seconds, p.cpu_seconds + 1);
  if (p.open_files != 0)
    limit(RLIMIT_NOFILE, p.open_files, p.open_files);
  if (p.memory_bytes != 0)
    limit(RLIMIT_AS, p.memory_bytes, p.memory_bytes);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(p.program, p.arguments, p.environment);
  leave(p, step::program, errno);
}

/// vfork: the parent's memory is not copied, which is what makes short programs cheap to start. The calling thread
/// waits until the child has become the program; others run on.
[[gnu::noinline]] pid_t spawn(const start_plan& plan) {
  // A signal handler of ours must not run in the child, which shares our memory.
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

/// A process that was started with closed standard streams would get them as pipes; dup2 onto them would mix them up.
descriptor above_standard(descriptor d) {
  if (d.get() > 2)
    return d;
  descriptor higher{::fcntl(d.get(), F_DUPFD_CLOEXEC, 3)};
  if (!higher)
    throw std::system_error(errno, std::generic_category(), "fcntl");
  return higher;
}

void make_nonblocking(const descriptor& d) {
  ::fcntl(d.get(), F_SETFL, O_NONBLOCK);
}

} // namespace

std::optional<child_process::start_failure> child_process::start(const child_order& order, child_process& out) {
  pipe_ends in;
  if (order.wants_input)
    in = make_pipe();
  else
    in.read = descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!in.read)
    throw std::system_error(errno, std::generic_category(), "/dev/null");
  auto output = make_pipe(), errors = make_pipe(), report = make_pipe();
  in.read = above_standard(std::move(in.read));
  output.write = above_standard(std::move(output.write));
  errors.write = above_standard(std::move(errors.write));
  report.write = above_standard(std::move(report.write));

  const auto arguments = pointers(order.arguments), environment = pointers(order.environment);
  child_process child;
  child.pid_ = spawn({order.program.c_str(), arguments.data(), environment.data(),
                      order.directory.empty() ? nullptr : order.directory.c_str(), in.read.get(), output.write.get(),
                      errors.write.get(), report.write.get(), ::getpid(), order.cpu_seconds, order.memory_bytes,
                      order.open_files});
  report.write.reset();
  start_failure failure;
  ssize_t n;
  do
    n = ::read(report.read.get(), &failure, sizeof failure);
  while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof failure)) {
    child.reap();
    return failure;
  }
  child.pidfd_ = descriptor{static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0u))};
  child.input = std::move(in.write);
  child.output = std::move(output.read);
  child.errors = std::move(errors.read);
  for (const auto* d : {&child.input, &child.output, &child.errors})
    if (*d)
      make_nonblocking(*d);
  std::swap(out, child);
  return std::nullopt;
}

child_process::~child_process() {
  if (pid_ == 0)
    return;
  signal_group(SIGKILL);
  reap();
}

bool child_process::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

uint64_t child_process::peak_memory_now() const {
  constexpr std::string_view label = "VmHWM:";
  const descriptor file{::open(("/proc/" + std::to_string(pid_) + "/status").c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 4096> buffer;
  const auto n = ::read(file.get(), buffer.data(), buffer.size());
  const std::string_view text{buffer.data(), n > 0 ? static_cast<size_t>(n) : 0};
  const auto at = text.find(label);
  if (at == std::string_view::npos)
    return 0;
  const auto number = text.substr(std::min(text.find_first_of("0123456789", at), text.size()));
  uint64_t kib = 0;
  std::from_chars(number.data(), number.data() + number.size(), kib);
  return kib * 1024;
}

void child_process::signal_group(int number) const {
  // As long as the child is not reaped its number, and so the group's, belongs to nobody else.
  ::kill(-pid_, number);
}

child_end child_process::reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {}
  signal_group(SIGKILL);
  child_end end;
  int status = 0;
  while (::wait4(pid_, &status, 0, &end.usage) < 0 && errno == EINTR) {}
  pid_ = 0;
  if (WIFSIGNALED(status))
    end.signal = WTERMSIG(status);
  else
    end.exit_code = WEXITSTATUS(status);
  return end;
}

} // namespace callboard
