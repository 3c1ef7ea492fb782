#include "core/job/retry_policy.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace callboard;
using namespace std::chrono_literals;

TEST_CASE("waits without jitter follow their shape up to the cap", "[retry_policy]") {
  struct row {
    backoff kind;
    uint32_t failures;
    duration wait;
  };
  const auto row_of = GENERATE(values<row>({
    {backoff::fixed, 0, 2s},
    {backoff::fixed, 1, 2s},
    {backoff::fixed, 50, 2s},
    {backoff::linear, 0, 2s},
    {backoff::linear, 1, 2s},
    {backoff::linear, 3, 6s},
    {backoff::linear, 29, 58s},
    {backoff::linear, 30, 60s},
    {backoff::linear, UINT32_MAX, 60s},
    {backoff::exponential, 0, 2s},
    {backoff::exponential, 1, 2s},
    {backoff::exponential, 2, 4s},
    {backoff::exponential, 5, 32s},
    {backoff::exponential, 6, 60s},
    {backoff::exponential, 63, 60s},
    {backoff::exponential, 64, 60s},
    {backoff::exponential, 65, 60s},
    {backoff::exponential, UINT32_MAX, 60s},
  }));
  INFO(to_string(row_of.kind) << " after " << row_of.failures);
  CHECK(backoff_delay(retry_policy{row_of.kind, 2s, 60s, false}, row_of.failures, 1) == row_of.wait);
}

TEST_CASE("waits stay within their bounds, whatever the policy", "[retry_policy]") {
  CHECK(rc::check("bounds and determinism",
                  [](uint8_t kind, int64_t base, int64_t cap, bool jitter, uint32_t failures, uint64_t seed) {
                    const retry_policy p{static_cast<backoff>(kind % 3), duration{base}, duration{cap}, jitter};
                    const auto wait = backoff_delay(p, failures, seed);
                    RC_ASSERT(wait >= duration{1ms});
                    RC_ASSERT(wait <= std::max(duration{cap}, duration{1ms}));
                    RC_ASSERT(wait == backoff_delay(p, failures, seed));
                    retry_policy even = p;
                    even.jitter = false;
                    RC_ASSERT(wait <= backoff_delay(even, failures, seed));
                  }));
}

TEST_CASE("the largest numbers do not overflow", "[retry_policy]") {
  for (const auto kind : {backoff::fixed, backoff::linear, backoff::exponential})
    CHECK(backoff_delay(retry_policy{kind, duration::max(), duration::max(), false}, UINT32_MAX, 0) == duration::max());
}

TEST_CASE("jitter spreads over the whole wait", "[retry_policy]") {
  const retry_policy p{backoff::fixed, 1s, 1s, true};
  double sum = 0;
  duration least = 1s, most = 0s;
  constexpr int draws = 2000;
  for (int seed = 0; seed < draws; ++seed) {
    const auto wait = backoff_delay(p, 1, static_cast<uint64_t>(seed));
    sum += static_cast<double>(wait.count());
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  CHECK(sum / draws == Approx(500'000).epsilon(0.05));
  CHECK(least < 10ms);
  CHECK(most > 990ms);
}

TEST_CASE("one seed gives different shares after each failure", "[retry_policy]") {
  const retry_policy p{backoff::fixed, 1h, 1h, true};
  std::set<duration> waits;
  for (uint32_t n = 1; n <= 20; ++n)
    waits.insert(backoff_delay(p, n, 42));
  CHECK(waits.size() == 20);
}

TEST_CASE("names of back-offs are read back", "[retry_policy]") {
  for (const auto b : {backoff::fixed, backoff::linear, backoff::exponential})
    CHECK(parse_backoff(to_string(b)) == b);
  CHECK_FALSE(parse_backoff("Fixed"));
  CHECK_FALSE(parse_backoff(""));
}
