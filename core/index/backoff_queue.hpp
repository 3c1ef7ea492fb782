#pragma once

#include "core/base/ids.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/base/time.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace callboard {

/// Jobs that wait for their back-off: a pause, so it is measured by the clock that never steps. What people have set
/// as a time of day is in the timer_queue. 16 bytes each.
class backoff_queue {
public:
  struct pause {
    steady_point end;
    job_id id;
    friend auto operator<=>(const pause&, const pause&) noexcept = default;
  };

  /// False when exactly this pause is there already. O(log n).
  bool add(const pause& p);

  /// False when it is not there. O(log n).
  bool remove(const pause& p);

  /// When the next pause is over; nothing when there is none.
  std::optional<steady_point> next_end() const;

  /// Takes the jobs whose pause is over at `now` (end <= now), earliest first, at most `max`. Call again while it gives
  /// `max`.
  std::vector<job_id> pop_over(steady_point now, size_t max);

  size_t size() const noexcept {
    return pauses_.size();
  }
  size_t memory_bytes() const noexcept {
    return pauses_.memory_bytes();
  }
  /// Throws std::logic_error when the order is broken.
  void sanity_check() const {
    pauses_.sanity_check();
  }

private:
  ordered_chunks<pause, std::less<>> pauses_;
};

} // namespace callboard
