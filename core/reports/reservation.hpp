#pragma once

#include "core/reports/report_row.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace callboard {

/// What jobs of a type should ask for: what 95 of 100 attempts needed at most, and so much more.
inline constexpr unsigned reservation_margin_percent = 25;
/// Attempts that must have been measured before anything is suggested.
inline constexpr uint64_t reservation_attempts_min = 20;
/// A suggestion is rounded up to these.
inline constexpr uint64_t reservation_cpu_step_milli = 100;
inline constexpr uint64_t reservation_memory_step_bytes = 1u << 20;

/// What was asked of a resource, and used. In thousandths of a core, or bytes.
struct reservation {
  uint64_t asked_max = 0; ///< largest request; 0: nobody asked
  uint64_t measured = 0;  ///< attempts that tell what they used
  uint64_t used_p50 = 0, used_p95 = 0, used_max = 0;
  /// Nothing: too little is known.
  std::optional<uint64_t> suggested;
  std::string reason; ///< a sentence
};

/// Of a row of kind `type`.
reservation cpu_reservation(const report_row& r);
reservation memory_reservation(const report_row& r);

} // namespace callboard
