#pragma once

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "files/descriptor.hpp"

namespace callboard::test {

/// A second process. It and the test write to each other, one byte at a time.
class forked {
public:
  /// What the child may do: `say` a byte and `hear` one. Its exit code is what the function returns.
  struct ends {
    descriptor in, out;
    void say(char c) const {
      if (::write(out.get(), &c, 1) != 1)
        ::_exit(90);
    }
    /// 0 when the other side is gone.
    char hear() const {
      char c = 0;
      return ::read(in.get(), &c, 1) == 1 ? c : '\0';
    }
  };

  explicit forked(const std::function<int(ends&)>& work) {
    int down[2], up[2];
    REQUIRE(::pipe(down) == 0);
    REQUIRE(::pipe(up) == 0);
    ends child{descriptor{down[0]}, descriptor{up[1]}};
    ours = {descriptor{up[0]}, descriptor{down[1]}};
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ours.in.reset();
      ours.out.reset();
      ::_exit(work(child));
    }
  }
  ~forked() {
    if (pid > 0)
      end(SIGKILL);
  }
  forked(const forked&) = delete;
  forked& operator=(const forked&) = delete;

  /// Its exit code; -1 when a signal has ended it.
  int wait() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int end(int signal) {
    ::kill(pid, signal);
    return wait();
  }

  ends ours;
  pid_t pid = -1;
};

} // namespace callboard::test
