#pragma once

#include "core/index/job_queue.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace callboard {

/// The ready indices of all named queues, and which of them is served next.
///
/// The queue whose next job (job_queue) has the highest effective priority is served; among equals the one that was
/// served least recently. So queues of equal priority share the slots evenly, however long each of them is.
///
/// Queues that have jobs stand in an order by what their heads can compete with, so a pop looks at the queue that wins,
/// and at those before it that have nothing of the wanted types. Idle queues cost nothing but a number, so that a queue
/// per tenant or user is fine.
class ready_queues {
public:
  struct pick {
    uint32_t queue = 0;
    ready_entry entry;
    uint8_t effective = 0;
  };

  /// @param aging_step  of every queue; 0 switches aging off.
  explicit ready_queues(duration aging_step = duration{0});

  /// As in job_queue; `queue` is its number in the name table. A queue exists from its first job on.
  bool add(uint32_t queue, const ready_entry& e);
  bool remove(uint32_t queue, const ready_entry& e);
  bool reprioritise(uint32_t queue, const ready_entry& e, uint8_t priority);

  /// Not const: it puts queues whose jobs have aged in their order.
  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any());
  std::optional<pick> pop(steady_point now, const type_set& types = type_set::any());

  /// Takes out what was peeked, and counts its queue as served. Precondition: it is there.
  void take(const pick& p);

  /// Null for a queue without ready jobs.
  const job_queue* find(uint32_t queue) const;

  /// Jobs in all queues.
  size_t size() const noexcept {
    return size_;
  }
  bool empty() const noexcept {
    return size_ == 0;
  }
  /// Jobs that come before a job of this priority which is added now, aging apart: those of this priority or above.
  size_t ahead_of(uint8_t priority) const;
  /// Queues that have jobs.
  size_t busy_queues() const noexcept {
    return busy_;
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when a queue is wrong or the size is not the sum of theirs.
  void sanity_check() const;

private:
  // A queue with jobs. Its bucket is at least what its head competes with at this moment, and will be until `rises_at`.
  struct named {
    explicit named(duration aging_step) : jobs(aging_step) {
    }
    job_queue jobs;
    uint8_t bucket = 0;
    steady_point rises_at = steady_point::max();
  };
  using by_turn = std::set<std::pair<uint64_t, uint32_t>>; // (served, queue)

  void put(uint32_t queue, named& q, uint8_t bucket, steady_point rises_at);
  void take_out(uint32_t queue, const named& q);
  void rate(uint32_t queue, steady_point now);
  steady_point rise_of(const ready_entry& e, uint8_t above) const;

  duration aging_step_;
  std::vector<std::unique_ptr<named>> queues_; // by number; null for those without jobs
  std::vector<uint64_t> served_;               // by number: the pop that served it last
  std::array<by_turn, priority_count> buckets_;
  std::set<std::pair<steady_point, uint32_t>> rises_;
  std::array<size_t, priority_count> by_priority_{};
  uint64_t pops_ = 0;
  size_t busy_ = 0;
  size_t size_ = 0;
};

} // namespace callboard
