#include "process/spawn_process.hpp"

#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>

namespace callboard {

result<pid_t> spawn_process(const char* path, const std::vector<const char*>& argv, const char* const* environment,
                            std::optional<handed_descriptor> handed) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  // Clears close-on-exec, as it would not if both were one number.
  if (handed)
    ::posix_spawn_file_actions_adddup2(&files, handed->ours, handed->theirs);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  // char* for historical reasons: nothing is written to.
  const int failed = ::posix_spawn(&pid, path, &files, &attributes, const_cast<char* const*>(argv.data()),
                                   const_cast<char* const*>(environment));
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    return error{ec::internal_error, std::string{path} + " cannot be started: " + std::strerror(failed)};
  return pid;
}

} // namespace callboard
