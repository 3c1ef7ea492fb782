#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace callboard::bench {

using json_line = nlohmann::ordered_json;

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
  void put(json_line& figures, const std::string& prefix = {});

private:
  std::vector<uint32_t> us_;
  bool sorted_ = true;
};

/// Where measures write what they found: a JSON line on standard output, the same for people on standard error, and
/// the line once more in a file when there is one.
class journal {
public:
  /// @param file  is appended to; empty: none. Throws std::runtime_error when it cannot be written.
  explicit journal(const std::string& file = {});

  /// Measures are repeated; lines carry the number of their run when there is more than one.
  void begin_run(uint32_t run, uint32_t runs);

  /// @param setup    what was measured: lines of the same bench and setup are the same figure in another run.
  /// @param figures  what came out.
  void add(const std::string& bench, const json_line& setup, const json_line& figures);

  /// After several runs: a line with min, median and max of every number of each figure.
  void summarise();

private:
  struct line {
    std::string bench;
    json_line setup, figures;
  };
  void write(const json_line& whole);

  std::ofstream file_;
  uint32_t run_ = 1;
  uint32_t runs_ = 1;
  std::vector<line> lines_;
};

/// The middle one, or the mean of the two in the middle. 0 when there is none.
double median(std::vector<double> values);

/// Jobs per second, rounded.
uint64_t per_second(uint64_t jobs, std::chrono::nanoseconds d);

/// Milliseconds with two digits.
double to_ms(std::chrono::nanoseconds d);
/// Seconds with three digits.
double to_seconds(std::chrono::nanoseconds d);
/// With two digits after the point.
double rounded(double value);

} // namespace callboard::bench
