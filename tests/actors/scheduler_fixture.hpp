#pragma once

#include "actors/fleet/worker_proxy.hpp"
#include "actors/runtime/timekeeper.hpp"
#include "actors/scheduler/gateway.hpp"
#include "actors/scheduler/metrics.hpp"
#include "actors/scheduler/queue_manager.hpp"
#include "actors/scheduler/store_keeper.hpp"
#include "messages/convert.hpp"
#include "messages/system_config.hpp"
#include "messages/type_ids.hpp"
#include "tests/actors/faulty_store.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace callboard {

/// A worker node that does what the test says. It records what it is told.
struct fake_node {
  std::string name;
  uint64_t boot_epoch = 1;
  uint32_t slots = 1;
  resource_offer offer; ///< besides the slots
  worker_id id;
  worker_proxy_actor link;
  worker_node_actor self;
  std::vector<attempt_order> orders;    ///< not ended yet
  std::map<uint64_t, time_point> begun; ///< by fence
  std::vector<attempt_ref> stopped;
  std::vector<attempt_ref> acknowledged;

  const attempt_order& order_of(job_id job) const {
    for (const auto& o : orders)
      if (o.job == job.value)
        return o;
    throw std::runtime_error(to_string(job) + " is not with " + name);
  }
  bool has(job_id job) const {
    for (const auto& o : orders)
      if (o.job == job.value)
        return true;
    return false;
  }
};

/// The scheduler's actors on CAF's deterministic test scheduler with a clock that stands still until it is moved, a
/// disk that outlives them, and nodes that the test plays.
struct scheduler_fixture {
  struct deterministic_config : system_config {
    deterministic_config() : system_config(1) {
      set("scheduler.policy", caf::atom("testing"));
      set("logger.inline-output", true);
    }
  };

  deterministic_config cfg;
  caf::actor_system sys{cfg};
  caf::scheduler::test_coordinator& sched = dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  std::shared_ptr<test_disk> disk = std::make_shared<test_disk>();
  std::shared_ptr<settings> config = std::make_shared<settings>();
  std::shared_ptr<duration> wall_step = std::make_shared<duration>(0);
  time_source clock = time_source::follow_actor_clock(wall_step);
  /// What the present process knows of job types; null in most tests.
  std::shared_ptr<type_catalog> types;

  /// What the root keeps for the metrics; null: each has its own.
  std::shared_ptr<report_book> reports;

  timekeeper_actor timer;
  store_keeper_actor keeper;
  metrics_actor meter;
  queue_manager_actor manager;
  std::vector<std::unique_ptr<fake_node>> nodes;
  uint64_t next_worker = 0;

  scheduler_fixture() {
    config->jobs.aging_step = duration{0};
    config->workers.prefetch_max = 0;
  }
  ~scheduler_fixture() {
    kill();
    for (auto& n : nodes)
      caf::anon_send_exit(n->self, caf::exit_reason::kill);
    settle();
  }

  /// Runs messages until there are none; timers stand still.
  void settle() {
    while (sched.try_run_once()) {}
  }
  void advance(duration d) {
    // In small steps, so that timers which are set on the way are met.
    constexpr duration step = std::chrono::milliseconds{100};
    for (; d > duration{0}; d -= step) {
      sched.advance_time(std::min(d, step));
      settle();
    }
  }
  /// Somebody sets the time of day; the actor clock goes on as before.
  void step_wall(duration d) {
    *wall_step += d;
  }
  /// The time of day.
  time_point now() {
    return time_source::epoch() + *wall_step + std::chrono::floor<duration>(sched.clock().now().time_since_epoch());
  }

  void start() {
    launch();
    settle();
  }
  /// Starts the actors and lets none of them do anything yet.
  void launch() {
    timer = sys.spawn(timekeeper, clock, config->scheduler);
    keeper = sys.spawn(store_keeper, store_factory{[d = disk]() -> result<std::unique_ptr<store>> {
                         return std::unique_ptr<store>{std::make_unique<faulty_store>(d)};
                       }},
                       config->store, timer, clock);
    metrics_options m;
    m.clock = clock;
    m.settings = config->metrics;
    m.reports = {config->reports, reports, keeper, timer};
    meter = sys.spawn(metrics, std::move(m));
    caf::anon_send(timer, metrics_started{meter});
    queue_manager_options o;
    o.config = config;
    o.keeper = keeper;
    o.timekeeper = timer;
    o.metrics = meter;
    o.clock = clock;
    o.types = types;
    o.seed = 7;
    o.detached_reader = false;
    manager = sys.spawn(queue_manager, std::move(o));
  }

  /// The process is gone: nothing of it is left but what is on the disk.
  void kill() {
    for (auto& n : nodes)
      if (n->link)
        caf::anon_send_exit(std::exchange(n->link, nullptr), caf::exit_reason::kill);
    for (const auto& a : {caf::actor_cast<caf::actor>(manager), caf::actor_cast<caf::actor>(keeper),
                          caf::actor_cast<caf::actor>(meter), caf::actor_cast<caf::actor>(timer)})
      if (a)
        caf::anon_send_exit(a, caf::exit_reason::kill);
    settle();
    manager = nullptr;
    keeper = nullptr;
    meter = nullptr;
    timer = nullptr;
  }

  fake_node& add_node(const std::string& name, uint32_t slots = 1, std::vector<std::string> types = {"noop"},
                      resource_offer offer = {}) {
    auto n = std::make_unique<fake_node>();
    n->name = name;
    n->offer = std::move(offer);
    n->slots = slots;
    n->boot_epoch = nodes.size() + 1;
    auto* raw = n.get();
    // With an argument: without one CAF 0.17 dereferences a null pointer (to an empty tuple).
    n->self = sys.spawn(
      [](worker_node_actor::pointer, fake_node* raw) -> worker_node_actor::behavior_type {
        return {
          [raw](node_orders& x) {
            std::move(x.run.begin(), x.run.end(), std::back_inserter(raw->orders));
            raw->stopped.insert(raw->stopped.end(), x.cancelled.begin(), x.cancelled.end());
            raw->acknowledged.insert(raw->acknowledged.end(), x.acknowledged.begin(), x.acknowledged.end());
          },
          [](drain_atom, int64_t) {},
          [](prove_atom, const std::string&) { return node_proof{}; },
          [](view_atom, const std::string&) { return node_dump{}; },
        };
      },
      raw);
    nodes.push_back(std::move(n));
    join(*raw, std::move(types));
    return *raw;
  }

  /// What the worker supervisor does when a node registers.
  void join(fake_node& n, std::vector<std::string> types = {"noop"}, std::vector<held_attempt> held = {}) {
    worker_proxy_options o;
    o.registration.name = n.name;
    o.registration.boot_epoch = n.boot_epoch;
    o.registration.slots = n.slots;
    o.registration.cpu_milli = n.offer.cpu_milli;
    o.registration.memory_bytes = n.offer.memory_bytes;
    o.registration.named = n.offer.named;
    o.registration.labels = n.offer.labels;
    o.registration.types = std::move(types);
    o.registration.held = std::move(held);
    if (!n.id)
      n.id = worker_id{++next_worker};
    o.id = n.id;
    o.node = n.self;
    o.manager = manager;
    o.timekeeper = timer;
    o.cluster = config->cluster;
    o.clock = clock;
    auto registration = o.registration;
    n.link = sys.spawn(worker_proxy, std::move(o));
    caf::anon_send(manager,
                   worker_joined{n.id, std::move(registration), n.link, std::make_shared<const std::string>(n.name)});
    settle();
  }

  void beat(fake_node& n) {
    caf::scoped_actor self{sys};
    node_load load;
    load.boot_epoch = n.boot_epoch;
    load.running = static_cast<uint32_t>(n.orders.size());
    self->send(n.link, beat_atom{}, load);
    settle();
  }

  void report(fake_node& n, worker_report r) {
    r.boot_epoch = n.boot_epoch;
    caf::anon_send(n.link, std::move(r));
    settle();
  }
  void begin(fake_node& n, job_id job) {
    worker_report r;
    const auto& o = n.order_of(job);
    r.started.push_back({o.job, o.fence, to_wire(now())});
    n.begun[o.fence] = now();
    report(n, std::move(r));
  }
  attempt_ended end_of(const attempt_order& o, attempt_outcome outcome) {
    if (outcome.kind != outcome_kind::returned && outcome.started_at == time_point{})
      outcome.started_at = now();
    outcome.finished_at = now();
    return to_wire(job_id{o.job}, fence_token{o.fence}, std::move(outcome));
  }
  void end(fake_node& n, job_id job, attempt_outcome outcome = {}) {
    const auto o = n.order_of(job);
    std::erase_if(n.orders, [&](const auto& x) { return x.fence == o.fence; });
    if (auto b = n.begun.find(o.fence); b != n.begun.end())
      outcome.started_at = b->second;
    worker_report r;
    r.ended.push_back(end_of(o, std::move(outcome)));
    report(n, std::move(r));
  }

  template <class Call, class T>
  result<T> ask(Call call, answer<T> Call::*reply) {
    std::optional<result<T>> got;
    call.*reply = answer<T>{[&got](result<T> x) { got.emplace(std::move(x)); }};
    caf::anon_send(manager, std::move(call));
    settle();
    if (!got)
      throw std::runtime_error("no answer");
    return std::move(*got);
  }

  static job_spec spec(uint8_t priority = priority_default) {
    job_spec s;
    s.type = "noop";
    s.priority = priority;
    s.payload = blob{"{}"};
    s.retry.jitter = false;
    return s;
  }
  result<submit_answers> submit_all(submit_request r) {
    submit_call c;
    c.request = std::make_shared<submit_request>(std::move(r));
    return ask(std::move(c), &submit_call::reply);
  }
  result<submit_answer> try_submit(job_spec s) {
    submit_request r;
    r.jobs.push_back(std::move(s));
    auto a = submit_all(std::move(r));
    if (!a)
      return std::move(a).err();
    return std::move(a->front());
  }
  job_id submit(job_spec s = spec()) {
    auto a = try_submit(std::move(s));
    if (!a)
      throw std::runtime_error("refused: " + a.err().message);
    return a->id;
  }
  job_record get(job_id id) {
    auto x = ask(get_call{id, {}}, &get_call::reply);
    if (!x)
      throw std::runtime_error(x.err().message);
    return **x;
  }
  job_state state(job_id id) {
    return get(id).state;
  }
  result<job_ptr> cancel(job_id id) {
    return ask(cancel_call{id, "", {}}, &cancel_call::reply);
  }
  metrics_view totals() {
    metrics_call c;
    auto x = ask(std::move(c), &metrics_call::reply);
    std::optional<metrics_view> got;
    caf::anon_send(meter, metrics_call{*x, answer<metrics_view>{[&](result<metrics_view> v) { got = *v; }}});
    settle();
    return *got;
  }
};

} // namespace callboard
