#pragma once

#include "core/base/invariant.hpp"
#include "core/base/name_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace callboard {

/// How many jobs there are of each type, and of which there are any.
class type_counts {
public:
  void add(uint16_t type, size_t jobs = 1) {
    const auto i = at(type);
    if (i != counts_.end() && i->first == type) {
      i->second += jobs;
      return;
    }
    counts_.insert(i, {type, jobs});
    types_.add(type);
  }
  /// Precondition: there are so many.
  void remove(uint16_t type, size_t jobs = 1) {
    const auto i = at(type);
    CB_INVARIANT(i != counts_.end() && i->first == type && i->second >= jobs, "what is taken away was counted");
    i->second -= jobs;
    if (i->second > 0)
      return;
    counts_.erase(i);
    types_.remove(type);
  }
  /// Those of which there is a job.
  const type_set& types() const noexcept {
    return types_;
  }
  /// Type and number of jobs, by type.
  const std::vector<std::pair<uint16_t, size_t>>& counts() const noexcept {
    return counts_;
  }
  friend bool operator==(const type_counts&, const type_counts&) = default;

private:
  std::vector<std::pair<uint16_t, size_t>>::iterator at(uint16_t type) {
    return std::lower_bound(counts_.begin(), counts_.end(), type,
                            [](const auto& c, uint16_t t) { return c.first < t; });
  }

  std::vector<std::pair<uint16_t, size_t>> counts_;
  type_set types_;
};

} // namespace callboard
