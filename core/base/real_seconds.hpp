#pragma once

#include "core/base/time.hpp"

namespace callboard {

/// For formulas and for formats that count in seconds. A double counts the microseconds of 285 years exactly.
constexpr double real_seconds(duration d) {
  return static_cast<double>(d.count()) / 1e6;
}

} // namespace callboard
