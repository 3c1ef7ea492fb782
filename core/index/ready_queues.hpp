#pragma once

#include "core/index/job_queue.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace callboard {

/// The ready indices of all named queues, and which of them is served next.
///
/// The queue whose next job (job_queue) has the highest effective priority is served; among equals the one that was
/// served least recently. So queues of equal priority share the slots evenly, however long each of them is.
/// A pop looks at the head of every queue that is not empty.
class ready_queues {
public:
  struct pick {
    uint16_t queue = 0;
    ready_entry entry;
    uint8_t effective = 0;
  };

  /// @param aging_step  of every queue; 0 switches aging off.
  explicit ready_queues(duration aging_step = duration{0});

  /// As in job_queue; `queue` is its number in the name table. A queue exists from its first job on.
  bool add(uint16_t queue, const ready_entry& e);
  bool remove(uint16_t queue, const ready_entry& e);
  bool reprioritise(uint16_t queue, const ready_entry& e, uint8_t priority);

  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any()) const;
  std::optional<pick> pop(steady_point now, const type_set& types = type_set::any());

  /// Takes out what was peeked, and counts its queue as served. Precondition: it is there.
  void take(const pick& p);

  /// Null for a queue that never had a ready job.
  const job_queue* find(uint16_t queue) const;

  /// Jobs in all queues.
  size_t size() const noexcept {
    return size_;
  }
  bool empty() const noexcept {
    return size_ == 0;
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when a queue is wrong or the size is not the sum of theirs.
  void sanity_check() const;

private:
  struct named {
    explicit named(duration aging_step) : jobs(aging_step) {
    }
    job_queue jobs;
    uint64_t served = 0; // the number of the pop that served it last
  };

  duration aging_step_;
  std::vector<std::unique_ptr<named>> queues_; // by number; null where none was needed
  uint64_t pops_ = 0;
  size_t size_ = 0;
};

} // namespace callboard
