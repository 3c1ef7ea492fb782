#include "core/placement/circuit_breaker.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const steady_point start{1'000'000s};
const peer_record healthy{1000, 10};

circuit_breaker opened(steady_point& now) {
  circuit_breaker b;
  for (int i = 0; i < 20; ++i)
    b.record(now, true, healthy);
  REQUIRE(b.state(now) == breaker_state::open);
  return b;
}

} // namespace

TEST_CASE("failures on one worker alone open its breaker", "[circuit_breaker]") {
  circuit_breaker b;
  for (int i = 0; i < 19; ++i)
    b.record(start, true, healthy);
  CHECK(b.allows(start)); // too few to conclude anything
  b.record(start, true, healthy);
  CHECK_FALSE(b.allows(start));
  CHECK(b.reopens_at() == start + 10s);
  CHECK(b.trips() == 1);
}

TEST_CASE("when a breaker stays closed", "[circuit_breaker]") {
  const auto state_after = [](int failures, int successes, peer_record peers) {
    circuit_breaker b;
    for (int i = 0; i < successes; ++i)
      b.record(start, false, peers);
    for (int i = 0; i < failures; ++i)
      b.record(start, true, peers);
    return b.state(start);
  };
  CHECK(state_after(40, 61, healthy) == breaker_state::closed);     // below half
  CHECK(state_after(50, 50, healthy) == breaker_state::open);       // half, and far above the peers
  CHECK(state_after(60, 40, {1000, 310}) == breaker_state::closed); // not twice what its peers fail
  CHECK(state_after(60, 40, {1000, 290}) == breaker_state::open);   //
  CHECK(state_after(100, 0, {1000, 990}) == breaker_state::closed); // the jobs are bad, not the worker
  CHECK(state_after(100, 0, {0, 0}) == breaker_state::closed);      // the only worker
  CHECK(state_after(100, 0, {5, 5}) == breaker_state::closed);      // few, but they say the same
  CHECK(state_after(100, 0, {5, 0}) == breaker_state::open);
}

TEST_CASE("failures of long ago are forgotten", "[circuit_breaker]") {
  circuit_breaker b;
  for (int i = 0; i < 15; ++i)
    b.record(start, true, healthy);
  for (int i = 0; i < 15; ++i)
    b.record(start + 61s, i % 4 == 0, healthy);
  CHECK(b.state(start + 61s) == breaker_state::closed);
  CHECK(b.own().ended(start + 61s) == 15);
}

TEST_CASE("one probe at a time, and its end decides", "[circuit_breaker]") {
  auto now = start;
  auto b = opened(now);
  CHECK_FALSE(b.allows(now + 9s));
  now += 10s;
  CHECK(b.allows(now));
  CHECK(b.state(now) == breaker_state::half_open);
  b.on_placed(now);
  CHECK_FALSE(b.allows(now));
  SECTION("success closes") {
    b.record(now, false, healthy);
    CHECK(b.state(now) == breaker_state::closed);
    CHECK(b.own().ended(now) == 0);
    b.record(now, true, healthy);
    CHECK(b.allows(now));
  }
  SECTION("failure opens for twice as long") {
    b.record(now, true, healthy);
    CHECK(b.state(now) == breaker_state::open);
    CHECK(b.reopens_at() == now + 20s);
    CHECK(b.trips() == 2);
  }
  SECTION("what was handed back says nothing: the next one may try") {
    b.on_probe_void();
    CHECK(b.allows(now));
  }
}

TEST_CASE("ends of attempts that began before it opened decide nothing", "[circuit_breaker]") {
  auto now = start;
  auto b = opened(now);
  b.record(now, false, healthy);
  CHECK(b.state(now) == breaker_state::open);
  now += 10s;
  b.record(now, false, healthy); // half open, but no probe was sent
  CHECK(b.state(now) == breaker_state::half_open);
}

TEST_CASE("a worker that always fails is probed ever more rarely", "[circuit_breaker]") {
  auto now = start;
  auto b = opened(now);
  int probes = 0;
  for (const auto end = now + 24h; now < end; now += 1s)
    if (b.allows(now)) {
      b.on_placed(now);
      b.record(now, true, healthy);
      ++probes;
    }
  CHECK(probes > 10);
  CHECK(probes < 24 * 60 / 5 + 10); // at the most once per open_max
}

TEST_CASE("switched off it never opens", "[circuit_breaker]") {
  circuit_breaker b{breaker_policy{.enabled = false}};
  for (int i = 0; i < 1000; ++i)
    b.record(start, true, healthy);
  CHECK(b.allows(start));
}
