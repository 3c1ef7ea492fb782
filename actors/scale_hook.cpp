#include "actors/scale_hook.hpp"

#include "actors/log.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace callboard {

namespace {

std::string in_words(const std::string& program, const std::vector<std::string>& arguments) {
  std::string text = program;
  for (const auto& a : arguments)
    text += " " + a;
  return text;
}

} // namespace

void run_scale_hook(const std::string& program, std::vector<std::string> arguments) {
  const auto words = in_words(program, arguments);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto& a : arguments)
    argv.push_back(a.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, program.c_str(), &files, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (code != 0)
    return log().error("the scaling command {} cannot be started: {}", words, std::strerror(code));
  log().info("scaling command: {}", words);
  std::thread{[pid, words] {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      return;
    log().error("the scaling command {} failed: {}", words,
                WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                    : "exit code " + std::to_string(WEXITSTATUS(status)));
  }}.detach();
}

} // namespace callboard
