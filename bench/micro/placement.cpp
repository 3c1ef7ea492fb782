#include "bench/micro/entries.hpp"
#include "core/index/dependency_graph.hpp"
#include "core/index/ready_queues.hpp"
#include "core/placement/cluster_fit.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <deque>
#include <vector>

namespace callboard::bench {

namespace {

constexpr uint32_t slots_each = 4;

void add_workers(cluster_fit& fit, uint64_t count) {
  for (uint64_t w = 1; w <= count; ++w) {
    fit.set_worker(worker_id{w},
                   {.slots = slots_each, .cpu_milli = slots_each * 1000, .memory_bytes = uint64_t{slots_each} << 30},
                   type_set::any());
    fit.set_accepting(worker_id{w}, true);
  }
}

/// A worker is chosen for a job and gives it back, with half of the slots taken.
void cluster_fit_choose(benchmark::State& state) {
  const auto workers = static_cast<uint64_t>(state.range(0));
  const auto count = static_cast<uint32_t>(state.range(1));
  shape_table shapes;
  add_shapes(shapes, count);
  cluster_fit fit{shapes};
  add_workers(fit, workers);
  for (uint64_t w = 1; w <= workers; ++w)
    for (uint32_t s = 0; s < slots_each / 2; ++s)
      fit.take(worker_id{w}, shapes.at(static_cast<uint16_t>((w + s) % count)).request);
  uint64_t turn = 0;
  for (auto _ : state) {
    const auto shape = static_cast<uint16_t>(turn++ % count);
    const auto w = fit.choose(shape);
    if (!w)
      return state.SkipWithError("no worker fits");
    fit.take(*w, shapes.at(shape).request);
    fit.give(*w, shapes.at(shape).request);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cluster_fit_choose)->ArgNames({"workers", "shapes"})->ArgsProduct({{2, 200}, {1, 50}});

/// All that placing a job takes: the first in the line that some worker has room for, the worker, its slot. The oldest
/// attempt ends, so that the cluster stays full; another job waits, so that the line stays as long.
void place_next(benchmark::State& state) {
  const auto waiting = static_cast<uint64_t>(state.range(0));
  const auto workers = static_cast<uint64_t>(state.range(1));
  const auto count = static_cast<uint32_t>(state.range(2));
  shape_table shapes;
  add_shapes(shapes, count);
  cluster_fit fit{shapes};
  add_workers(fit, workers);
  ready_queues ready{std::chrono::minutes{10}};
  uint64_t next = 0;
  while (next < waiting)
    ready.add(0, ready_at(next++, static_cast<uint16_t>(count)));
  std::deque<std::pair<worker_id, uint16_t>> running;
  for (auto _ : state) {
    if (running.size() == workers * slots_each) {
      const auto [w, shape] = running.front();
      running.pop_front();
      fit.give(w, shapes.at(shape).request);
    }
    const auto job = ready.peek(later_on, fit.placeable());
    const auto w = job ? fit.choose(job->entry.type) : std::nullopt;
    if (!w)
      return state.SkipWithError("no worker fits");
    ready.take(*job);
    fit.take(*w, shapes.at(job->entry.type).request);
    running.emplace_back(*w, job->entry.type);
    ready.add(0, ready_at(next++, static_cast<uint16_t>(count)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(place_next)
  ->ArgNames({"waiting", "workers", "shapes"})
  ->Args({1'000, 2, 1})
  ->Args({1'000'000, 2, 1})
  ->Args({1'000, 200, 50})
  ->Args({100'000, 200, 50});

/// A chain of jobs, each waiting for the one before: one joins at the end, the first completes.
void dependency_chain(benchmark::State& state) {
  const auto length = static_cast<uint64_t>(state.range(0));
  dependency_graph graph;
  const auto add = [&](uint64_t n) {
    const std::array before{id_at(n - 1)};
    graph.add(id_at(n), before);
  };
  uint64_t first = 0, next = 1;
  while (next <= length)
    add(next++);
  for (auto _ : state) {
    add(next++);
    benchmark::DoNotOptimize(graph.ended({id_at(first++), job_ending::completed, true}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(dependency_chain)->ArgName("length")->Arg(1'000)->Arg(1'000'000);

/// One job that many wait for ends: what of them can start, or what is cancelled with it.
void dependency_fan(benchmark::State& state) {
  const auto width = static_cast<uint64_t>(state.range(0));
  const auto cancel = state.range(1) != 0;
  for (auto _ : state) {
    state.PauseTiming();
    dependency_graph graph;
    const std::array root{id_at(0)};
    for (uint64_t n = 1; n <= width; ++n)
      graph.add(id_at(n), root);
    state.ResumeTiming();
    if (cancel) {
      const dependency_graph::ends failed{{root[0], {root[0], job_ending::failed, true}}};
      for (auto id : graph.dependants(root[0]))
        benchmark::DoNotOptimize(graph.outlook_of(id, failed));
    } else {
      benchmark::DoNotOptimize(graph.ended({root[0], job_ending::completed, true}));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(dependency_fan)->ArgNames({"width", "cancel"})->ArgsProduct({{10'000}, {0, 1}});

} // namespace

} // namespace callboard::bench
