#include "bench/micro/entries.hpp"
#include "core/scheduler/dispatcher.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <string>
#include <utility>

namespace callboard::bench {

namespace {

constexpr uint64_t workers = 8;
constexpr uint32_t slots_each = 8;

/// The parts of the scheduler that dispatch, with jobs of one queue.
class line_of_jobs {
public:
  explicit line_of_jobs(uint64_t keys) : keys_(keys) {
    for (uint64_t w = 1; w <= workers; ++w) {
      seat s;
      s.name = std::make_shared<const std::string>("w" + std::to_string(w));
      s.slots = slots_each;
      s.accepts = s.member_written = true;
      s.types.add(static_cast<uint16_t>(*index_.classes().acquire_type("noop")));
      ledger_.join(worker_id{w}, std::move(s), {.slots = slots_each}, now_);
    }
  }

  void limit_keys(uint32_t concurrency) {
    limit_rule r;
    r.per_key.concurrency = concurrency;
    limits_.set({limit_kind::queue, "default", {}}, r, now_.steady, [](const auto&) {});
  }

  void submit() {
    job_note n;
    n.job = id_at(next_++);
    const auto key = keys_ == 0 ? std::string{} : "tenant-" + std::to_string(next_ % keys_);
    index_.insert(n, *index_.acquire("default", "noop", key, {}), {}, now_);
  }

  void dispatch() {
    dispatch_.apply_limits(now_);
    dispatch_.run(
      now_,
      [this](worker_id w, const ready_queues::pick& p) {
        attempt_slot a;
        a.job = p.entry.id;
        a.worker = w;
        a.units = dispatch_.links().units_of({p.queue, p.entry.type, p.entry.lane});
        index_.take(p);
        const fence_token f{++fence_};
        ledger_.open(f, std::move(a), now_);
        running_.emplace_back(p.entry.id, f);
      },
      [](worker_id, const preempted_attempt&) {});
  }

  /// The oldest attempt ends with its job.
  void end_one() {
    const auto [job, f] = running_.front();
    running_.pop_front();
    ledger_.free_slot(f);
    ledger_.close(f, now_);
    std::vector<job_id> to_arm;
    index_.finish({job, job_ending::completed, true}, now_, to_arm);
  }
  size_t running() const {
    return running_.size();
  }

private:
  uint64_t keys_;
  moment now_{noon, later_on};
  job_index index_{std::chrono::minutes{10}};
  limit_book limits_;
  slot_ledger ledger_{index_.shapes(), limits_, {}};
  dispatcher dispatch_{{}, index_, ledger_, limits_};
  std::deque<std::pair<job_id, fence_token>> running_;
  uint64_t next_ = 0, fence_ = 0;
};

/// A job ends, the next one is placed, another one is submitted: with `waiting` of them, over `keys` keys of which each
/// may have so many under way at once (0: no limit).
void dispatch_next(benchmark::State& state) {
  line_of_jobs line{static_cast<uint64_t>(state.range(1))};
  if (state.range(2) > 0)
    line.limit_keys(static_cast<uint32_t>(state.range(2)));
  for (int64_t n = 0; n < state.range(0); ++n)
    line.submit();
  line.dispatch();
  if (line.running() != workers * slots_each)
    return state.SkipWithError("not all slots are taken");
  for (auto _ : state) {
    line.end_one();
    line.submit();
    line.dispatch();
  }
  if (line.running() != workers * slots_each)
    return state.SkipWithError("not all slots are taken");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(dispatch_next)
  ->ArgNames({"waiting", "keys", "per_key"})
  ->Args({1'000'000, 0, 0})
  ->Args({1'000'000, 1'000, 0})
  ->Args({1'000'000, 1'000, 1})
  ->Args({1'000'000, 100'000, 1});

} // namespace

} // namespace callboard::bench
