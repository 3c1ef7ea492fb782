#include "core/placement/autoscale.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const steady_point start{1'000'000s};

autoscale_policy policy() {
  autoscale_policy p;
  p.workers_min = 1;
  p.workers_max = 20;
  p.slots_per_worker = 4;
  p.target_drain = 30s;
  p.window_down = 120s;
  p.pause_up = 3s;
  return p;
}

/// Workers come at once: what is decided is there at the next look.
struct run {
  autoscaler_logic logic{policy()};
  steady_point now = start;
  uint32_t workers = 1;

  autoscale_decision step(duration work, uint32_t busy, duration pass = 1s) {
    const auto d = logic.decide({now, work, work > 0s ? 1u : 0u, busy, workers});
    workers = d.desired;
    now += pass;
    return d;
  }
};

} // namespace

TEST_CASE("workers for what runs and what waits", "[autoscale]") {
  struct sample {
    duration work;
    uint64_t ready;
    uint32_t busy, workers, wanted;
  };
  const sample samples[] = {
    {0s, 0, 0, 1, 1},        // nothing to do: the least
    {0s, 0, 4, 1, 1},        // one worker is full, nobody waits
    {30s, 5, 4, 2, 2},       // one slot more drains 30 s of work in 30 s
    {60s, 5, 8, 2, 3},       //
    {240s, 9, 0, 2, 2},      // 8 slots: two workers of four
    {241s, 9, 0, 4, 4},      // a down step needs the window: kept
    {100'000s, 9, 0, 9, 18}, // doubled at most
    {1s, 1, 0, 0, 1},        // one job, no worker: one
  };
  for (const auto& s : samples) {
    INFO(s.work.count() << " us of work, " << s.busy << " busy, " << s.workers << " workers");
    autoscaler_logic logic{policy()};
    if (s.workers == 4)
      logic.decide({start - 10s, 480s, 1, 0, 4});
    CHECK(logic.decide({start, s.work, s.ready, s.busy, s.workers}).desired == s.wanted);
  }
}

TEST_CASE("a worker is wanted for the first job even when none need be there", "[autoscale]") {
  auto p = policy();
  p.workers_min = 0;
  autoscaler_logic logic{p};
  CHECK(logic.decide({start, 0s, 0, 0, 0}).desired == 0);
  CHECK(logic.decide({start + 1s, 1us, 1, 0, 0}).desired == 1);
}

TEST_CASE("quick up: doubled every pause", "[autoscale]") {
  run r;
  std::vector<uint32_t> seen;
  for (int i = 0; i < 16; ++i)
    seen.push_back(r.step(100'000s, 0).desired);
  CHECK(seen == std::vector<uint32_t>{2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 20, 20, 20, 20});
}

TEST_CASE("slow down: only when nothing within the window asked for more", "[autoscale]") {
  run r;
  r.workers = 10;
  r.step(1200s, 0); // asks for 10
  for (int i = 0; i < 119; ++i)
    REQUIRE(r.step(0s, 0).desired == 10);
  CHECK(r.step(0s, 0).reason.find("kept at 10") != std::string::npos);
  CHECK(r.step(0s, 0).desired == 1);
}

TEST_CASE("a short burst within the window keeps its workers", "[autoscale]") {
  run r;
  r.workers = 10;
  for (int minute = 0; minute < 10; ++minute) {
    r.step(1200s, 0);
    for (int i = 0; i < 59; ++i)
      REQUIRE(r.step(0s, 0).desired == 10);
  }
}

TEST_CASE("new bounds count at once", "[autoscale]") {
  run r;
  r.workers = 10;
  r.step(1200s, 0);
  auto p = policy();
  p.workers_max = 3;
  r.logic.set_policy(p);
  CHECK(r.step(1200s, 0).desired == 3);
}

TEST_CASE("whatever comes, the number stays within bounds and above what the window asked for", "[autoscale]") {
  const auto seed = GENERATE(range(1u, 50u));
  std::mt19937 random{seed};
  run r;
  std::vector<std::pair<steady_point, uint32_t>> wanted;
  for (int i = 0; i < 400; ++i) {
    const auto work = std::chrono::seconds{random() % 3 == 0 ? random() % 3000 : 0};
    const auto busy = static_cast<uint32_t>(random() % 20);
    // What would be wanted without steps and windows.
    wanted.emplace_back(r.now,
                        static_cast<uint32_t>(std::clamp<int64_t>((busy * 30 + work.count() + 119) / 120, 1, 20)));
    const auto before = r.workers, at = static_cast<uint32_t>(i);
    const auto now = r.now;
    const auto d = r.step(work, busy, std::chrono::milliseconds{500 + random() % 20'000});
    INFO("seed " << seed << " step " << at);
    REQUIRE(d.desired >= 1);
    REQUIRE(d.desired <= 20);
    uint32_t highest = 0;
    for (const auto& [t, n] : wanted)
      if (now - t <= 120s)
        highest = std::max(highest, n);
    REQUIRE(d.desired >= std::min(before, highest));
    if (d.desired > before)
      REQUIRE(d.desired <= std::max(2 * before, before + 1));
  }
}

TEST_CASE("a constant load comes to rest", "[autoscale]") {
  const auto busy = GENERATE(0u, 1u, 4u, 5u, 30u, 79u, 80u);
  run r;
  r.workers = GENERATE(1u, 7u, 20u);
  for (int i = 0; i < 200; ++i)
    r.step(0s, busy);
  const auto rest = r.workers;
  for (int i = 0; i < 500; ++i)
    REQUIRE(r.step(0s, busy).desired == rest);
  CHECK(rest == std::max(1u, (busy + 3) / 4));
}
