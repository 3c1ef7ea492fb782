#include "core/placement/circuit_breaker.hpp"

#include <algorithm>

namespace callboard {

namespace {

int64_t slice_number(steady_point now, duration length) {
  return now.time_since_epoch().count() / std::max<int64_t>(1, length.count());
}

} // namespace

std::string_view to_string(breaker_state s) {
  switch (s) {
  case breaker_state::closed:
    return "closed";
  case breaker_state::open:
    return "open";
  case breaker_state::half_open:
    return "half_open";
  }
  return "closed";
}

failure_window::failure_window(duration window) : length_(window / 10) {
}

void failure_window::record(steady_point now, bool failed) {
  const auto number = slice_number(now, length_);
  auto& s = slices_[static_cast<size_t>(number) % slices_.size()];
  if (s.number != number)
    s = {number, 0, 0};
  ++s.ended;
  s.failed += failed;
}

uint64_t failure_window::ended(steady_point now) const {
  const auto number = slice_number(now, length_);
  uint64_t sum = 0;
  for (const auto& s : slices_)
    if (s.number <= number && s.number > number - static_cast<int64_t>(slices_.size()))
      sum += s.ended;
  return sum;
}

uint64_t failure_window::failed(steady_point now) const {
  const auto number = slice_number(now, length_);
  uint64_t sum = 0;
  for (const auto& s : slices_)
    if (s.number <= number && s.number > number - static_cast<int64_t>(slices_.size()))
      sum += s.failed;
  return sum;
}

void failure_window::clear() {
  slices_ = {};
}

circuit_breaker::circuit_breaker(breaker_policy p) : policy_(p), own_(p.window) {
}

void circuit_breaker::open(steady_point now) {
  const auto doublings = std::min(failed_probes_, 16u);
  const auto wait = std::min(policy_.open_max, policy_.open_for * (int64_t{1} << doublings));
  state_ = breaker_state::open;
  probing_ = false;
  probe_at_ = now + wait;
  ++trips_;
}

void circuit_breaker::record(steady_point now, bool failed, const peer_record& peers) {
  own_.record(now, failed);
  if (!policy_.enabled)
    return;
  switch (state(now)) {
  case breaker_state::open:
    return; // of an attempt that began before it opened
  case breaker_state::half_open:
    if (!probing_)
      return;
    if (failed) {
      ++failed_probes_;
      return open(now);
    }
    state_ = breaker_state::closed;
    probing_ = false;
    failed_probes_ = 0;
    probe_at_ = steady_point::max();
    own_.clear();
    return;
  case breaker_state::closed:
    break;
  }
  const auto ended = own_.ended(now), failures = own_.failed(now);
  // The only worker: keeping work from it would help nobody.
  if (ended < policy_.samples_min || peers.ended == 0)
    return;
  if (failures * 100 < ended * policy_.failure_percent)
    return;
  // failures / ended >= peer_percent % of peers.failed / peers.ended, without dividing.
  const auto mine = static_cast<double>(failures) * static_cast<double>(peers.ended) * 100.0;
  const auto theirs = static_cast<double>(peers.failed) * static_cast<double>(ended) * policy_.peer_percent;
  if (mine < theirs)
    return;
  open(now);
}

bool circuit_breaker::allows(steady_point now) {
  switch (state(now)) {
  case breaker_state::closed:
    return true;
  case breaker_state::open:
    return false;
  case breaker_state::half_open:
    state_ = breaker_state::half_open;
    return !probing_;
  }
  return true;
}

void circuit_breaker::on_placed(steady_point now) {
  if (state(now) == breaker_state::half_open) {
    state_ = breaker_state::half_open;
    probing_ = true;
  }
}

void circuit_breaker::on_probe_void() {
  probing_ = false;
}

breaker_state circuit_breaker::state(steady_point now) const {
  return state_ == breaker_state::open && now >= probe_at_ ? breaker_state::half_open : state_;
}

steady_point circuit_breaker::reopens_at() const noexcept {
  return state_ == breaker_state::open ? probe_at_ : steady_point::max();
}

} // namespace callboard
