#include "bench/micro/entries.hpp"
#include "handlers/registry.hpp"
#include "http/api/batch.hpp"
#include "http/api/no_backend.hpp"
#include "storage/record_codec.hpp"

#include <benchmark/benchmark.h>

#include <string>

#include "job_types/payload_validator.hpp"

namespace callboard::bench {

namespace {

/// The built-in types, and no others.
class builtin_types final : public accepted_types {
public:
  bool has(std::string_view type) const override {
    return validator_.knows(type);
  }
  std::string listed() const override {
    return listed_types(validator_.types());
  }
  result<done> check(std::string_view type, const nlohmann::json& payload) const override {
    return validator_.check_value(type, payload);
  }

private:
  payload_validator validator_ = make_validator(make_builtin_handlers({}));
};

/// What the REST interface reads jobs with: the limits of the default settings, the schemas of the built-in types.
struct reading {
  settings config;
  builtin_types types;
  no_backend back;
  api a{.http = config.http,
        .jobs = config.jobs,
        .schedules = config.schedules,
        .back = back,
        .types = types,
        .version = "bench",
        .clock = [] { return noon; }};
};

constexpr std::string_view small_job =
  R"({"jobType":"noop","payload":{"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"}})";
constexpr std::string_view full_job =
  R"({"jobType":"email_send","priority":7,"queue":"mail","tags":["welcome","eu"],"retryCount":5,"timeout":30,)"
  R"("idempotencyKey":"welcome-4711","retryPolicy":{"kind":"linear","baseSeconds":2,"capSeconds":60},)"
  R"("resources":{"slots":1,"cpu":0.5,"memory":"64MiB"},)"
  R"("payload":{"to":["user@example.com"],"subject":"Welcome","body":"Welcome to our service"}})";

void read_job(benchmark::State& state, std::string_view text) {
  reading r;
  for (auto _ : state) {
    auto job = parse_job(r.a, text, noon);
    if (!job)
      return state.SkipWithError(job.err().message.c_str());
    benchmark::DoNotOptimize(job);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK_CAPTURE(read_job, small, small_job);
BENCHMARK_CAPTURE(read_job, full, full_job);

void read_batch(benchmark::State& state) {
  reading r;
  std::string text = "[";
  for (int64_t i = 0; i < state.range(0); ++i)
    text.append(i ? "," : "").append(small_job);
  text += ']';
  for (auto _ : state) {
    auto batch = parse_batch(r.a, text, noon);
    if (!batch)
      return state.SkipWithError(batch.err().message.c_str());
    benchmark::DoNotOptimize(batch);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(read_batch)->ArgName("jobs")->Arg(1'000);

job_record some_record(bool ended) {
  job_record r;
  r.id = id_at(1);
  r.spec.type = "noop";
  r.created_at = noon;
  r.history.push_back({job_state::queued, noon, 0, {}, {}});
  if (ended) {
    r.state = job_state::completed;
    r.started_at = noon;
    r.finished_at = noon;
    r.attempt = 1;
    r.worker = "local-1";
    r.result = blob{R"({"ok":true})"};
    r.history.push_back({job_state::scheduled, noon, 1, "local-1", {}});
    r.history.push_back({job_state::running, noon, 1, "local-1", {}});
    r.history.push_back({job_state::completed, noon, 1, "local-1", {}});
  }
  return r;
}

void record_encode(benchmark::State& state) {
  const auto record = some_record(state.range(0) != 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(encode_record(record));
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(encode_record(record).size());
}
BENCHMARK(record_encode)->ArgName("ended")->Arg(0)->Arg(1);

void record_decode(benchmark::State& state) {
  const auto bytes = encode_record(some_record(state.range(0) != 0));
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_record(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record_decode)->ArgName("ended")->Arg(0)->Arg(1);

/// What a start reads of each job that is alive.
void record_decode_index(benchmark::State& state) {
  const auto bytes = encode_record(some_record(false));
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_index(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record_decode_index);

} // namespace

} // namespace callboard::bench
