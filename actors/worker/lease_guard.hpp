#pragma once

#include "core/base/time.hpp"

#include <atomic>
#include <cstdint>

namespace callboard {

/// Microseconds since the machine was booted, its sleep included: a lease runs on while a laptop or a virtual machine
/// is suspended, which the monotonic clock does not see (CLOCK_BOOTTIME).
struct boot_clock {
  using duration = callboard::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

/// Shares of the lease, counted from when the last answered heartbeat was sent: first the worker stops its attempts by
/// itself, then the guardian ends a worker that could not. The scheduler gives the work to others after the whole.
inline constexpr int lease_stop_percent = 80;
inline constexpr int lease_kill_percent = 90;

/// A page shared between a worker and the guardian that is its parent: the guardian sees the lease run out even when
/// the worker is stopped or hangs. Written by the worker, read by the guardian; survives fork.
class lease_page {
public:
  /// Throws std::system_error when there is no memory.
  lease_page();
  ~lease_page();
  lease_page(const lease_page&) = delete;
  lease_page& operator=(const lease_page&) = delete;

  /// From then on nothing of this worker may run.
  void set_deadline(boot_clock::time_point t) noexcept;
  /// Whether attempts are here that have not ended.
  void set_holding(bool yes) noexcept;
  /// A new worker process begins with a clean page.
  void reset() noexcept;

  /// When the worker must be dead if it still holds something by then; time_point::max() while it has no lease.
  boot_clock::time_point deadline() const noexcept;
  bool holding() const noexcept;

private:
  struct content {
    std::atomic<int64_t> deadline_us{0};
    std::atomic<bool> holding{false};
  };
  content* page_;
};

} // namespace callboard
