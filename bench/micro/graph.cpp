#include "bench/micro/entries.hpp"
#include "core/job/commit_order.hpp"
#include "core/job/job_reaction.hpp"
#include "core/scheduler/scheduler.hpp"

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard::bench {

namespace {

constexpr uint32_t slots = 64;

/// Of this thread: what others do on the machine is no part of a turn.
std::chrono::nanoseconds cpu_time() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

decision_settings settings_of_graph() {
  decision_settings s;
  s.lease = std::chrono::seconds{30};
  s.breakers.enabled = false;
  return s;
}

/// The whole core with a port that answers at once: jobs are records, the disk takes everything. Each event is a turn,
/// whose time is measured; a record that is not in use is kept as its state only, as on a disk.
class core_alone final : public scheduler_port {
public:
  core_alone() {
    core_.on_opened({1, job_id{}, {}, {}, {}, {}}, now_);
    core_.on_recovery_complete(now_);
    core_.end_turn(now_);
  }

  void join_worker() {
    worker_arrival x;
    x.worker = worker_id{1};
    x.registration.slots = slots;
    x.registration.local = true;
    x.registration.boot_epoch = 1;
    x.registration.types = {"noop"};
    x.name = std::make_shared<const std::string>("w1");
    turn([&] { core_.on(x, now_); });
  }

  /// A layer of jobs, each after two of the layer before: what one job holds up is twice as much in each. Its ids.
  std::vector<job_id> submit(size_t jobs, const std::vector<job_id>& layer_before) {
    submit_call c;
    c.request = std::make_shared<submit_request>();
    for (size_t i = 0; i < jobs; ++i) {
      job_spec s;
      s.type = "noop";
      s.payload = blob{"{}"};
      s.max_retries = 0;
      for (const size_t k : {i, i == 0 ? 1 : i / 2})
        if (!layer_before.empty())
          s.dependencies.emplace_back(layer_before[k]);
      c.request->jobs.push_back(std::move(s));
    }
    std::vector<job_id> ids;
    c.reply = answer<submit_answers>{[&ids](result<submit_answers> x) {
      for (const auto& a : *x)
        ids.push_back(a->id);
    }};
    turn([&] { core_.on(c, now_); });
    settle();
    return ids;
  }

  /// All that follows by itself. Attempts end as soon as they are told, the first one as it says.
  void settle(outcome_kind first = outcome_kind::succeeded) {
    for (;;) {
      if (!commands_.empty()) {
        auto [id, c] = std::move(commands_.front());
        commands_.pop_front();
        act(id, c);
      } else if (!loads_.empty()) {
        const auto ids = std::move(loads_.front());
        loads_.pop_front();
        read_answer x;
        for (auto id : ids)
          x.jobs.push_back(stored(id));
        turn([&] { core_.on_loaded(ids, x, now_); });
      } else if (!parts_.empty()) {
        commit_report report;
        for (auto& p : std::exchange(parts_, {})) {
          put_in_order(p);
          report.records += p.jobs.size();
          largest_write_ = std::max(largest_write_, p.jobs.size());
          for (const auto& j : p.jobs)
            states_[j.id] = j.state;
          std::move(p.notes.begin(), p.notes.end(), std::back_inserter(report.notes));
        }
        turn([&] { core_.on(report, now_); });
      } else if (!orders_.empty()) {
        worker_news news{worker_id{1}, {}, {}, {}};
        for (const auto& o : std::exchange(orders_, {})) {
          attempt_outcome out;
          out.kind = std::exchange(first, outcome_kind::succeeded);
          out.started_at = out.finished_at = now_.wall;
          news.ended.push_back({{o.job, o.fence}, std::move(out)});
        }
        turn([&] { core_.on(news, now_); });
      } else if (questions_.empty()) {
        return;
      } else {
        auto [request, ask] = std::move(questions_.front());
        questions_.pop_front();
        read_answer x;
        for (auto id : ask.jobs)
          x.jobs.push_back(stored(id));
        turn([&] { core_.on_read(request, x, now_); });
      }
    }
  }

  void start_measuring() {
    longest_turn_ = {};
    turns_ = 0;
    largest_write_ = 0;
  }
  double longest_turn_ms() const {
    return std::chrono::duration<double, std::milli>(longest_turn_).count();
  }
  uint64_t turns() const {
    return turns_;
  }
  size_t largest_write() const {
    return largest_write_;
  }
  size_t live() const {
    return core_.state().index.table().size();
  }

  // -- scheduler_port
  void spawn_job(job_id id, std::shared_ptr<job_record> rec) override {
    actors_[id] = std::move(rec);
  }
  void tell_job(job_id id, job_command c) override {
    commands_.emplace_back(id, std::move(c));
  }
  void tell_job(job_id, job_progress) override {
  }
  void read_job(job_id id, get_call call) override {
    call.reply.deliver(std::make_shared<const job_record>(*actors_.at(id)));
  }
  void drop_job(job_id id) override {
    actors_.erase(id);
  }
  void load_jobs(std::vector<job_id> ids) override {
    loads_.push_back(std::move(ids));
  }
  void read_store(uint64_t request, read_request r) override {
    questions_.emplace_back(request, std::move(r));
  }
  result<std::string> fill_in(const std::string& payload, const std::vector<job_record>&) override {
    return payload;
  }
  /// No job here fans out, and no type has defaults.
  result<std::vector<std::string>> expand(const fan_out&, const std::string&, const std::vector<job_record>&) override {
    return error{ec::not_found, "nothing is there"};
  }
  void use_type_rule(const std::string&, const limit_rule&) override {
  }
  void commit(commit_part part) override {
    parts_.push_back(std::move(part));
  }
  std::string record_of(const schedule_definition&) override {
    return {};
  }
  void order(worker_id, node_orders x) override {
    std::move(x.run.begin(), x.run.end(), std::back_inserter(orders_));
  }
  void tell(std::vector<scheduler_event>&&) override {
  }
  void measured(metrics_delta) override {
  }
  void say(tone, const std::string&) override {
  }

private:
  template <class Event>
  void turn(Event&& event) {
    const auto began = cpu_time();
    event();
    core_.end_turn(now_);
    longest_turn_ = std::max(longest_turn_, cpu_time() - began);
    ++turns_;
  }

  void act(job_id id, job_command& c) {
    auto r = react(*actors_.at(id), c, {});
    if (r.order) {
      job_placed x{c.token, std::move(r.order), {}};
      return turn([&] { core_.on(x, now_); });
    }
    if (!r.version)
      return turn([&] { core_.on(r.note, now_); });
    if (c.group != 0) {
      group_part x{c.group, std::move(*r.version), std::move(r.note)};
      return turn([&] { core_.on(x, now_); });
    }
    parts_.push_back(part_of(std::move(r), 0));
  }

  /// None of them has begun.
  job_record stored(job_id id) const {
    job_record rec;
    rec.id = id;
    rec.state = states_.at(id);
    rec.spec.type = "noop";
    rec.spec.payload = blob{"{}"};
    rec.spec.max_retries = 0;
    rec.created_at = now_.wall;
    return rec;
  }

  moment now_{noon, later_on};
  scheduler core_{settings_of_graph(), *this, 7};
  std::unordered_map<job_id, std::shared_ptr<job_record>> actors_;
  std::unordered_map<job_id, job_state> states_;
  std::deque<std::pair<job_id, job_command>> commands_;
  std::deque<std::vector<job_id>> loads_;
  std::deque<std::pair<uint64_t, read_request>> questions_;
  std::vector<commit_part> parts_;
  std::vector<attempt_order> orders_;
  std::chrono::nanoseconds longest_turn_{};
  uint64_t turns_ = 0;
  size_t largest_write_ = 0;
};

/// A graph of so many jobs in so many layers, each job after two of the layer before, settles: every job completes, or
/// (`fails`) one of the first layer fails and takes all others with it that depend on it, in one write.
void graph_settles(benchmark::State& state) {
  const auto jobs = static_cast<size_t>(state.range(0)), depth = static_cast<size_t>(state.range(1));
  for (auto _ : state) {
    state.PauseTiming();
    core_alone core;
    std::vector<job_id> layer;
    for (size_t i = 0; i < depth; ++i)
      layer = core.submit(jobs / depth, layer);
    core.start_measuring();
    state.ResumeTiming();
    core.join_worker();
    core.settle(state.range(2) != 0 ? outcome_kind::failed_final : outcome_kind::succeeded);
    state.PauseTiming();
    if (core.live() != 0)
      return state.SkipWithError("a job is left");
    state.counters["longest_turn_ms"] = core.longest_turn_ms();
    state.counters["turns"] = static_cast<double>(core.turns());
    state.counters["largest_write"] = static_cast<double>(core.largest_write());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(jobs) * state.iterations());
}
BENCHMARK(graph_settles)
  ->ArgNames({"jobs", "depth", "fails"})
  ->Args({10'000, 10, 0})
  ->Args({10'000, 10, 1})
  ->Args({1'000'000, 1'000, 0})
  ->Args({1'000'000, 1'000, 1})
  ->Iterations(1)
  ->Unit(benchmark::kMillisecond);

} // namespace

} // namespace callboard::bench
