#pragma once

#include "core/index/fair_order.hpp"

#include <memory>
#include <optional>

namespace callboard {

/// The ready jobs of one queue. Jobs with a concurrency key are in a lane of their own, by key, and those without one
/// in lane 0. Of lanes whose heads are equally urgent each has its turn (fair_order), so a key with a million jobs does
/// not hold up one with ten; within a lane the order is that of job_queue. A lane that is closed, because its key is at
/// a limit, costs nothing while it waits.
class queue_lanes {
public:
  using pick = job_queue::pick;

  /// @param lanes  by number; must live as long.
  queue_lanes(duration aging_step, const line_rules& lanes);

  /// As in job_queue; `lane` of the entry tells where.
  bool add(const ready_entry& e);
  bool remove(const ready_entry& e);
  /// Not const: it puts lanes whose jobs have aged in their order.
  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any());
  void take(const pick& p);

  /// The rule of a lane has changed.
  void rule_changed(uint32_t lane) {
    if (lanes_)
      lanes_->rule_changed(lane);
  }

  size_t size() const noexcept {
    return lanes_ ? lanes_->size() : sole_.size();
  }
  size_t size(uint8_t priority) const {
    return lanes_ ? lanes_->size(priority) : sole_.size(priority);
  }
  bool empty() const noexcept {
    return size() == 0;
  }
  bool is_open() const noexcept {
    return lanes_ ? lanes_->is_open() : sole_.is_open();
  }
  const type_counts& types() const noexcept {
    return lanes_ ? lanes_->types() : sole_.types();
  }
  uint8_t top() const {
    return lanes_ ? lanes_->top() : sole_.top();
  }
  steady_point rises_above(uint8_t above) const {
    return lanes_ ? lanes_->next_rise() : sole_.rises_above(above);
  }
  steady_point rises_at_once() const {
    return rises_above(top());
  }
  /// Null when it has no ready job.
  const job_queue* lane(uint32_t number) const;
  /// Lanes with jobs that have a key.
  size_t keys() const;
  /// Jobs of its lane that come before this one. Precondition: it is there.
  size_t place_of(const ready_entry& e) const;
  std::optional<steady_point> oldest_ready() const;
  /// `each(const job_queue&)` for every lane with jobs.
  template <class Each>
  void for_each_lane(Each&& each) const {
    if (lanes_)
      lanes_->for_each(each);
    else
      each(sole_);
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when a lane is wrong.
  void sanity_check() const;

private:
  using by_lane = fair_order<job_queue>;
  void split();

  duration aging_step_;
  const line_rules* rules_;
  job_queue sole_;                 // while no job has a key
  std::unique_ptr<by_lane> lanes_; // since one had
};

} // namespace callboard
