#include "bench/micro/entries.hpp"
#include "core/scheduler/tell_events.hpp"
#include "http/api/event_feed.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>

namespace callboard::bench {

namespace {

/// Nobody does what is decided here.
class deaf_port final : public scheduler_port {
public:
  void spawn_job(job_id, std::shared_ptr<job_record>) override {
  }
  void tell_job(job_id, job_command) override {
  }
  void tell_job(job_id, job_progress) override {
  }
  void read_job(job_id, get_call) override {
  }
  void drop_job(job_id) override {
  }
  void load_jobs(std::vector<job_id>) override {
  }
  void read_store(uint64_t, read_request) override {
  }
  result<std::string> fill_in(const std::string&, const std::vector<job_record>&) override {
    return std::string{};
  }
  result<std::vector<std::string>> expand(const fan_out&, const std::string&, const std::vector<job_record>&) override {
    return std::vector<std::string>{};
  }
  void commit(commit_part) override {
  }
  std::string record_of(const schedule_definition&) override {
    return {};
  }
  void use_type_rule(const std::string&, const limit_rule&) override {
  }
  void order(worker_id, node_orders) override {
  }
  void measured(metrics_delta) override {
  }
  void tell(std::vector<scheduler_event>&&) override {
  }
  void say(tone, const std::string&) override {
  }
};

/// What an event costs the queue manager: it is made of a job's note, and the ring takes the events of a turn. Nobody
/// follows; whoever does costs it nothing more.
void tell_and_append(benchmark::State& state) {
  deaf_port port;
  scheduler_state s{decision_settings{}, port, 1};
  const moment now{noon, later_on};
  seat worker;
  worker.name = std::make_shared<const std::string>("worker-1");
  worker.slots = 8;
  s.ledger.join(worker_id{1}, std::move(worker), {.slots = 8}, now);
  job_note n;
  n.job = id_at(1);
  n.before = n.after = job_state::queued;
  s.index.insert(n, *s.index.acquire("default", "http_request", "", {}), {}, now);
  n.before = job_state::scheduled;
  n.after = job_state::running;
  event_feed feed{event_settings{}};
  const auto per_turn = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    for (size_t i = 0; i < per_turn; ++i)
      tell_job(s, n, purpose::start, worker_id{1}, now);
    feed.append(1, std::exchange(s.events, {}));
    s.events.reserve(per_turn);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(tell_and_append)->Arg(1)->Arg(16)->Arg(256);

} // namespace

} // namespace callboard::bench
