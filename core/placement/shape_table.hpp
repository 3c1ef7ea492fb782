#pragma once

#include "core/placement/resources.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace callboard {

/// A class of jobs that are the same to placement: of one type, asking for the same. Those that
/// preempt are told apart by their queue, which may allow it or not.
struct job_shape {
  uint16_t type = 0; ///< number in the name table of types
  resource_request request;
  uint32_t preempts_in = 0; ///< of jobs that preempt: one more than the number of their queue; 0: they do not
  friend auto operator<=>(const job_shape&, const job_shape&) = default;
};

/// Shapes as small numbers, counted. A shape whose last job is gone keeps its number, for most come again; once there
/// are `idle_kept` numbers it is given to the next new shape, so that clients that ask for ever other amounts of memory
/// do not use up the table.
class shape_table {
public:
  static constexpr size_t shapes_max = 65'535;
  static constexpr size_t idle_kept = 256;

  /// The number of the shape, which now has one more job; nothing when the table is full.
  std::optional<uint16_t> acquire(const job_shape& s);
  /// One job less. Precondition: acquired.
  void release(uint16_t shape);

  /// Precondition: the number was given out. Valid until the next `acquire`.
  const job_shape& at(uint16_t shape) const;
  uint64_t jobs(uint16_t shape) const;

  /// Different shapes that have jobs.
  size_t size() const noexcept {
    return used_;
  }
  /// Numbers given out so far are below this.
  size_t end() const noexcept {
    return rows_.size();
  }
  /// Grows whenever a number gets a new meaning: whoever keeps something by number compares it.
  uint64_t version() const noexcept {
    return version_;
  }
  /// Throws std::logic_error when the two directions contradict each other.
  void sanity_check() const;

private:
  struct row {
    const job_shape* shape = nullptr; // the key in numbers_
    uint64_t jobs = 0;
    bool listed = false; // in idle_
  };
  std::optional<uint16_t> take_idle();

  std::map<job_shape, uint16_t> numbers_;
  std::vector<row> rows_;
  std::vector<uint16_t> idle_; // those without jobs, and some that have jobs again
  size_t used_ = 0;
  uint64_t version_ = 0;
};

} // namespace callboard
