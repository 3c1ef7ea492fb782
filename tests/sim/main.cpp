#include "tests/sim/run.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// callboard-sim [--seeds N] [--from S] [--plant BUG] [--trace]
// Exit code 1 when a promise was broken (with --plant: when it was not found within the seeds).

int main(int argc, char** argv) {
  using namespace callboard;
  uint64_t seeds = 100, from = 1;
  sim::run_options o;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> uint64_t {
      char* end = nullptr;
      const auto n = i + 1 < argc ? std::strtoull(argv[i + 1], &end, 10) : 0;
      if (!end || *end != '\0') {
        std::fprintf(stderr, "callboard-sim: %s takes a number\n", flag.c_str());
        std::exit(2);
      }
      ++i;
      return n;
    };
    if (flag == "--seeds")
      seeds = value();
    else if (flag == "--from")
      from = value();
    else if (flag == "--plant")
      o.plant = static_cast<bug>(value());
    else if (flag == "--trace")
      o.trace = true;
    else {
      std::fprintf(stderr, "usage: callboard-sim [--seeds N] [--from S] [--plant BUG] [--trace]\n");
      return 2;
    }
  }
  sim::run_result sum;
  for (uint64_t seed = from; seed < from + seeds; ++seed) {
    o.seed = seed;
    const auto r = sim::run(o);
    sum.events += r.events;
    sum.jobs += r.jobs;
    sum.attempts += r.attempts;
    sum.crashes += r.crashes;
    sum.power_failures += r.power_failures;
    if (!r.broken)
      continue;
    std::printf("seed %" PRIu64 ": callboard-sim --seeds 1 --from %" PRIu64 "%s\n  %s\n", seed, seed,
                o.plant == bug::none ? "" : (" --plant " + std::to_string(static_cast<int>(o.plant))).c_str(),
                r.broken->c_str());
    if (o.plant == bug::none)
      return 1;
    std::printf("found with seed %" PRIu64 "\n", seed);
    return 0;
  }
  std::printf("seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " events, %" PRIu64 " jobs, %" PRIu64 " attempts, %" PRIu64
              " kills, %" PRIu64 " power failures\n",
              from, from + seeds - 1, sum.events, sum.jobs, sum.attempts, sum.crashes, sum.power_failures);
  return o.plant == bug::none ? 0 : 1;
}
