#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace callboard::bench {

/// Collects durations and gives exact percentiles: every value is kept, four bytes each.
class latencies {
public:
  void add(std::chrono::nanoseconds d);
  size_t count() const {
    return us_.size();
  }
  /// Microseconds; `q` in 0..1. 0 when nothing was added.
  uint32_t percentile(double q);
  /// Adds p50_us, p90_us, p99_us, p999_us and max_us, each with `prefix` before it.
  void put(nlohmann::ordered_json& line, const std::string& prefix = {});

private:
  std::vector<uint32_t> us_;
  bool sorted_ = true;
};

/// One JSON line on standard output, and the same for people on standard error.
void report(const nlohmann::ordered_json& line);

/// Jobs per second, rounded.
uint64_t per_second(uint64_t jobs, std::chrono::nanoseconds d);

/// Milliseconds with one digit.
double to_ms(std::chrono::nanoseconds d);
/// Seconds with three digits.
double to_seconds(std::chrono::nanoseconds d);

} // namespace callboard::bench
