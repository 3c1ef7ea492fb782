#include "tests/handlers/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace callboard::test {

namespace {

/// A server that says nothing for so long has failed.
constexpr int patience_ms = 30'000;

void check(int code, const char* what) {
  if (code != 0)
    throw std::system_error(code, std::generic_category(), what);
}

} // namespace

server_process::server_process(const std::string& script, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {TEST_PYTHON, "-B", std::string{TEST_SERVERS} + "/" + script});
  std::vector<char*> argv;
  for (auto& a : arguments)
    argv.push_back(a.data());
  argv.push_back(nullptr);
  int in[2], out[2];
  check(::pipe2(in, O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  check(::pipe2(out, O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  const int code = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  check(code, "start of a test server");
  port_ = next_event().at("port");
}

server_process::~server_process() {
  // The end of its input ends it as well; this does not depend on it.
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(in_);
  ::close(out_);
}

nlohmann::json server_process::next_event() {
  for (;;) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      auto event = nlohmann::json::parse(pending_.substr(0, end));
      pending_.erase(0, end + 1);
      return event;
    }
    pollfd p{out_, POLLIN, 0};
    if (::poll(&p, 1, patience_ms) <= 0)
      throw std::runtime_error("the test server says nothing");
    char buffer[4096];
    const auto n = ::read(out_, buffer, sizeof buffer);
    if (n <= 0)
      throw std::runtime_error("the test server has ended");
    pending_.append(buffer, static_cast<size_t>(n));
  }
}

bool server_process::has_event() const {
  pollfd p{out_, POLLIN, 0};
  return pending_.find('\n') != std::string::npos || ::poll(&p, 1, 0) > 0;
}

} // namespace callboard::test
