#include "core/job/retry_policy.hpp"

#include "core/base/enum_names.hpp"

#include <algorithm>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 3> backoff_names{"fixed", "linear", "exponential"};
constexpr std::array<std::string_view, 3> failure_action_names{"retry", "fail", "snooze"};

// Spreads a number over 64 bits. Source: S. Vigna, splitmix64 (prng.di.unimi.it/splitmix64.c).
uint64_t splitmix64(uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// base * factor, at most `cap`; both positive.
int64_t product_up_to(int64_t base, uint64_t factor, int64_t cap) noexcept {
  return factor > static_cast<uint64_t>(cap / base) ? cap : std::min(cap, base * static_cast<int64_t>(factor));
}

} // namespace

std::string_view to_string(backoff b) {
  return name_of(backoff_names, b);
}

std::optional<backoff> parse_backoff(std::string_view text) {
  return value_of<backoff>(backoff_names, text);
}

std::string_view to_string(failure_action a) {
  return name_of(failure_action_names, a);
}

std::optional<failure_action> parse_failure_action(std::string_view text) {
  return value_of<failure_action>(failure_action_names, text);
}

duration backoff_delay(const retry_policy& p, uint32_t failures, uint64_t seed) noexcept {
  constexpr int64_t shortest = duration{std::chrono::milliseconds{1}}.count();
  const int64_t cap = std::max<int64_t>(p.cap.count(), shortest);
  const int64_t base = std::clamp<int64_t>(p.base.count(), shortest, cap);
  const uint32_t nth = std::max<uint32_t>(failures, 1);
  int64_t wait = base;
  if (p.kind == backoff::linear)
    wait = product_up_to(base, nth, cap);
  else if (p.kind == backoff::exponential)
    wait = nth > 63 ? cap : product_up_to(base, uint64_t{1} << (nth - 1), cap);
  if (p.jitter) {
    // Mixing in the number keeps a caller with one seed per job from drawing the same share each time.
    const uint64_t draw = splitmix64(seed ^ splitmix64(nth));
    wait = static_cast<int64_t>(draw % static_cast<uint64_t>(wait)) + 1;
  }
  return duration{std::max(wait, shortest)};
}

} // namespace callboard
