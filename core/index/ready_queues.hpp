#pragma once

#include "core/index/job_queue.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// The ready indices of all named queues, and which of them is served next.
///
/// The queue whose next job (job_queue) has the highest effective priority is served; among equals the one that had the
/// least of its share. So queues of equal priority share the slots by their weights, however long each of them is: each
/// service moves a queue on by 1 / weight, and one that had nothing to do begins where the others are (stride
/// scheduling, C. Waldspurger and W. Weihl, 1995).
///
/// A closed queue keeps its jobs in their order and is not served.
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

  /// Whether a queue is served, and its share among queues of the same urgency; also of one without jobs.
  /// Precondition: weight >= 1.
  void set_rule(uint32_t queue, bool closed, uint32_t weight);

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
  /// `each(const job_queue&)` for the queues with jobs that are closed.
  template <class Each>
  void for_each_closed(Each&& each) const {
    for (const auto& [queue, r] : rules_)
      if (const auto* jobs = find(queue); jobs && r.closed)
        each(*jobs);
  }
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
  /// How far a queue is, and the pop that served it last: of two that are equally far the one is served that waits
  /// longer.
  struct service {
    uint64_t reached = 0; // in strides
    uint64_t pop = 0;
    auto operator<=>(const service&) const = default;
  };
  using by_turn = std::set<std::pair<service, uint32_t>>; // (service, queue)
  /// What a queue of weight 1 moves on by when it is served.
  static constexpr uint64_t stride = 1'000'000;
  struct queue_rule {
    bool closed = false;
    uint32_t weight = 1;
  };
  bool is_closed(uint32_t queue) const {
    const auto r = rules_.find(queue);
    return r != rules_.end() && r->second.closed;
  }

  void put(uint32_t queue, named& q, uint8_t bucket, steady_point rises_at);
  void take_out(uint32_t queue, const named& q);
  void rate(uint32_t queue, steady_point now);
  steady_point rise_of(const ready_entry& e, uint8_t above) const;

  duration aging_step_;
  std::vector<std::unique_ptr<named>> queues_;     // by number; null for those without jobs
  std::vector<service> served_;                    // by number
  std::unordered_map<uint32_t, queue_rule> rules_; // those that are not the usual one
  std::array<by_turn, priority_count> buckets_;
  std::set<std::pair<steady_point, uint32_t>> rises_;
  std::array<size_t, priority_count> by_priority_{};
  uint64_t reached_ = 0; // by the queue that was served last, before that
  uint64_t pops_ = 0;
  size_t busy_ = 0;
  size_t size_ = 0;
};

} // namespace callboard
