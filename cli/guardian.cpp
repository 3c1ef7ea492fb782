#include "cli/guardian.hpp"

#include "actors/runtime/log.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "files/descriptor.hpp"
#include "process/child_list.hpp"

namespace callboard {

namespace {

using std::chrono::milliseconds;

/// The lease is looked at this often while it may end; with nothing held it cannot hurt anybody.
constexpr milliseconds look_pause{250};
constexpr milliseconds restart_first{200};
constexpr milliseconds restart_longest{10'000};
/// A worker that lived this long starts again without a longer pause.
constexpr std::chrono::seconds long_life{30};

/// Ends everything below this process. Those whose parent ended become ours and are met in the next round.
void end_descendants() {
  for (;;) {
    const auto mine = children_of(::getpid());
    if (!mine)
      log().critical("what the worker started cannot be found without /proc: some of it may still run");
    for (const auto pid : mine.value_or(std::vector<pid_t>{}))
      ::kill(pid, SIGKILL);
    // Who cannot be found and killed is not waited for.
    int status = 0;
    pid_t ended;
    while ((ended = ::waitpid(-1, &status, mine ? 0 : WNOHANG)) < 0 && errno == EINTR) {}
    if (ended < 0 || (ended == 0 && !mine))
      return; // ECHILD: none is left
  }
}

sigset_t guard_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGCHLD})
    ::sigaddset(&set, s);
  return set;
}

class guardian {
public:
  guardian(const std::function<int(lease_page&)>& worker, bool restart) : worker_(worker), restart_(restart) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto set = guard_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    signals_ = descriptor{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals_) {
      // Without it neither signals nor ends of the worker would be seen.
      log().critical("no descriptor for signals: errno {}", errno);
      std::exit(EXIT_FAILURE);
    }
  }

  int run() {
    auto pause = restart_first;
    for (;;) {
      const auto begun = std::chrono::steady_clock::now();
      page_.reset();
      start();
      const int status = watch();
      child_ = 0;
      end_descendants();
      const bool crashed = WIFSIGNALED(status);
      if (!crashed || !restart_ || stopping_)
        return crashed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      if (std::chrono::steady_clock::now() - begun > long_life)
        pause = restart_first;
      log().warn("the worker process was ended by signal {}; it is started again in {} ms", WTERMSIG(status),
                 pause.count());
      pollfd p{signals_.get(), POLLIN, 0};
      ::poll(&p, 1, static_cast<int>(pause.count()));
      if (take_signals())
        return 128 + WTERMSIG(status);
      pause = std::min(pause * 2, restart_longest);
    }
  }

private:
  void start() {
    const auto parent = ::getpid();
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent)
        ::_exit(EXIT_FAILURE);
      signals_.reset();
      ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
      // Not _exit: the worker's objects have had their ends, streams are flushed.
      std::exit(worker_(page_));
    }
    if (child_ < 0) {
      log().critical("no process for the worker: errno {}", errno);
      std::exit(EXIT_FAILURE);
    }
  }

  /// Until the worker has ended. Its status.
  int watch() {
    for (;;) {
      pollfd p{signals_.get(), POLLIN, 0};
      ::poll(&p, 1, static_cast<int>(until_next_look().count()));
      take_signals();
      int status = 0;
      // Orphans that ended are met here, too.
      for (pid_t ended; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
        if (ended == child_)
          return status;
      if (page_.holding() && boot_clock::now() >= page_.deadline()) {
        log().error("the lease is over and the worker still holds work: it is killed");
        ::kill(child_, SIGKILL);
        while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {}
        return status;
      }
    }
  }

  milliseconds until_next_look() const {
    if (!page_.holding())
      return look_pause;
    const auto left = std::chrono::ceil<milliseconds>(page_.deadline() - boot_clock::now());
    return std::clamp(left, milliseconds{0}, look_pause);
  }

  /// Passes on what came. True if it was a wish to stop.
  bool take_signals() {
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      if (info.ssi_signo != SIGCHLD) {
        stopping_ = true;
        if (child_ > 0)
          ::kill(child_, static_cast<int>(info.ssi_signo));
      }
    return stopping_;
  }

  const std::function<int(lease_page&)>& worker_;
  const bool restart_;
  lease_page page_;
  sigset_t before_{};
  descriptor signals_;
  pid_t child_ = 0;
  bool stopping_ = false;
};

} // namespace

int run_guarded(const std::function<int(lease_page&)>& worker, bool restart) {
  return guardian{worker, restart}.run();
}

} // namespace callboard
