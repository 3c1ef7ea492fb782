#include "bench/report.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <stdexcept>

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

void latencies::put(json_line& figures, const std::string& prefix) {
  figures[prefix + "p50_us"] = percentile(0.5);
  figures[prefix + "p90_us"] = percentile(0.9);
  figures[prefix + "p99_us"] = percentile(0.99);
  figures[prefix + "p999_us"] = percentile(0.999);
  figures[prefix + "max_us"] = percentile(1);
}

journal::journal(const std::string& file) {
  if (file.empty())
    return;
  file_.open(file, std::ios::app);
  if (!file_)
    throw std::runtime_error("cannot write " + file);
}

void journal::begin_run(uint32_t run, uint32_t runs) {
  run_ = run;
  runs_ = runs;
}

void journal::write(const json_line& whole) {
  const auto text = whole.dump();
  std::cout << text << std::endl;
  if (file_.is_open())
    file_ << text << std::endl;
  auto first = true;
  for (const auto& [key, value] : whole.items()) {
    if (first)
      std::cerr << value.get<std::string>() << ":";
    else
      std::cerr << "  " << key << "=" << (value.is_string() ? value.get<std::string>() : value.dump());
    first = false;
  }
  std::cerr << std::endl;
}

void journal::add(const std::string& bench, const json_line& setup, const json_line& figures) {
  json_line whole{{"bench", bench}};
  if (runs_ > 1)
    whole["run"] = run_;
  whole.update(setup);
  whole.update(figures);
  write(whole);
  lines_.push_back({bench, setup, figures});
}

void journal::summarise() {
  std::vector<line> left;
  left.swap(lines_);
  while (!left.empty()) {
    const auto first = left.front();
    std::vector<json_line> same;
    std::erase_if(left, [&](const line& l) {
      if (l.bench != first.bench || l.setup != first.setup)
        return false;
      same.push_back(l.figures);
      return true;
    });
    if (same.size() < 2)
      continue;
    json_line whole{{"bench", first.bench}, {"runs", same.size()}};
    whole.update(first.setup);
    for (const auto& [key, value] : first.figures.items()) {
      std::vector<double> values;
      for (const auto& figures : same)
        if (auto found = figures.find(key); found != figures.end() && found->is_number())
          values.push_back(found->get<double>());
      if (values.empty())
        continue;
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      whole[key] = {{"min", *low}, {"median", median(values)}, {"max", *high}};
    }
    write(whole);
  }
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

uint64_t per_second(uint64_t jobs, std::chrono::nanoseconds d) {
  auto seconds = std::chrono::duration<double>(d).count();
  return seconds > 0 ? static_cast<uint64_t>(std::llround(static_cast<double>(jobs) / seconds)) : 0;
}

double rounded(double value) {
  return std::round(value * 100) / 100;
}

double to_ms(std::chrono::nanoseconds d) {
  return rounded(std::chrono::duration<double, std::milli>(d).count());
}

double to_seconds(std::chrono::nanoseconds d) {
  return std::round(std::chrono::duration<double>(d).count() * 1000) / 1000;
}

} // namespace callboard::bench
