#include "core/job/cost.hpp"

#include <algorithm>

namespace callboard {

void add_attempt(usage_total& t, const attempt_usage& used, const resource_request& asked, duration ran,
                 const price_table& prices) {
  constexpr double us_per_hour = 3.6e9;
  constexpr double us_per_second = 1e6;
  constexpr double seconds_per_hour = 3600;
  constexpr double gib = 1024.0 * 1024 * 1024;
  const auto wall = static_cast<double>(std::max<int64_t>(0, ran.count()));
  const auto cpu = static_cast<double>(std::max<int64_t>(0, used.cpu_us));
  const auto byte_seconds =
    static_cast<double>(std::max(used.peak_memory_bytes, asked.memory_bytes)) * wall / us_per_second;
  ++t.attempts;
  t.cpu_us += std::max<int64_t>(0, used.cpu_us);
  t.wall_us += std::max<int64_t>(0, ran.count());
  t.memory_byte_seconds += byte_seconds;
  t.cost += cpu / us_per_hour * prices.cpu_hour + byte_seconds / gib / seconds_per_hour * prices.memory_gib_hour +
            wall * asked.slots / us_per_hour * prices.slot_hour;
}

} // namespace callboard
