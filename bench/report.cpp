#include "bench/report.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>

namespace callboard::bench {

void latencies::add(std::chrono::nanoseconds d) {
  auto us = std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(d).count());
  us_.push_back(static_cast<uint32_t>(std::min<int64_t>(us, std::numeric_limits<uint32_t>::max())));
  sorted_ = false;
}

uint32_t latencies::percentile(double q) {
  if (us_.empty())
    return 0;
  if (!sorted_) {
    std::sort(us_.begin(), us_.end());
    sorted_ = true;
  }
  // The nearest rank: the smallest value that at least q of all values do not exceed.
  auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(us_.size())));
  return us_[std::clamp<size_t>(rank, 1, us_.size()) - 1];
}

void latencies::put(nlohmann::ordered_json& line, const std::string& prefix) {
  line[prefix + "p50_us"] = percentile(0.5);
  line[prefix + "p90_us"] = percentile(0.9);
  line[prefix + "p99_us"] = percentile(0.99);
  line[prefix + "p999_us"] = percentile(0.999);
  line[prefix + "max_us"] = percentile(1);
}

void report(const nlohmann::ordered_json& line) {
  std::cout << line.dump() << std::endl;
  auto first = true;
  for (const auto& [key, value] : line.items()) {
    if (first)
      std::cerr << value.get<std::string>() << ":";
    else
      std::cerr << "  " << key << "=" << (value.is_string() ? value.get<std::string>() : value.dump());
    first = false;
  }
  std::cerr << std::endl;
}

uint64_t per_second(uint64_t jobs, std::chrono::nanoseconds d) {
  auto seconds = std::chrono::duration<double>(d).count();
  return seconds > 0 ? static_cast<uint64_t>(std::llround(static_cast<double>(jobs) / seconds)) : 0;
}

double to_ms(std::chrono::nanoseconds d) {
  return std::round(std::chrono::duration<double, std::milli>(d).count() * 10) / 10;
}

double to_seconds(std::chrono::nanoseconds d) {
  return std::round(std::chrono::duration<double>(d).count() * 1000) / 1000;
}

} // namespace callboard::bench
