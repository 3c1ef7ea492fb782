#pragma once

#include "core/alerts/alert.hpp"
#include "core/alerts/objective.hpp"
#include "core/alerts/usual_ratio.hpp"
#include "core/job/views.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// Jobs that end badly, of a queue or a job type.
class failure_watch {
public:
  static constexpr duration window = std::chrono::minutes{10};
  /// Above so many times the usual ratio this much more of all jobs may fail: a type that never fails may fail once.
  static constexpr double margin = 0.05;

  explicit failure_watch(duration kept, duration step) : ended_(kept, step) {
  }
  void see(steady_point now, uint64_t completed, uint64_t failed, bool from_zero, const alert_limits& l);
  void add_samples(const std::string& target, steady_point now, const alert_limits& l, alert_samples& out) const;
  const counter_history& ended() const {
    return ended_;
  }
  void clear() {
    ended_.clear();
  }

private:
  counter_history ended_;
  usual_ratio usual_;
};

/// What is remembered of a queue from one look to the next.
class queue_watch {
public:
  queue_watch();

  void see(steady_point now, const queue_metrics& q, bool from_zero, const alert_limits& l);
  void add_samples(const std::string& name, const queue_metrics& q, steady_point now, const alert_limits& l,
                   alert_samples& out) const;
  void add_objectives(const std::string& name, steady_point now, std::vector<objective_state>& out) const;
  /// Until it is empty, when its ready jobs become fewer as they did in the last minutes; nothing: they do not, or
  /// too little is known yet.
  std::optional<duration> drains_in() const;

private:
  failure_watch failures_;
  counter_history waits_;
  recent_values<uint64_t> ready_;
  std::optional<queue_objective> objective_;
};

} // namespace callboard
