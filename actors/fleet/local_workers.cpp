#include "actors/fleet/local_workers.hpp"

#include "actors/runtime/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <sstream>
#include <utility>

#include "files/descriptor.hpp"
#include "files/read_file.hpp"
#include "files/write_file.hpp"
#include "process/spawn_process.hpp"

extern char** environ;

namespace callboard {

namespace {

int open_pidfd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

constexpr std::chrono::milliseconds ask_every{100};

/// For poll(2): milliseconds until then, rounded up; -1, for ever, when it never comes.
int poll_timeout(std::chrono::steady_clock::time_point until) {
  if (until == std::chrono::steady_clock::time_point::max())
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

error system_error(const std::string& what, int code) {
  return {ec::internal_error, what + ": " + std::strerror(code)};
}

} // namespace

uint64_t process_start_time(pid_t pid) {
  const auto text = read_kernel_file(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/stat").c_str());
  // The second field is the name in parentheses and may hold anything; count from its end.
  const auto end = text.rfind(')');
  if (end == std::string::npos)
    return 0;
  std::istringstream fields{text.substr(end + 1)};
  std::string field, state;
  fields >> state;
  for (int i = 4; i < 22; ++i)
    fields >> field;
  uint64_t ticks = 0;
  fields >> ticks;
  return state == "Z" || state == "X" ? 0 : ticks;
}

local_workers::local_workers(std::string file, std::function<void(pid_t, int)> on_exit)
  : file_(std::move(file)), on_exit_(std::move(on_exit)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watcher_ = std::thread{[this] { watch(); }};
}

local_workers::~local_workers() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    for (auto& [pid, c] : children_)
      ::kill(pid, SIGKILL);
  }
  wake();
  watcher_.join();
  for (const auto& [pid, fd] : leftovers_)
    ::close(fd);
  ::close(wake_);
}

void local_workers::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(wake_, &one, sizeof one);
}

bool local_workers::await_leftovers(std::chrono::milliseconds grace, std::function<void()> gone) {
  const auto list = read_file(file_);
  if (!list && list.err().code != ec::not_found)
    log().warn("{}; local workers of a scheduler before this one may still be there", list.err().message);
  std::istringstream in{list ? *list : std::string{}};
  pid_t pid = 0;
  uint64_t started = 0;
  std::map<pid_t, int> there;
  while (in >> pid >> started) {
    const int fd = open_pidfd(pid);
    if (fd < 0)
      continue;
    // The descriptor is of whoever has the pid now; only if that is still our former worker it concerns us.
    if (started == 0 || process_start_time(pid) != started || !there.emplace(pid, fd).second)
      ::close(fd);
  }
  if (there.empty())
    return true;
  {
    std::lock_guard lock{mutex_};
    leftovers_ = std::move(there);
    leftovers_gone_ = std::move(gone);
    leftovers_until_ = steady::now() + grace;
  }
  wake();
  return false;
}

result<pid_t> local_workers::start(const std::string& program, const std::vector<std::string>& arguments,
                                   const std::string& secret) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return system_error("a pipe for a local worker", errno);
  const descriptor read_end{pipe[0]};
  descriptor lifeline{pipe[1]};
  // An empty pipe takes that little at once.
  if (const auto n = ::write(lifeline.get(), secret.data(), secret.size()); n != static_cast<ssize_t>(secret.size()))
    return system_error("the lifeline of a local worker", n < 0 ? errno : EIO);
  std::vector<const char*> argv{program.c_str()};
  for (const auto& a : arguments)
    argv.push_back(a.c_str());
  argv.push_back(nullptr);
  // The pipe's own end may have the number already that it shall have in the worker.
  const descriptor handed{::fcntl(read_end.get(), F_DUPFD_CLOEXEC, lifeline_descriptor + 1)};
  if (!handed)
    return system_error("the lifeline of a local worker", errno);
  const auto started =
    spawn_process(program.c_str(), argv, environ, handed_descriptor{handed.get(), lifeline_descriptor});
  if (!started)
    return started.err();
  const pid_t pid = *started;
  {
    std::lock_guard lock{mutex_};
    children_[pid] = {open_pidfd(pid), lifeline.release(), process_start_time(pid)};
    write_down();
  }
  wake();
  return pid;
}

void local_workers::kill(pid_t pid, int signal) const {
  std::lock_guard lock{mutex_};
  // Only our own, not yet reaped children: the pid cannot have been reused.
  if (children_.count(pid) != 0)
    ::kill(pid, signal);
}

void local_workers::watch() {
  for (;;) {
    std::vector<pollfd> fds{{wake_, POLLIN, 0}};
    std::vector<pid_t> pids;
    auto until = steady::time_point::max();
    {
      std::lock_guard lock{mutex_};
      if (stopping_ && children_.empty())
        return;
      for (const auto& [pid, c] : children_) {
        fds.push_back({c.pidfd, POLLIN, 0});
        pids.push_back(pid);
      }
      for (const auto& [pid, fd] : leftovers_) {
        fds.push_back({fd, POLLIN, 0});
        until = leftovers_until_;
      }
    }
    // Without pidfd_open(2) (old kernels, strict containers) the ends are asked for instead of told.
    if (std::any_of(fds.begin() + 1, fds.end(), [](const auto& p) { return p.fd < 0; }))
      until = std::min(until, steady::now() + ask_every);
    if (::poll(fds.data(), fds.size(), poll_timeout(until)) < 0 && errno != EINTR)
      return;
    uint64_t drained;
    if (fds[0].revents != 0) [[maybe_unused]]
      auto n = ::read(wake_, &drained, sizeof drained);
    for (size_t i = 0; i < pids.size(); ++i)
      if (fds[i + 1].fd < 0 || fds[i + 1].revents != 0)
        reap(pids[i]);
    look_after_leftovers();
  }
}

void local_workers::reap(pid_t pid) {
  int status = 0;
  {
    std::lock_guard lock{mutex_};
    if (::waitpid(pid, &status, WNOHANG) != pid)
      return;
    auto c = children_.extract(pid).mapped();
    if (c.pidfd >= 0)
      ::close(c.pidfd);
    ::close(c.lifeline);
    write_down();
    if (stopping_)
      return;
  }
  on_exit_(pid, status);
}

void local_workers::look_after_leftovers() {
  std::function<void()> gone;
  {
    std::lock_guard lock{mutex_};
    if (!leftovers_gone_)
      return;
    const bool late = steady::now() >= leftovers_until_;
    std::erase_if(leftovers_, [late](const auto& leftover) {
      const auto [pid, fd] = leftover;
      pollfd p{fd, POLLIN, 0};
      if (::poll(&p, 1, 0) != 0) {
        ::close(fd);
        return true;
      }
      if (late) {
        log().warn("worker process {} of a scheduler before this one is killed", pid);
        ::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
      }
      return false;
    });
    if (late)
      leftovers_until_ = steady::time_point::max();
    if (leftovers_.empty())
      gone = std::exchange(leftovers_gone_, nullptr);
  }
  if (gone)
    gone();
}

void local_workers::write_down() {
  std::string list;
  for (const auto& [pid, c] : children_)
    list += std::to_string(pid) + ' ' + std::to_string(c.start_time) + '\n';
  if (const auto ok = replace_file(file_, list, 0600); !ok)
    log().warn("{}; a scheduler that starts after this one has been killed may not find all of its local workers",
               ok.err().message);
}

} // namespace callboard
