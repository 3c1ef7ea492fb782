#include "core/measure/rate_meter.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>

namespace callboard {

namespace {

int64_t second_of(steady_point t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

} // namespace

size_t rate_meter::slot(int64_t second) noexcept {
  constexpr auto n = static_cast<int64_t>(window_seconds);
  return static_cast<size_t>(((second % n) + n) % n);
}

void rate_meter::record(steady_point now, uint64_t events) noexcept {
  latest_ = std::max(latest_, second_of(now));
  auto& b = ring_[slot(latest_)];
  if (b.second != latest_)
    b = bucket{latest_, 0};
  b.events += events;
  total_ += events;
}

double rate_meter::per_second(steady_point now) const noexcept {
  const int64_t second = std::max(latest_, second_of(now));
  uint64_t events = 0;
  for (const auto& b : ring_)
    if (b.second != INT64_MIN && b.second > second - static_cast<int64_t>(window_seconds))
      events += b.events;
  const double passed =
    std::clamp(std::chrono::duration<double>(now - steady_point{std::chrono::seconds{second}}).count(), 0.0, 1.0);
  return static_cast<double>(events) / (static_cast<double>(window_seconds) - 1 + passed);
}

void rate_meter::sanity_check() const {
  uint64_t events = 0;
  for (const auto& b : ring_) {
    CB_INVARIANT(b.second <= latest_, "no bucket lies after the latest second");
    events += b.events;
  }
  CB_INVARIANT(events <= total_, "the window holds no more than the total");
}

} // namespace callboard
