#include "core/placement/shape_table.hpp"

#include "core/base/invariant.hpp"

namespace callboard {

std::optional<uint16_t> shape_table::acquire(const job_shape& s) {
  if (auto known = numbers_.find(s); known != numbers_.end()) {
    used_ += rows_[known->second].jobs++ == 0;
    return known->second;
  }
  auto number = rows_.size() >= idle_kept ? take_idle() : std::nullopt;
  if (!number) {
    if (rows_.size() == shapes_max)
      return std::nullopt;
    number = static_cast<uint16_t>(rows_.size());
    rows_.emplace_back();
  }
  const auto at = numbers_.emplace(s, *number).first;
  rows_[*number] = {&at->first, 1, false};
  ++used_;
  ++version_;
  return number;
}

/// The number of a shape without jobs, which it loses.
std::optional<uint16_t> shape_table::take_idle() {
  while (!idle_.empty()) {
    const auto number = idle_.back();
    idle_.pop_back();
    auto& r = rows_[number];
    r.listed = false;
    if (r.jobs != 0)
      continue;
    // By a copy: the key of the map must not be destroyed while it is looked for.
    const job_shape gone = *r.shape;
    numbers_.erase(gone);
    return number;
  }
  return std::nullopt;
}

void shape_table::release(uint16_t shape) {
  auto& r = rows_.at(shape);
  CB_INVARIANT(r.jobs > 0, "a shape is released as often as it was acquired");
  if (--r.jobs > 0)
    return;
  --used_;
  if (!std::exchange(r.listed, true))
    idle_.push_back(shape);
}

const job_shape& shape_table::at(uint16_t shape) const {
  return *rows_.at(shape).shape;
}

uint64_t shape_table::jobs(uint16_t shape) const {
  return rows_.at(shape).jobs;
}

void shape_table::sanity_check() const {
  CB_INVARIANT(numbers_.size() == rows_.size(), "every number has a shape");
  size_t used = 0;
  for (const auto& [shape, number] : numbers_) {
    CB_INVARIANT(number < rows_.size() && rows_[number].shape == &shape, "a number leads back to its shape");
    CB_INVARIANT(rows_[number].jobs > 0 || rows_[number].listed, "a shape has a job, or can be given away");
    used += rows_[number].jobs > 0;
  }
  CB_INVARIANT(used == used_, "the used ones are counted");
}

} // namespace callboard
