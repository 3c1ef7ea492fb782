#include "bench/micro/entries.hpp"
#include "core/index/ready_queues.hpp"
#include "core/index/timer_queue.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace callboard::bench {

namespace {

constexpr duration aging_step = std::chrono::minutes{10};

/// One more ready job and one dispatched, with `depth` of them there.
void ready_queues_add_pop(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  const auto shapes = static_cast<uint16_t>(state.range(1));
  ready_queues ready{aging_step};
  uint64_t next = 0;
  while (next < depth)
    ready.add(0, ready_at(next++, shapes));
  for (auto _ : state) {
    ready.add(0, ready_at(next++, shapes));
    benchmark::DoNotOptimize(ready.pop(later_on));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_job"] = static_cast<double>(ready.memory_bytes()) / static_cast<double>(depth);
}
BENCHMARK(ready_queues_add_pop)
  ->ArgNames({"depth", "shapes"})
  ->ArgsProduct({{1'000, 100'000, 1'000'000, 10'000'000}, {1, 50}});

/// The same of one queue, with all priorities in use and deadlines.
void job_queue_add_pop_dated(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  job_queue queue{aging_step};
  const auto job = [](uint64_t n) {
    auto e = ready_at(n, 1);
    e.priority = static_cast<uint8_t>(scattered(n) % priority_count);
    e.must_start_by = noon + std::chrono::seconds{scattered(n) % 3600};
    return e;
  };
  uint64_t next = 0;
  while (next < depth)
    queue.add(job(next++));
  for (auto _ : state) {
    queue.add(job(next++));
    benchmark::DoNotOptimize(queue.pop(later_on));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(job_queue_add_pop_dated)->ArgName("depth")->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

/// A job is cancelled somewhere in the line, another takes its place at the end.
void job_queue_remove(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  job_queue queue{aging_step};
  std::vector<uint64_t> there;
  for (uint64_t n = 0; n < depth; ++n) {
    queue.add(ready_at(n, 1));
    there.push_back(n);
  }
  uint64_t next = depth, turn = 0;
  for (auto _ : state) {
    auto& n = there[scattered(turn++) % depth];
    queue.remove(ready_at(n, 1));
    n = next++;
    queue.add(ready_at(n, 1));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(job_queue_remove)->ArgName("depth")->Arg(1'000)->Arg(1'000'000);

job_table filled_table(uint64_t depth) {
  job_table table;
  for (uint64_t n = 0; n < depth; ++n)
    table.insert(entry_at(n));
  return table;
}

/// A job is accepted and the oldest one ends, as in a line of `depth` that moves on.
void job_table_line(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  auto table = filled_table(depth);
  uint64_t next = depth;
  for (auto _ : state) {
    table.insert(entry_at(next));
    table.erase(id_at(next++ - depth));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(job_table_line)->ArgName("depth")->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000);

/// A job is accepted, changes its state twice and ends, with `depth` others there.
void job_table_life(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  auto table = filled_table(depth);
  uint64_t next = depth;
  for (auto _ : state) {
    const auto id = id_at(next);
    table.insert(entry_at(next++));
    table.update(id, [](job_entry& e) { e.state = job_state::scheduled; });
    table.update(id, [](job_entry& e) { e.state = job_state::running; });
    table.erase(id);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_job"] = static_cast<double>(table.memory_bytes()) / static_cast<double>(depth);
}
BENCHMARK(job_table_life)->ArgName("depth")->Arg(1'000)->Arg(1'000'000);

void job_table_find(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  const auto table = filled_table(depth);
  uint64_t turn = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(table.find(id_at(scattered(turn++) % depth)));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(job_table_find)->ArgName("depth")->Arg(1'000)->Arg(1'000'000);

/// A timer is set and the earliest is taken, with `depth` of them there.
void timer_queue_add_pop(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  timer_queue timers;
  uint64_t next = 0;
  const auto add = [&] {
    // Within the hour behind the earliest, in no order.
    const auto at = noon + duration{static_cast<int64_t>(next * 1000 + scattered(next) % 3'600'000'000)};
    timers.add({.at = at, .id = id_at(next)});
    ++next;
  };
  while (next < depth)
    add();
  for (auto _ : state) {
    add();
    benchmark::DoNotOptimize(timers.pop_due(time_point::max(), 1));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(timer_queue_add_pop)->ArgName("depth")->Arg(1'000)->Arg(1'000'000);

} // namespace

} // namespace callboard::bench
