#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace callboard::test {

/// The smallest of the values that a share of `q` of all does not exceed. @param values  not empty
inline uint64_t exact_quantile(std::vector<uint64_t> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::clamp<size_t>(rank, 1, values.size()) - 1];
}

} // namespace callboard::test
