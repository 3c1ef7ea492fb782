#include "bench/micro/entries.hpp"
#include "storage/record_codec.hpp"
#include "storage/store.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

namespace callboard::bench {

namespace {

constexpr size_t jobs_per_slice = 200;

/// As the scheduler's defaults are: most of the records are in files, few blocks of them in the cache.
class filled_store {
public:
  /// @param jobs      finished ones that it has.
  /// @param together  of them end in one batch of writes.
  filled_store(size_t jobs, size_t together)
    : path_(std::filesystem::temp_directory_path() / ("callboard-purge-" + std::to_string(::getpid()))) {
    auto opened = open_rocksdb_store({(path_ / "db").string(), 64u << 20, 16u << 20});
    if (!opened)
      throw std::runtime_error(opened.err().message);
    store_ = std::move(*opened);
    job_record rec;
    rec.spec.type = "noop";
    rec.state = job_state::completed;
    rec.created_at = noon;
    rec.finished_at = noon;
    rec.worker = "local-1";
    for (const auto s : {job_state::queued, job_state::scheduled, job_state::running, job_state::completed})
      rec.history.push_back({s, noon, 1, "local-1", {}});
    for (uint64_t n = 0; n < jobs; n += together) {
      write_batch batch;
      batch.writer_epoch = 1;
      for (uint64_t i = n; i < n + together; ++i) {
        rec.id = id_at(i);
        rec.finished_at = noon + duration{static_cast<int64_t>(i)};
        auto& job = batch.jobs.emplace_back();
        job.id = rec.id;
        job.state = rec.state;
        job.finished_at = rec.finished_at.value();
        job.record = encode_record(rec);
        job.payload = blob{R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"})"};
      }
      if (auto ok = store_->append(batch); !ok)
        throw std::runtime_error(ok.err().message);
    }
  }
  filled_store(const filled_store&) = delete;
  filled_store& operator=(const filled_store&) = delete;
  ~filled_store() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  store& operator*() const {
    return *store_;
  }

private:
  std::filesystem::path path_;
  std::unique_ptr<store> store_;
};

/// A slice of finished jobs that are kept no longer.
void purge_slice(benchmark::State& state) {
  const filled_store filled{static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1))};
  for (auto _ : state) {
    const auto gone = (*filled).purge({duration::max(), 0}, noon, jobs_per_slice, 1);
    if (!gone || *gone != jobs_per_slice)
      return state.SkipWithError(gone ? "fewer jobs than expected" : gone.err().message.c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(jobs_per_slice));
}
/// A run takes nearly all that there are: as many slices, for a store of each size.
constexpr int64_t slices(int64_t jobs) {
  return jobs / static_cast<int64_t>(jobs_per_slice) - 10;
}
BENCHMARK(purge_slice)->ArgNames({"jobs", "together"})->Args({10'000, 500})->Iterations(slices(10'000));
BENCHMARK(purge_slice)
  ->ArgNames({"jobs", "together"})
  ->ArgsProduct({{1'000'000}, {5, 500}})
  ->Iterations(slices(1'000'000));

} // namespace

} // namespace callboard::bench
