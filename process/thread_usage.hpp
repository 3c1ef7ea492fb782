#pragma once

#include <time.h>

#include <cstdint>

namespace callboard {

/// Measures the CPU time of the calling thread from its construction on.
class thread_usage {
public:
  thread_usage() noexcept : begin_us_(now_us()) {
  }
  /// Microseconds; to be asked on the same thread.
  int64_t cpu_us() const noexcept {
    return now_us() - begin_us_;
  }

private:
  static int64_t now_us() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
  }
  int64_t begin_us_;
};

} // namespace callboard
