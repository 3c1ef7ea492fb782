#include "bench/child.hpp"

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

extern char** environ;

namespace callboard::bench {

child::child(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words)
    argv.push_back(const_cast<char*>(word.c_str())); // execvp(3) does not change them
  argv.push_back(nullptr);
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0)
    throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    // Whatever happens to this process, the program ends with it.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)
      ::_exit(127);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
}

child::child(child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {
}

child::~child() {
  kill();
}

bool child::ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_)
    pid_ = -1;
  return pid_ < 0;
}

void child::kill() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
  pid_ = -1;
}

double bare_process_rate(uint64_t count, uint32_t parallel) {
  std::string program = "/bin/true";
  char* argv[] = {program.data(), nullptr};
  uint64_t started = 0, ended = 0;
  const auto start = [&] {
    pid_t pid = 0;
    if (const auto error = ::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ); error != 0)
      throw std::system_error(error, std::generic_category(), "posix_spawn");
    ++started;
  };
  const auto begin = std::chrono::steady_clock::now();
  while (started < count && started < parallel)
    start();
  while (ended < count) {
    int status = 0;
    const auto pid = ::waitpid(0, &status, 0);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0 || status != 0)
      throw std::runtime_error("a bare process did not succeed");
    ++ended;
    if (started < count)
      start();
  }
  return static_cast<double>(count) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace callboard::bench
