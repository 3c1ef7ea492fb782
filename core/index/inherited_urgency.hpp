#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace callboard {

/// What orders jobs of a lane besides their age.
struct urgency {
  uint8_t priority = 0;
  time_point must_start_by = time_point::max(); ///< latest start; the end of time: none

  /// It has all that the other one has.
  bool covers(const urgency& o) const noexcept {
    return priority >= o.priority && must_start_by <= o.must_start_by;
  }
  friend bool operator==(const urgency&, const urgency&) = default;
};

/// The more urgent of both, in each of its parts.
inline urgency joined(const urgency& a, const urgency& b) noexcept {
  return {std::max(a.priority, b.priority), std::min(a.must_start_by, b.must_start_by)};
}

/// The urgency that jobs have from others that wait for them, and from whom. It only grows while a job lives: who
/// waits may be cancelled, and what it waited for stays as urgent as it was. A job that has none costs nothing.
class inherited_urgency {
public:
  struct share {
    urgency of;
    job_id from; ///< the last one that made it more urgent
  };

  /// Null: it has none.
  const share* find(job_id id) const {
    if (shares_.empty())
      return nullptr;
    const auto s = shares_.find(id);
    return s != shares_.end() ? &s->second : nullptr;
  }
  void raise(job_id id, const urgency& u, job_id from) {
    const auto [s, fresh] = shares_.try_emplace(id, share{u, from});
    if (!fresh)
      s->second = {joined(s->second.of, u), from};
  }
  void forget(job_id id) {
    shares_.erase(id);
  }
  size_t size() const noexcept {
    return shares_.size();
  }

private:
  std::unordered_map<job_id, share> shares_;
};

} // namespace callboard
