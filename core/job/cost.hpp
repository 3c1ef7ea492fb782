#pragma once

#include "core/base/time.hpp"
#include "core/placement/resources.hpp"

namespace callboard {

/// What computing costs, in an arbitrary currency.
struct price_table {
  double cpu_hour = 0;        ///< one core for one hour
  double memory_gib_hour = 0; ///< one GiB for one hour
  double slot_hour = 0;       ///< one slot for one hour
};

/// Sums over attempts.
struct usage_total {
  uint64_t attempts = 0;
  int64_t cpu_us = 0;
  int64_t wall_us = 0;
  /// Integral of memory over time in byte-seconds: of each attempt the larger of its request and its peak, times its
  /// run time.
  double memory_byte_seconds = 0;
  double cost = 0;
  friend bool operator==(const usage_total&, const usage_total&) = default;
};

/// Adds one attempt:
/// cost = cpu time x cpu_hour + memory x run time x memory_gib_hour + slots x run time x slot_hour.
void add_attempt(usage_total& t, const attempt_usage& used, const resource_request& asked, duration ran,
                 const price_table& prices);

} // namespace callboard
