#pragma once

#include "core/index/job_queue.hpp"
#include "core/index/job_table.hpp"
#include "core/placement/shape_table.hpp"

#include <string>

namespace callboard::bench {

/// The time of day of all micro-benchmarks; nothing in core looks at a clock.
inline constexpr time_point noon{std::chrono::hours{24 * 365 * 56}};
/// A moment of the clock that never steps.
inline constexpr steady_point later_on{std::chrono::hours{1000}};

/// Numbers that look random and are the same in every run (Knuth's multiplicative hashing).
constexpr uint64_t scattered(uint64_t n) {
  return n * 0x9E3779B97F4A7C15u >> 16;
}

constexpr job_id id_at(uint64_t n) {
  return job_id{(uint64_t{1} << 40) + n};
}

/// The job that became ready as number `n`, one of `shapes` shapes, as most are: of the usual priority, no deadline.
inline ready_entry ready_at(uint64_t n, uint16_t shapes) {
  return {.id = id_at(n),
          .ready_seq = n,
          .ready_at = later_on + duration{static_cast<int64_t>(n)},
          .type = static_cast<uint16_t>(n % shapes)};
}

inline job_entry entry_at(uint64_t n) {
  job_entry e;
  e.id = id_at(n);
  e.ready_at = later_on;
  e.ready_seq = n;
  e.set(job_flag::ready, true);
  return e;
}

/// `count` shapes of one type, each asking for its own amount of cpu and memory.
inline void add_shapes(shape_table& shapes, uint32_t count) {
  constexpr uint64_t mib = 1 << 20;
  for (uint32_t i = 1; i <= count; ++i)
    shapes.acquire({.type = 0, .request = {.slots = 1, .cpu_milli = i, .memory_bytes = i * mib}});
}

} // namespace callboard::bench
