#pragma once

#include "cli/exit_code.hpp"

#include <csignal>
#include <cstdlib>

namespace callboard {

/// For a command that has no end of its own: to be interrupted is a good one, at any moment. Whatever must be complete
/// by then is written before the next thing begins.
class good_interrupt {
public:
  good_interrupt() {
    set([](int) { std::_Exit(exit_ok); });
  }
  ~good_interrupt() {
    set(SIG_DFL);
  }
  good_interrupt(const good_interrupt&) = delete;
  good_interrupt& operator=(const good_interrupt&) = delete;

private:
  static void set(void (*handler)(int)) {
    for (const auto number : {SIGINT, SIGTERM})
      std::signal(number, handler);
  }
};

} // namespace callboard
