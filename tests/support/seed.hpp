#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace callboard::test {

/// The seed of this run's randomised tests: a new one each time, or that of CALLBOARD_TEST_SEED, which repeats a run.
/// It is printed before it is used, so that it is known even when the test crashes.
inline uint64_t seed_of_run() {
  static const uint64_t seed = [] {
    if (const auto* given = std::getenv("CALLBOARD_TEST_SEED"); given != nullptr)
      return static_cast<uint64_t>(std::strtoull(given, nullptr, 10));
    std::random_device source;
    return uint64_t{source()} << 32 | source();
  }();
  static const bool told = [] {
    std::fprintf(stderr, "CALLBOARD_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return true;
  }();
  static_cast<void>(told);
  return seed;
}

} // namespace callboard::test
