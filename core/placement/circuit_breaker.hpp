#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace callboard {

enum class breaker_state : uint8_t { closed = 0, open = 1, half_open = 2 };
std::string_view to_string(breaker_state s);

struct breaker_policy {
  bool enabled = true;
  /// Attempts that must have ended within the window before anything is concluded.
  uint32_t samples_min = 20;
  duration window = std::chrono::seconds{60};
  /// It opens when this share of a worker's attempts failed (percent) ...
  uint32_t failure_percent = 50;
  /// ... and that is at least this many times the share of its peers (percent; 200: twice): jobs that fail
  /// everywhere are no fault of a worker.
  uint32_t peer_percent = 200;
  /// From opening to the first probe; doubled with each probe that failed, up to open_max.
  duration open_for = std::chrono::seconds{10};
  duration open_max = std::chrono::minutes{5};
};

/// Ends of attempts in a sliding window of ten slices: cheap, and forgets.
class failure_window {
public:
  explicit failure_window(duration window = std::chrono::seconds{60});
  void record(steady_point now, bool failed);
  uint64_t ended(steady_point now) const;
  uint64_t failed(steady_point now) const;
  void clear();

private:
  struct slice {
    int64_t number = -1; // time / slice length
    uint32_t ended = 0, failed = 0;
  };
  duration length_;
  std::array<slice, 10> slices_;
};

/// Ends of attempts of a worker's peers, for comparison: all workers' minus its own.
struct peer_record {
  uint64_t ended = 0;
  uint64_t failed = 0;
};

/// Keeps work from a worker on which attempts fail more often than elsewhere.
/// closed: all work. open: none. half_open: one attempt at a time, the probe; its success closes, its failure opens.
/// What counts as a failure of the worker is the caller's choice: failed, timed out and lost attempts; handed back,
/// cancelled and snoozed ones are neither success nor failure and are not recorded.
class circuit_breaker {
public:
  explicit circuit_breaker(breaker_policy p = {});

  /// An attempt ended. `peers` is the state of all other workers within the same window.
  void record(steady_point now, bool failed, const peer_record& peers);

  /// May a job be given to the worker? When half open: only while no probe is under way.
  bool allows(steady_point now);
  /// A job was given to it; when half open that is the probe.
  void on_placed(steady_point now);
  /// The probe neither succeeded nor failed (handed back, cancelled): another may be sent.
  void on_probe_void();

  breaker_state state(steady_point now) const;
  /// When it may be probed; steady_point::max() unless open.
  steady_point reopens_at() const noexcept;
  uint32_t trips() const noexcept {
    return trips_;
  }
  /// Own ends within the window, to subtract from the total of all workers.
  const failure_window& own() const noexcept {
    return own_;
  }

private:
  void open(steady_point now);

  breaker_policy policy_;
  failure_window own_;
  breaker_state state_ = breaker_state::closed;
  bool probing_ = false;
  uint32_t trips_ = 0;
  uint32_t failed_probes_ = 0;
  steady_point probe_at_ = steady_point::max();
};

} // namespace callboard
