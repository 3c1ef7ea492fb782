#include "actors/fleet/scale_command.hpp"

#include "actors/runtime/log.hpp"
#include "actors/runtime/thread_name.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "process/open_files.hpp"
#include "process/spawn_process.hpp"

extern char** environ;

namespace callboard {

namespace {

using clock = std::chrono::steady_clock;

/// Exit code of a shell that cannot find the program that it is to become.
constexpr int not_found = 127;

/// Pace of asking whether the program has ended, on kernels without pidfd_open(2); the most that one wait takes.
constexpr std::chrono::milliseconds ask_every{50}, wait_max{std::chrono::minutes{1}};

/// posix_spawn(3) sets no limits, so a shell does before it becomes the program: $0 is the limit of open files.
constexpr const char* shell = "/bin/sh";
constexpr const char* become_program = "[ \"$0\" = 0 ] || ulimit -S -n \"$0\"; exec \"$@\"";

/// Of NAME=value. Of two with one name some programs take the first, others the last.
bool same_name(std::string_view a, std::string_view b) {
  return a.substr(0, a.find('=')) == b.substr(0, b.find('='));
}

/// Error: internal_error with the reason.
result<pid_t> start(const std::string& program, const scale_command::order& o) {
  const auto limit = std::to_string(open_files_of_programs());
  std::vector<const char*> argv{shell, "-c", become_program, limit.c_str(), program.c_str()}, environment;
  for (auto& a : o.arguments)
    argv.push_back(a.c_str());
  for (auto& e : o.environment)
    environment.push_back(e.c_str());
  for (auto** ours = environ; *ours != nullptr; ++ours)
    if (std::none_of(o.environment.begin(), o.environment.end(), [&](const auto& e) { return same_name(e, *ours); }))
      environment.push_back(*ours);
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  return spawn_process(shell, argv, environment.data());
}

} // namespace

scale_command::scale_command(std::string program, duration limit, std::function<void(failure)> on_end)
  : program_(std::move(program)), limit_(limit), on_end_(std::move(on_end)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread{[this] { work(); }};
}

scale_command::~scale_command() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  const uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void scale_command::call(order o) {
  {
    const std::lock_guard lock{mutex_};
    next_ = std::move(o);
  }
  changed_.notify_all();
}

void scale_command::work() {
  name_thread("scale-command");
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || next_; });
    if (stopping_)
      return;
    const auto o = *std::exchange(next_, std::nullopt);
    lock.unlock();
    auto why = run(o);
    lock.lock();
    if (stopping_)
      return;
    lock.unlock();
    on_end_(std::move(why));
    lock.lock();
  }
}

scale_command::failure scale_command::run(const order& o) const {
  const auto pid = start(program_, o);
  return pid ? await_end(*pid) : failure{pid.err().message};
}

scale_command::failure scale_command::await_end(pid_t pid) const {
  const descriptor watch{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  auto until = clock::now() + limit_;
  bool late = false;
  for (int status = 0;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds{0}, watch ? wait_max : ask_every);
    pollfd set[]{{watch.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(set, 2, static_cast<int>(wait.count()));
    if (const auto ended = ::waitpid(pid, &status, WNOHANG); ended == pid) {
      if (late)
        return "it took longer than autoscale.command_patience";
      if (WIFSIGNALED(status))
        return "it was ended by signal " + std::to_string(WTERMSIG(status));
      if (const auto code = WEXITSTATUS(status); code != 0)
        return "its exit code was " + std::to_string(code) + (code == not_found ? " (a program was not found)" : "");
      return std::nullopt;
    } else if (ended < 0 && errno != EINTR) {
      return std::string{"its end cannot be seen: "} + std::strerror(errno);
    }
    if (set[1].revents != 0)
      return std::nullopt; // nobody wants to know any more
    if (clock::now() >= until) {
      ::kill(-pid, late ? SIGKILL : SIGTERM);
      until += kill_grace;
      late = true;
    }
  }
}

} // namespace callboard
