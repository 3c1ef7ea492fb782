#include "cli/process.hpp"

#include "actors/runtime/log.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

extern char** environ;

namespace callboard {

signal_loop::signal_loop() : main_(::pthread_self()) {
  ::sigemptyset(&set_);
  for (int s : {SIGTERM, SIGINT, SIGUSR1})
    ::sigaddset(&set_, s);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  // A peer that closes its end is an error of a write, not a reason to die.
  ::signal(SIGPIPE, SIG_IGN);
}

int signal_loop::next() {
  int s = 0;
  while (::sigwait(&set_, &s) != 0) {}
  return s == SIGUSR1 ? 0 : s;
}

void signal_loop::poke() const {
  ::pthread_kill(main_, SIGUSR1);
}

struct watchdog::state {
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
};

void watchdog::arm(std::chrono::microseconds limit) {
  if (state_)
    return;
  state_ = std::make_shared<state>();
  std::thread{[s = state_, limit] {
    std::unique_lock lock{s->mutex};
    if (s->changed.wait_for(lock, limit, [&] { return s->cancelled; }))
      return;
    log_last_words("not all has stopped within the limit (scheduler.shutdown_limit): the process ends now");
    ::_exit(EXIT_FAILURE);
  }}.detach();
}

watchdog::~watchdog() {
  if (!state_)
    return;
  std::lock_guard lock{state_->mutex};
  state_->cancelled = true;
  state_->changed.notify_all();
}

std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> all;
  for (char** e = environ; e != nullptr && *e != nullptr; ++e)
    if (const char* equals = std::strchr(*e, '='))
      all.emplace(std::string{static_cast<const char*>(*e), equals}, equals + 1);
  return all;
}

uint64_t random_number() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

} // namespace callboard
