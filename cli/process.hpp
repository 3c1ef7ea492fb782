#pragma once

#include <pthread.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace callboard {

/// The signals of a long-running process, taken one at a time by its main thread. Construct before any other thread
/// starts: they inherit the mask. A poke is a signal to ourselves: "look again".
class signal_loop {
public:
  signal_loop();
  /// Waits for the next one; 0 for a poke.
  int next();
  /// From any thread.
  void poke() const;

private:
  sigset_t set_;
  pthread_t main_;
};

/// Ends the process with code 1 if it is not cancelled (destroyed) within the time given to `arm`: the last step of
/// a shutdown that hangs.
class watchdog {
public:
  ~watchdog();
  void arm(std::chrono::microseconds limit);

private:
  struct state;
  std::shared_ptr<state> state_;
};

std::map<std::string, std::string> whole_environment();

/// 64 random bits of the operating system.
uint64_t random_number();

} // namespace callboard
