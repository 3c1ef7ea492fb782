#pragma once

#include "core/base/time.hpp"

#include <deque>
#include <utility>

namespace callboard {

/// What a figure was in the last hours, at most one value per `step` and the latest one. So the memory is bounded
/// however often it is looked at, and a window begins up to a step early.
template <class T>
class recent_values {
public:
  struct point {
    steady_point at;
    T value;
  };

  recent_values(duration kept, duration step) : kept_(kept), step_(step) {
  }

  /// Times only grow.
  void add(steady_point at, T value) {
    const auto n = points_.size();
    if (n >= 2 && points_[n - 1].at - points_[n - 2].at < step_)
      points_.back() = {at, std::move(value)};
    else
      points_.push_back({at, std::move(value)});
    while (points_.size() > 1 && points_[1].at <= at - kept_)
      points_.pop_front();
  }
  void clear() {
    points_.clear();
  }
  /// Null: none was added.
  const point* latest() const {
    return points_.empty() ? nullptr : &points_.back();
  }
  /// The last one that is not younger than `at`; the first one when all are. Null: none was added.
  const point* before(steady_point at) const {
    if (points_.empty())
      return nullptr;
    const point* found = &points_.front();
    for (const auto& p : points_) {
      if (p.at > at)
        break;
      found = &p;
    }
    return found;
  }
  size_t size() const {
    return points_.size();
  }

private:
  duration kept_, step_;
  std::deque<point> points_;
};

/// Jobs, and those of them that are bad in some way.
struct bad_of_all {
  uint64_t bad = 0, all = 0;
  double ratio() const {
    return all == 0 ? 0 : static_cast<double>(bad) / static_cast<double>(all);
  }
};

/// Two counters that only grow, in the last hours.
class counter_history {
public:
  counter_history(duration kept, duration step) : values_(kept, step) {
  }
  /// @param from_zero  of the first one: it has counted since the look before; otherwise nothing is known of when.
  void add(steady_point at, bad_of_all totals, bool from_zero) {
    const auto* last = values_.latest();
    if (last != nullptr && (totals.all < last->value.all || totals.bad < last->value.bad)) {
      values_.clear(); // it counts anew
      from_zero = true;
      last = nullptr;
    }
    if (last == nullptr && from_zero)
      values_.add(at, {});
    values_.add(at, totals);
  }
  void clear() {
    values_.clear();
  }
  /// What was counted in the window that ends now; in a shorter one when less is known.
  bad_of_all within(steady_point now, duration window) const {
    const auto* last = values_.latest();
    if (last == nullptr)
      return {};
    const auto& from = values_.before(now - window)->value;
    return {last->value.bad - from.bad, last->value.all - from.all};
  }

private:
  recent_values<bad_of_all> values_;
};

} // namespace callboard
