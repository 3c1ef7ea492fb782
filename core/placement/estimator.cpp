#include "core/placement/estimator.hpp"

#include <algorithm>
#include <cmath>

namespace callboard {

namespace {

std::optional<duration> mean_of(const moving_average& a) {
  if (a.samples() == 0)
    return std::nullopt;
  return duration{static_cast<int64_t>(std::llround(a.mean()))};
}

time_point later_by(time_point now, double wait_us) {
  const auto room = time_point::max() - now;
  // Compared as doubles: the product may be far beyond what a duration holds.
  if (wait_us >= static_cast<double>(room.count()))
    return time_point::max();
  return now + duration{static_cast<int64_t>(wait_us)};
}

} // namespace

void estimator::record_run(uint16_t type, duration ran) {
  // The worker measured it by a clock that may have been set back.
  if (ran < duration{0})
    return;
  if (run_us_.size() <= type)
    run_us_.resize(type + size_t{1});
  run_us_[type].record(static_cast<double>(ran.count()));
  all_run_us_.record(static_cast<double>(ran.count()));
}

void estimator::record_start(steady_point now, bool backlog) {
  if (backlog && last_start_ && now >= *last_start_)
    between_starts_us_.record(static_cast<double>((now - *last_start_).count()));
  last_start_ = backlog ? std::optional{now} : std::nullopt;
}

std::optional<duration> estimator::mean_run(uint16_t type) const {
  return type < run_us_.size() ? mean_of(run_us_[type]) : std::nullopt;
}

std::optional<duration> estimator::mean_run() const {
  return mean_of(all_run_us_);
}

bool estimator::prefetches(uint16_t type, duration below) const {
  return type < run_us_.size() && run_us_[type].samples() >= prefetch_samples_min &&
         run_us_[type].mean() < static_cast<double>(below.count());
}

time_point estimator::estimate(time_point now, uint64_t ahead, uint64_t slots, uint64_t slots_free) const {
  if (ahead < slots_free)
    return now;
  const uint64_t in_line = ahead - slots_free + 1; // starts until it is its turn
  if (between_starts_us_.samples() > 0)
    return later_by(now, static_cast<double>(in_line) * between_starts_us_.mean());
  return estimate_start(now, in_line, slots, mean_run().value_or(unknown_run));
}

time_point estimator::estimate_start(time_point now, uint64_t ahead, uint64_t slots, duration mean) {
  const double wait = static_cast<double>(ahead) * static_cast<double>(std::max<int64_t>(mean.count(), 0)) /
                      static_cast<double>(std::max<uint64_t>(slots, 1));
  return later_by(now, wait);
}

} // namespace callboard
