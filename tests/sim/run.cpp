#include "tests/sim/run.hpp"

#include "core/scheduler/live_views.hpp"
#include "tests/sim/clients.hpp"
#include "tests/sim/http_client.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/unique_jobs.hpp"

#include <algorithm>

namespace callboard::sim {

namespace {

using namespace std::chrono_literals;

constexpr duration stormy_time = 40s;
constexpr duration patience = 400s;

/// Which faults a run has, and how often: each seed has its own mixture.
struct swarm {
  explicit swarm(world& w) {
    const auto rate = [&](double most) { return w.chance(0.5) ? most * static_cast<double>(w.below(100)) / 100 : 0.0; };
    kills = rate(0.06);
    power = rate(0.05);
    node_crashes = rate(0.15);
    stops = rate(0.1);
    cuts = rate(0.2);
    stalls = rate(0.2);
    isolations = rate(0.08);
    full_disk = rate(0.08);
    clock_steps = rate(0.1);
    node_clock_steps = rate(0.1);
    drifts = rate(0.05);
    suspensions = rate(0.06);
    node_suspensions = rate(0.1);
    proxy_ends = rate(0.08);
    leaves = rate(0.06);
    drains = rate(0.04);
    drift_ppm = w.chance(0.3) ? 20'000 : 200;
  }
  int64_t drift(world& w) const {
    return static_cast<int64_t>(w.below(static_cast<uint64_t>(2 * drift_ppm + 1))) - drift_ppm;
  }
  // Per 200 ms.
  double kills, power, node_crashes, stops, cuts, stalls, isolations, full_disk, clock_steps, node_clock_steps, drifts;
  double suspensions, node_suspensions, proxy_ends, leaves, drains;
  int64_t drift_ppm; ///< of all clocks, at most
};

class storm {
public:
  explicit storm(const run_options& o) : w_(o.seed), mix_(w_), machine_(w_, mix_.drift(w_)) {
    w_.trace = o.trace;
    if (w_.chance(0.3)) {
      sky_.message_max = 50ms;
      sky_.fsync_max = 80ms;
    }
    if (w_.chance(0.5))
      sky_.resend_after = w_.between(20ms, 500ms);
    sky_.keep = w_.chance(0.5) ? retention{w_.between(500ms, 10s), w_.below(200)} : retention{};
    sky_.cache_for = w_.between(1s, 20s);
    decision_settings s;
    s.resident_max = w_.chance(0.5) ? 0 : 1000;
    s.aging_step = w_.chance(0.5) ? duration{0} : duration{2s};
    s.inherit_urgency = w_.chance(0.8);
    if (w_.chance(0.5))
      s.notes_per_turn = 1 + w_.below(3);
    s.lease = sky_.lease;
    s.dispatch = {w_.chance(0.5) ? 0u : 4u, w_.chance(0.5) ? duration{20ms} : duration{10s}};
    s.template_versions_max = static_cast<uint32_t>(1 + w_.below(4));
    s.breakers.enabled = w_.chance(0.3);
    s.breakers.samples_min = 5;
    s.breakers.open_for = 1s;
    if (w_.chance(0.2))
      s.result_bytes_max = 20;
    s.breakers.open_max = 4s;
    // Attempts that wait on a worker which cannot be told that their jobs have failed: what it takes for two of a job.
    sky_.hasty_operator = o.seed % 4 == 1;
    if (sky_.hasty_operator) {
      mix_.cuts = 0.3;
      s.dispatch = {4, 10s};
    }
    scheduler_ = std::make_unique<scheduler_process>(w_, disk_, machine_, history_, sky_, s);
    add_workers();
    habits x;
    for (auto* h : {&x.batches,    &x.keys,       &x.dependencies,    &x.schedules,     &x.deadlines, &x.cancels,
                    &x.changes,    &x.retries,    &x.weak_durability, &x.eager_retries, &x.clock,     &x.limits,
                    &x.conditions, &x.unique,     &x.lanes,           &x.policies,      &x.results,   &x.versions,
                    &x.fan_outs,   &x.preemption, &x.holds,           &x.templates,     &x.cache})
      *h = w_.chance(0.6);
    if (sky_.hasty_operator)
      x.deadlines = x.retries = true, x.policies = false;
    clients_ = std::make_unique<clients>(w_, *scheduler_, history_, disk_, x);
  }

  storm(const storm&) = delete;
  storm& operator=(const storm&) = delete;
  /// First of all: answers that are dropped with the process go to clients that are there still.
  ~storm() {
    scheduler_->kill();
  }

  run_result go() {
    scheduler_->start();
    for (auto& n : workers_)
      n->start();
    clients_->act_until(stormy_time, w_.chance(0.5) ? 100ms : 600ms);
    trouble();
    w_.run_until(stormy_time);
    clear_up();
    while (w_.now() < stormy_time + patience && !calm()) {
      if (!clients_->limits_lifted())
        clients_->lift_limits();
      clients_->release_all();
      w_.run_until(w_.now() + 1s);
    }
    verify();
    return summary();
  }
  run_result summary() const {
    return {std::nullopt, w_.fingerprint(), w_.events_run, history_.accepted.size(), history_.attempts.size(),
            crashes_,     power_failures_};
  }

private:
  void add_workers() {
    if (w_.chance(0.5)) {
      sky_.requests_lost = 0.1 * static_cast<double>(w_.below(100)) / 100;
      sky_.requests_late = 0.2 * static_cast<double>(w_.below(100)) / 100;
    }
    const auto n = 1 + w_.below(4);
    for (uint64_t i = 0; i < n; ++i) {
      worker_traits t{
        "w" + std::to_string(i + 1), 1 + static_cast<uint32_t>(w_.below(3)), {"noop", pure_type}, mix_.drift(w_)};
      if (i == 0 || w_.chance(0.7))
        t.types.emplace_back("other");
      if (w_.chance(0.3))
        workers_.push_back(std::make_unique<http_client>(w_, *scheduler_, history_, sky_, std::move(t)));
      else
        workers_.push_back(std::make_unique<node>(w_, *scheduler_, history_, sky_, std::move(t)));
    }
  }

  sim_worker& some_worker() {
    return *workers_[w_.below(workers_.size())];
  }

  /// What clients were told is checked at each end of a process: some of it may be undone by that.
  void end_scheduler(bool power) {
    check_nothing_lost(history_, stored_states());
    check_cancels_hold(history_, stored_states());
    clients_->check_templates();
    scheduler_->kill();
    if (power)
      disk_.lose_power(w_.below(disk_.unsynced() + 1));
    else
      disk_.lose_process();
    history_.process_ended(power);
    for (auto& n : workers_)
      n->lose_scheduler();
    if (power)
      w_.note("the power failed");
    w_.after(w_.between(10ms, w_.chance(0.8) ? duration{1s} : duration{8s}), "the scheduler starts",
             [this] { scheduler_->start(); });
  }

  bool suspended() const {
    return scheduler_->alive().token()->asleep_until > w_.now();
  }
  /// Its nodes hear nothing from it meanwhile.
  void suspend_scheduler(duration d) {
    scheduler_->suspend_for(d);
    for (auto& n : workers_)
      n->disturb(w_.now() + d);
  }

  void step(machine& m, duration most) {
    m.step_wall(w_.between(-most, most));
    history_.clock_set = w_.now();
    w_.note("a clock is set");
  }

  /// Of those that obey it here.
  void drain_some_worker() {
    auto& w = some_worker();
    if (dynamic_cast<http_client*>(&w) != nullptr)
      scheduler_->drain_one(w.traits().name, w_.between(0ms, 3s));
  }

  void trouble() {
    if (w_.now() >= stormy_time)
      return;
    if (scheduler_->up() && w_.chance(mix_.kills)) {
      ++crashes_;
      end_scheduler(false);
    }
    if (scheduler_->up() && w_.chance(mix_.power)) {
      ++power_failures_;
      end_scheduler(true);
    }
    if (w_.chance(mix_.node_crashes))
      some_worker().crash();
    if (w_.chance(mix_.stops))
      some_worker().stop_for(w_.between(100ms, 8s));
    if (w_.chance(mix_.cuts))
      some_worker().cut();
    if (w_.chance(mix_.stalls))
      some_worker().stall(w_.between(10ms, 6s), w_.chance(0.7), w_.chance(0.7));
    if (w_.chance(mix_.isolations))
      some_worker().isolate_until(w_.now() + w_.between(500ms, 8s));
    if (!disk_.full && w_.chance(mix_.full_disk)) {
      disk_.full = true;
      w_.after(w_.between(50ms, 4s), "there is room again", [this] { disk_.full = false; });
    }
    if (scheduler_->up() && !suspended() && w_.chance(mix_.suspensions))
      suspend_scheduler(w_.between(10ms, 6s));
    if (w_.chance(mix_.node_suspensions))
      some_worker().suspend_for(w_.between(10ms, 8s));
    if (scheduler_->up() && w_.chance(mix_.proxy_ends))
      scheduler_->lose_a_proxy();
    if (w_.chance(mix_.leaves))
      some_worker().leave();
    if (scheduler_->up() && w_.chance(mix_.drains))
      drain_some_worker();
    if (w_.chance(mix_.clock_steps))
      step(machine_, 10s);
    if (w_.chance(mix_.clock_steps / 10)) {
      machine_.step_wall(w_.between(1min, 4min));
      history_.clock_set = w_.now();
      w_.note("the scheduler's clock is set ahead");
    }
    if (w_.chance(mix_.node_clock_steps))
      step(some_worker().clock(), w_.chance(0.8) ? duration{10s} : duration{24h});
    if (w_.chance(mix_.drifts))
      machine_.drift(mix_.drift(w_));
    if (w_.chance(mix_.drifts))
      some_worker().clock().drift(mix_.drift(w_));
    w_.after(200ms, "trouble", [this] { trouble(); });
  }

  void clear_up() {
    w_.note("fair weather");
    disk_.full = false;
    scheduler_->start();
    for (auto& n : workers_) {
      n->behave();
      n->start();
    }
  }

  bool calm() const {
    const bool awake = std::none_of(workers_.begin(), workers_.end(), [](const auto& n) { return n->asleep(); });
    return awake && scheduler_->up() && scheduler_->at_rest() && scheduler_->core()->is_recovered() &&
           scheduler_->core()->state().index.table().size() == 0 &&
           scheduler_->core()->state().requests.open_requests() == 0 && schedules_over();
  }

  /// No schedule fires any more, but for those that are paused.
  bool schedules_over() const {
    const auto& s = scheduler_->core()->state().schedules;
    return s.next_due() == time_point::max() && s.under_way() == 0 && !s.any_resting();
  }

  final_state stored_states() const {
    return [this](job_id id) -> std::optional<job_state> { return disk_.outcome(id); };
  }

  void verify() {
    const auto state = stored_states();
    check_one_attempt_at_a_time(history_);
    check_nothing_lost(history_, state);
    check_cancels_hold(history_, state);
    check_leases_outlast_clocks(history_);
    clients_->check_templates();
    const auto record = [this](job_id id) -> std::optional<job_record> {
      const auto found = disk_.db().load({id});
      return !found || found->empty() ? std::nullopt : std::optional{found->front()};
    };
    check_outcomes_count_once(history_, record);
    check_versions(history_, record);
    check_turns(history_);
    check_replaced_never_ran(history_, record);
    disk_.results().check_no_attempts(history_);
    if (calm()) {
      scheduler_->events().compare(state);
      return check_all_over(history_, state);
    }
    std::string why;
    for (const auto& [name, value] : facts_of(*scheduler_->core()))
      why += name + " " + value + ", ";
    const auto& s = scheduler_->core()->state();
    size_t listed = 0;
    for (const auto& e : s.index.table().entries()) {
      if (++listed > 5)
        break;
      why += to_string(e.id) + " " + std::string{to_string(e.state)} + " flags " + std::to_string(e.flags);
      if (const auto f = s.ledger.of_job(e.id))
        why += " on worker " + std::to_string(s.ledger.find(*f)->worker.value);
      for (auto dep : s.index.graph().waits_for(e.id))
        why += " waits for " + to_string(dep);
      why += ", ";
    }
    throw violation("P3: the scheduler does not come to rest: " + why);
  }

  world w_;
  swarm mix_;
  weather sky_;
  history history_;
  disk disk_{history_};
  machine machine_;
  std::unique_ptr<scheduler_process> scheduler_;
  std::vector<std::unique_ptr<sim_worker>> workers_;
  std::unique_ptr<clients> clients_;
  uint64_t crashes_ = 0, power_failures_ = 0;
};

} // namespace

run_result run(const run_options& o) {
#ifndef NDEBUG
  planted_bug = o.plant;
#endif
  auto s = std::make_unique<storm>(o);
  std::optional<std::string> broken;
  run_result r;
  try {
    r = s->go();
  } catch (const std::exception& e) {
    r = s->summary();
    r.broken = e.what();
  }
#ifndef NDEBUG
  planted_bug = bug::none;
#endif
  return r;
}

} // namespace callboard::sim
