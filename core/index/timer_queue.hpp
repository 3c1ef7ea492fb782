#pragma once

#include "core/base/ids.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

namespace callboard {

/// What a job waits for by the time of day.
enum class timer_kind : uint8_t {
  due,            ///< it may start (schedule_at)
  start_deadline, ///< it has to have started
};

struct timer {
  time_point at;
  job_id id;
  timer_kind kind = timer_kind::due;

  friend auto operator<=>(const timer& a, const timer& b) noexcept {
    return std::tie(a.at, a.id, a.kind) <=> std::tie(b.at, b.id, b.kind);
  }
  friend bool operator==(const timer&, const timer&) = default;
};

/// All timers of all jobs, earliest first: one clock alarm at `next_deadline` serves them. 24 bytes each.
class timer_queue {
public:
  /// False when exactly this timer is there already. O(log n).
  bool add(const timer& t);

  /// False when it is not there. O(log n).
  bool remove(const timer& t);

  /// When the next timer is due; nothing when there is none.
  std::optional<time_point> next_deadline() const;

  /// Takes what is due at `now` (at <= now), earliest first, at most `max`. Call again while it gives `max`.
  std::vector<timer> pop_due(time_point now, size_t max);

  size_t size() const noexcept {
    return timers_.size();
  }
  bool empty() const noexcept {
    return timers_.empty();
  }
  size_t memory_bytes() const noexcept {
    return timers_.memory_bytes();
  }

  /// Throws std::logic_error when the order is broken.
  void sanity_check() const {
    timers_.sanity_check();
  }

private:
  ordered_chunks<timer, std::less<>> timers_;
};

} // namespace callboard
