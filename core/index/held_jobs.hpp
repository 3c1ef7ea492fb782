#pragma once

#include "core/base/ids.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace callboard {

/// The live jobs that somebody holds: since when and why, and how many there are of each queue.
class held_jobs {
public:
  /// @param queue  its number in the name table; it never changes. @param hold  null: nobody holds the job.
  void set(job_id id, uint32_t queue, std::shared_ptr<const job_hold> hold) {
    const auto known = jobs_.find(id);
    if (known != jobs_.end() && hold) {
      known->second = std::move(hold);
    } else if (hold) {
      jobs_.emplace(id, std::move(hold));
      ++by_queue_[queue];
    } else if (known != jobs_.end()) {
      jobs_.erase(known);
      if (const auto n = by_queue_.find(queue); --n->second == 0)
        by_queue_.erase(n);
    }
  }

  /// Null when nobody holds the job.
  const job_hold* find(job_id id) const {
    const auto i = jobs_.find(id);
    return i == jobs_.end() ? nullptr : i->second.get();
  }
  size_t size() const noexcept {
    return jobs_.size();
  }
  uint64_t of_queue(uint32_t queue) const {
    const auto i = by_queue_.find(queue);
    return i == by_queue_.end() ? 0 : i->second;
  }
  const std::unordered_map<uint32_t, uint64_t>& by_queue() const {
    return by_queue_;
  }

private:
  std::unordered_map<job_id, std::shared_ptr<const job_hold>> jobs_;
  std::unordered_map<uint32_t, uint64_t> by_queue_;
};

} // namespace callboard
