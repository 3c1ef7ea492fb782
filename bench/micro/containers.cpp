#include "bench/micro/entries.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/index/backoff_queue.hpp"
#include "core/index/timer_queue.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <functional>
#include <memory>
#include <set>
#include <vector>

#ifdef CALLBOARD_HAVE_ABSL
#include <absl/container/btree_set.h>
#endif

extern "C" int mallctl(const char*, void*, size_t*, void*, size_t) __attribute__((weak));

/// The ordered set of the indices beside those that others have written, with the entries of the indices and what is
/// done with them.
namespace callboard::bench {

namespace {

/// Bytes that the allocator has given out, what it rounds up included.
size_t allocated_bytes() {
  if (mallctl) { // jemalloc is linked or preloaded
    uint64_t taken = 0, given_back = 0;
    size_t size = sizeof taken;
    mallctl("thread.allocated", &taken, &size, nullptr, 0);
    mallctl("thread.deallocated", &given_back, &size, nullptr, 0);
    return taken - given_back;
  }
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

struct by_id {
  using is_transparent = void;
  bool operator()(const job_entry& a, const job_entry& b) const noexcept {
    return a.id < b.id;
  }
  bool operator()(const job_entry& a, job_id b) const noexcept {
    return a.id < b;
  }
  bool operator()(job_id a, const job_entry& b) const noexcept {
    return a < b.id;
  }
};

/// As the orders of job_queue are.
struct line_entry {
  uint64_t seq;
  job_id id;
  steady_point ready_at;
};
struct by_age {
  using is_transparent = void;
  bool operator()(const line_entry& a, const line_entry& b) const noexcept {
    return a.seq != b.seq ? a.seq < b.seq : b.id > a.id;
  }
};

/// Ours.
struct own {
  template <class T, class Less>
  class set : public ordered_chunks<T, Less> {
  public:
    /// Of an element that is probably the largest.
    void append(const T& value) {
      this->insert(value);
    }
  };
};

/// A set with the interface of the standard one. The hint is the place of an element that is probably the largest.
template <class Set>
class standard_set {
public:
  using value_type = typename Set::value_type;

  void append(const value_type& value) {
    set_.insert(set_.end(), value);
  }
  bool insert(const value_type& value) {
    return set_.insert(value).second;
  }
  template <class Key>
  value_type* find(const Key& key) {
    const auto it = set_.find(key);
    return it == set_.end() ? nullptr : const_cast<value_type*>(&*it);
  }
  template <class Key>
  bool erase(const Key& key) {
    const auto it = set_.find(key);
    if (it == set_.end())
      return false;
    set_.erase(it);
    return true;
  }
  value_type pop_front() {
    const value_type value = *set_.begin();
    set_.erase(set_.begin());
    return value;
  }
  template <class Key>
  auto lower_bound(const Key& key) const {
    return set_.lower_bound(key);
  }
  auto begin() const {
    return set_.begin();
  }
  auto end() const {
    return set_.end();
  }
  size_t size() const {
    return set_.size();
  }

private:
  Set set_;
};

struct standard {
  template <class T, class Less>
  using set = standard_set<std::set<T, Less>>;
};

#ifdef CALLBOARD_HAVE_ABSL
struct btree {
  template <class T, class Less>
  using set = standard_set<absl::btree_set<T, Less>>;
};
#endif

template <class Kind>
using table_of = typename Kind::template set<job_entry, by_id>;
template <class Kind>
using line_of = typename Kind::template set<line_entry, by_age>;
template <class Kind>
using timers_of = typename Kind::template set<timer, std::less<>>;
template <class Kind>
using backoffs_of = typename Kind::template set<backoff_end, std::less<>>;

line_entry line_at(uint64_t n) {
  return {n, id_at(n), later_on};
}
/// Within the hour behind the earliest, in no order.
timer timer_at(uint64_t n) {
  return {noon + duration{static_cast<int64_t>(n * 1000 + scattered(n) % 3'600'000'000)}, id_at(n), timer_kind::due};
}
backoff_end backoff_at(uint64_t n) {
  return {later_on + duration{static_cast<int64_t>(n * 10 + scattered(n) % 60'000'000)}, id_at(n)};
}

/// Adds `depth` elements one by one; the memory is that at the end.
template <class Set, class Add>
void fill(benchmark::State& state, Add add) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const size_t before = allocated_bytes();
    auto set = std::make_unique<Set>();
    state.ResumeTiming();
    for (uint64_t n = 0; n < depth; ++n)
      add(*set, n);
    state.PauseTiming();
    bytes = allocated_bytes() - before;
    set.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(depth);
}

/// What a start does with all that is alive, and a submit with one.
template <class Kind>
void table_fill(benchmark::State& state) {
  fill<table_of<Kind>>(state, [](auto& table, uint64_t n) { table.append(entry_at(n)); });
}
template <class Kind>
void line_fill(benchmark::State& state) {
  fill<line_of<Kind>>(state, [](auto& line, uint64_t n) { line.append(line_at(n)); });
}
template <class Kind>
void timers_fill(benchmark::State& state) {
  fill<timers_of<Kind>>(state, [](auto& timers, uint64_t n) { timers.insert(timer_at(n)); });
}
template <class Kind>
void backoffs_fill(benchmark::State& state) {
  fill<backoffs_of<Kind>>(state, [](auto& pauses, uint64_t n) { pauses.insert(backoff_at(n)); });
}

/// Does `step(set, n)` for each iteration, n from `depth` on, on a set that has 0 to depth - 1.
template <class Set, class Add, class Step>
void on_filled(benchmark::State& state, Add add, Step step) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  Set set;
  for (uint64_t n = 0; n < depth; ++n)
    add(set, n);
  uint64_t next = depth;
  for (auto _ : state)
    step(set, next++, depth);
  state.SetItemsProcessed(state.iterations());
}
constexpr auto add_entry = [](auto& table, uint64_t n) { table.append(entry_at(n)); };
constexpr auto add_to_line = [](auto& line, uint64_t n) { line.append(line_at(n)); };
constexpr auto add_timer = [](auto& timers, uint64_t n) { timers.insert(timer_at(n)); };

/// A job is accepted and the oldest ends.
template <class Kind>
void table_line(benchmark::State& state) {
  on_filled<table_of<Kind>>(state, add_entry, [](auto& table, uint64_t n, uint64_t depth) {
    table.append(entry_at(n));
    table.erase(id_at(n - depth));
  });
}

/// A job is accepted, changes its state twice and ends, with others before it.
template <class Kind>
void table_life(benchmark::State& state) {
  on_filled<table_of<Kind>>(state, add_entry, [](auto& table, uint64_t n, uint64_t) {
    const auto id = id_at(n);
    table.append(entry_at(n));
    table.find(id)->state = job_state::scheduled;
    table.find(id)->state = job_state::running;
    if (table.find(id))
      table.erase(id);
  });
}

/// One somewhere in the table is looked for.
template <class Kind>
void table_find(benchmark::State& state) {
  on_filled<table_of<Kind>>(state, add_entry, [](auto& table, uint64_t n, uint64_t depth) {
    benchmark::DoNotOptimize(table.find(id_at(scattered(n) % depth)));
  });
}

/// One somewhere in the table ends: five looks at it, and it goes. Another is accepted.
template <class Kind>
void table_scattered_end(benchmark::State& state) {
  std::vector<uint64_t> there;
  for (int64_t n = 0; n < state.range(0); ++n)
    there.push_back(static_cast<uint64_t>(n));
  on_filled<table_of<Kind>>(state, add_entry, [&](auto& table, uint64_t n, uint64_t depth) {
    auto& at = there[scattered(n) % depth];
    for (int look = 0; look < 5; ++look)
      benchmark::DoNotOptimize(table.find(id_at(at)));
    table.erase(id_at(at));
    at = n;
    table.append(entry_at(at));
  });
}

/// A page of a thousand jobs, newest first, from somewhere.
template <class Kind>
void table_page(benchmark::State& state) {
  on_filled<table_of<Kind>>(state, add_entry, [](auto& table, uint64_t n, uint64_t depth) {
    auto at = table.lower_bound(id_at(scattered(n) % depth));
    uint64_t sum = 0;
    for (int i = 0; i < 1000 && at != table.begin(); ++i)
      sum += (--at)->id.value;
    benchmark::DoNotOptimize(sum);
  });
}

/// One is put at the end of the line and the first is taken.
template <class Kind>
void line_add_pop(benchmark::State& state) {
  on_filled<line_of<Kind>>(state, add_to_line, [](auto& line, uint64_t n, uint64_t) {
    line.append(line_at(n));
    benchmark::DoNotOptimize(line.pop_front());
  });
}

/// The line is emptied from the front.
template <class Kind>
void line_drain(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    line_of<Kind> line;
    for (uint64_t n = 0; n < depth; ++n)
      line.append(line_at(n));
    state.ResumeTiming();
    while (line.size() > 0)
      benchmark::DoNotOptimize(line.pop_front());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Nine of ten are cancelled in no order; the memory is that of what is left.
template <class Kind>
void line_cancel(benchmark::State& state) {
  const auto depth = static_cast<uint64_t>(state.range(0));
  std::vector<uint64_t> order;
  for (uint64_t n = 0; n < depth; ++n)
    order.push_back(n);
  for (uint64_t n = depth; n > 1; --n)
    std::swap(order[n - 1], order[scattered(n) % n]);
  const uint64_t gone = depth / 10 * 9;
  size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const size_t before = allocated_bytes();
    auto line = std::make_unique<line_of<Kind>>();
    for (uint64_t n = 0; n < depth; ++n)
      line->append(line_at(n));
    state.ResumeTiming();
    for (uint64_t n = 0; n < gone; ++n)
      line->erase(line_at(order[n]));
    state.PauseTiming();
    bytes = allocated_bytes() - before;
    line.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(gone));
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(depth - gone);
}

/// A timer is set and the earliest is taken.
template <class Kind>
void timers_add_pop(benchmark::State& state) {
  on_filled<timers_of<Kind>>(state, add_timer, [](auto& timers, uint64_t n, uint64_t) {
    timers.insert(timer_at(n));
    benchmark::DoNotOptimize(timers.pop_front());
  });
}

#define CALLBOARD_MEASURE(pattern, kind) BENCHMARK_TEMPLATE(pattern, kind)->ArgName("depth")->Arg(1'000)->Arg(1'000'000)
#ifdef CALLBOARD_HAVE_ABSL
#define CALLBOARD_COMPARE(pattern)                                                                                     \
  CALLBOARD_MEASURE(pattern, own);                                                                                     \
  CALLBOARD_MEASURE(pattern, btree);                                                                                   \
  CALLBOARD_MEASURE(pattern, standard)
#else
#define CALLBOARD_COMPARE(pattern)                                                                                     \
  CALLBOARD_MEASURE(pattern, own);                                                                                     \
  CALLBOARD_MEASURE(pattern, standard)
#endif

CALLBOARD_COMPARE(table_fill);
CALLBOARD_COMPARE(line_fill);
CALLBOARD_COMPARE(timers_fill);
CALLBOARD_COMPARE(backoffs_fill);
CALLBOARD_COMPARE(table_line);
CALLBOARD_COMPARE(table_life);
CALLBOARD_COMPARE(table_find);
CALLBOARD_COMPARE(table_scattered_end);
CALLBOARD_COMPARE(table_page);
CALLBOARD_COMPARE(line_add_pop);
CALLBOARD_COMPARE(line_drain);
CALLBOARD_COMPARE(line_cancel);
CALLBOARD_COMPARE(timers_add_pop);

} // namespace

} // namespace callboard::bench
