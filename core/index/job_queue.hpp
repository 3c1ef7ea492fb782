#pragma once

#include "core/base/ids.hpp"
#include "core/base/name_table.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/base/time.hpp"
#include "core/index/type_counts.hpp"
#include "core/job/job.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace callboard {

/// A job that could start now, with all that orders it: whoever added it can remove it by the same values.
struct ready_entry {
  job_id id;
  /// Latest start, or time_point::max() when there is none.
  time_point must_start_by = time_point::max();
  /// Place in the line: a number that grows with each job that becomes ready. Who is older is told by it.
  uint64_t ready_seq = 0;
  steady_point ready_at{};
  /// The class of the job, by which jobs are chosen: whatever its owner distinguishes (the number of its shape).
  uint16_t type = 0;
  uint8_t priority = priority_default;
  uint32_t lane = 0; ///< number of its queue's lane, by its concurrency key; 0: the one without a key

  friend bool operator==(const ready_entry&, const ready_entry&) = default;
};

/// When a job's effective priority gets above `above`: after as many steps as there are levels between (job_queue); the
/// end of time: never. @param aging_step  0: there is no aging
steady_point rise_of(const ready_entry& e, uint8_t above, duration aging_step);

/// The ready jobs of one lane: who is next?
///
/// The rule (P5). Each priority level offers up to two candidates:
///   - its most urgent job, by (must_start_by, ready_seq, id), which competes with effective priority = level;
///   - with aging on, and once it has waited a whole step, its oldest job, by (ready_seq, id), which competes with
///     effective priority = min(9, level + floor(waited / step)).
/// The highest effective priority wins; among equals the older job (smaller ready_seq, then id).
/// So without aging, or while nobody has waited a step: higher priority first, then who must start soonest, then
/// first come. And every wait is bounded: whoever has waited max(1, 9 - level) steps is passed by older jobs only,
/// and of those there is a fixed number.
///
/// Given a set of types, only jobs of these count: the rule is that of a queue which holds nothing else.
///
/// Add, remove and pop take O(log n) (and O(types) for pop). A job without a latest start costs 24 bytes, one with
/// one 56, plus the free room of the chunks.
class job_queue {
public:
  struct pick {
    ready_entry entry;
    /// The effective priority it won with.
    uint8_t effective = 0;
  };

  /// @param aging_step  0 switches aging off.
  explicit job_queue(duration aging_step = duration{0});

  /// False when it is there already. Precondition: priority <= 9.
  bool add(const ready_entry& e);

  /// False when it is not there. `ready_at` is not looked at.
  bool remove(const ready_entry& e);

  /// Moves a job to another priority; it keeps its place in the line. False when it is not there.
  bool reprioritise(const ready_entry& e, uint8_t priority);

  /// Who is next, of the given types; nothing when there is none.
  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any()) const;

  /// The same, and takes it out.
  std::optional<pick> pop(steady_point now, const type_set& types = type_set::any());

  /// Takes out what was peeked. Precondition: it is there.
  void take(const pick& p);

  size_t size() const noexcept {
    return size_;
  }
  bool empty() const noexcept {
    return size_ == 0;
  }
  size_t size(uint8_t priority) const;
  /// A job can be taken.
  bool is_open() const noexcept {
    return size_ > 0;
  }
  const type_counts& types() const noexcept {
    return types_;
  }
  /// The highest priority of a job, aging apart; 0 when there is none.
  uint8_t top() const;
  /// When a job will compete with more than `above`, at the latest; the end of time: never.
  steady_point rises_above(uint8_t above) const;
  /// When a job's priority rises first.
  steady_point rises_at_once() const {
    return rises_above(top());
  }
  /// How many jobs come before this one, aging apart. Precondition: it is there. O(types + jobs / size of a chunk).
  size_t place_of(const ready_entry& e) const;
  /// Jobs that come before a job of this priority which is added now, aging apart: those of this priority or above.
  size_t ahead_of(uint8_t priority) const;

  /// When the oldest job of a level, or of all levels, became ready.
  std::optional<steady_point> oldest_ready(uint8_t priority) const;
  std::optional<steady_point> oldest_ready() const;

  duration aging_step() const noexcept {
    return aging_step_;
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when the orders contradict each other. O(n log n).
  void sanity_check() const;

private:
  // Jobs of one type and priority. Those without a latest start need one order only: age is then urgency.
  struct undated {
    uint64_t seq;
    job_id id;
    steady_point ready_at;
  };
  struct dated {
    time_point must_start_by;
    uint64_t seq;
    job_id id;
    steady_point ready_at;
  };
  struct urgent {
    time_point must_start_by;
    uint64_t seq;
    job_id id;
  };
  struct by_age {
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return a.seq != b.seq ? a.seq < b.seq : b.id > a.id;
    }
  };
  struct by_urgency {
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return a.must_start_by != b.must_start_by ? a.must_start_by < b.must_start_by : by_age{}(a, b);
    }
  };
  struct type_lane {
    uint16_t type;
    ordered_chunks<undated, by_age> undated_by_age;
    ordered_chunks<dated, by_age> dated_by_age;
    ordered_chunks<urgent, by_urgency> dated_by_urgency;

    bool empty() const noexcept {
      return undated_by_age.empty() && dated_by_age.empty();
    }
    size_t size() const noexcept {
      return undated_by_age.size() + dated_by_age.size();
    }
    std::optional<dated> most_urgent() const;
    std::optional<dated> oldest() const;
  };
  struct priority_level {
    std::vector<type_lane> lanes; // sorted by type
    size_t size = 0;

    type_lane& at(uint16_t type);
    type_lane* find(uint16_t type);
  };

  duration aging_step_;
  std::array<priority_level, priority_count> levels_;
  type_counts types_;
  size_t size_ = 0;
};

} // namespace callboard
