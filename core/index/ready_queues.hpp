#pragma once

#include "core/index/queue_lanes.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace callboard {

/// The ready indices of all named queues, and which of them is served next: queues of equal urgency share the slots by
/// their weights (fair_order), and within a queue its concurrency keys (queue_lanes). Idle queues cost next to nothing,
/// so that a queue per tenant or user is fine.
class ready_queues {
public:
  struct pick {
    uint32_t queue = 0;
    ready_entry entry;
    uint8_t effective = 0;
  };

  /// @param aging_step  of every queue; 0 switches aging off.
  explicit ready_queues(duration aging_step = duration{0});
  ready_queues(const ready_queues&) = delete;
  ready_queues& operator=(const ready_queues&) = delete;

  /// As in job_queue; `queue` is its number in the name table. A queue exists from its first job on.
  bool add(uint32_t queue, const ready_entry& e) {
    return queues_.add(queue, e);
  }
  bool remove(uint32_t queue, const ready_entry& e) {
    return queues_.remove(queue, e);
  }
  bool reprioritise(uint32_t queue, const ready_entry& e, uint8_t priority);

  /// Not const: it puts queues whose jobs have aged in their order.
  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any());
  std::optional<pick> pop(steady_point now, const type_set& types = type_set::any());

  /// Takes out what was peeked, and counts its queue as served. Precondition: it is there.
  void take(const pick& p) {
    queues_.take({p.queue, p.entry, p.effective});
  }

  /// Whether a queue is served, and its share among queues of the same urgency; also of one without jobs.
  /// Precondition: weight >= 1.
  void set_rule(uint32_t queue, bool closed, uint32_t weight);
  /// The same for a lane of the queue.
  void set_lane_rule(uint32_t queue, uint32_t lane, bool closed, uint32_t weight);

  /// Null for a queue without ready jobs.
  const queue_lanes* find(uint32_t queue) const {
    return queues_.find(queue);
  }

  /// Jobs in all queues.
  size_t size() const noexcept {
    return queues_.size();
  }
  bool empty() const noexcept {
    return queues_.size() == 0;
  }
  /// Jobs that come before a job of this priority which is added now, aging apart: those of this priority or above.
  size_t ahead_of(uint8_t priority) const;
  /// `each(const job_queue&)` for the lanes with jobs that are closed, or whose queue is.
  template <class Each>
  void for_each_closed(Each&& each) const {
    for (const auto& [queue, r] : rules_.unusual())
      if (const auto* lanes = find(queue); lanes && r.closed)
        lanes->for_each_lane(each);
    for (const auto& [lane, r] : lane_rules_.unusual())
      if (const auto* lanes = find(r.owner); lanes && r.closed && !rules_.of(r.owner).closed)
        if (const auto* jobs = lanes->lane(lane))
          each(*jobs);
  }
  /// Queues that have jobs.
  size_t busy_queues() const noexcept {
    return queues_.lines();
  }
  size_t memory_bytes() const noexcept {
    return queues_.memory_bytes();
  }

  /// Throws std::logic_error when a queue is wrong or the size is not the sum of theirs.
  void sanity_check() const {
    queues_.sanity_check();
  }

private:
  line_rules rules_, lane_rules_;
  fair_order<queue_lanes> queues_;
};

} // namespace callboard
