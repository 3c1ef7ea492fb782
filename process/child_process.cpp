#include "process/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "process/open_files.hpp"
#include "process/process_memory.hpp"

namespace callboard {

namespace {

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
  out.reserve(strings.size() + 1);
  // execve takes char* for historical reasons and does not write.
  for (const auto& s : strings)
    out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

/// A process that was started with closed standard streams would get these descriptors in their place; making them the
/// child's would mix them up.
descriptor above_standard(descriptor d) {
  if (d.get() > 2)
    return d;
  descriptor higher{::fcntl(d.get(), F_DUPFD_CLOEXEC, 3)};
  if (!higher)
    throw std::system_error(errno, std::generic_category(), "fcntl");
  return higher;
}

/// For all children that want no input. Opened once.
int no_input() {
  static const descriptor null = [] {
    descriptor d{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (!d)
      throw std::system_error(errno, std::generic_category(), "/dev/null");
    return above_standard(std::move(d));
  }();
  return null.get();
}

} // namespace

std::optional<child_process::start_failure> child_process::start(const child_order& order, child_process& out) {
  pipe_ends in;
  if (order.wants_input) {
    in = make_pipe();
    in.read = above_standard(std::move(in.read));
    // A program that does not read must not hold up who writes.
    if (::fcntl(in.write.get(), F_SETFL, O_NONBLOCK) != 0)
      throw std::system_error(errno, std::generic_category(), "fcntl");
  }
  auto output = make_pipe(), errors = make_pipe();
  output.write = above_standard(std::move(output.write));
  errors.write = above_standard(std::move(errors.write));

  const auto arguments = pointers(order.arguments), environment = pointers(order.environment);
  start_plan plan;
  plan.program = order.program.c_str();
  plan.arguments = arguments.data();
  plan.environment = environment.data();
  plan.directory = order.directory.empty() ? nullptr : order.directory.c_str();
  plan.input = order.wants_input ? in.read.get() : no_input();
  plan.output = output.write.get();
  plan.errors = errors.write.get();
  plan.cgroup = order.cgroup;
  plan.ignored_signals = order.ignored_signals;
  plan.cpu_seconds = order.cpu_seconds;
  plan.address_space_bytes = order.address_space_bytes;
  plan.open_files = order.open_files;
  plan.open_files_soft = open_files_of_programs();
  const auto started = start_program(plan);
  child_process child;
  child.pid_ = started.pid;
  child.pidfd_ = descriptor{started.pidfd};
  if (plan.failed_at != start_step::none)
    return start_failure{plan.failed_at, plan.code}; // the destructor reaps it
  child.input = std::move(in.write);
  child.output = std::move(output.read);
  child.errors = std::move(errors.read);
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
  return peak_resident_bytes(pid_);
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
