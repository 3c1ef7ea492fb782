#include "actors/root.hpp"

#include "actors/fleet/autoscaler.hpp"
#include "actors/fleet/http_workers.hpp"
#include "actors/runtime/inspector.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/timekeeper.hpp"
#include "actors/scheduler/metrics.hpp"
#include "actors/scheduler/queue_manager.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<root_actor, root_state>;

constexpr std::chrono::milliseconds restart_pause{200};

std::vector<child_spec> tree(self_pointer self) {
  return {
    {"timekeeper",
     [self] {
       auto& st = self->state;
       st.timekeeper = self->spawn(timekeeper, st.options.clock, st.options.config->scheduler);
       return caf::actor_cast<caf::actor>(st.timekeeper);
     }},
    {"store-keeper",
     [self] {
       auto& st = self->state;
       // Detached: it blocks on the disk.
       st.keeper = self->spawn<caf::detached>(store_keeper, st.options.open_store, st.options.config->store,
                                              st.timekeeper, st.options.clock);
       return caf::actor_cast<caf::actor>(st.keeper);
     }},
    {"metrics",
     [self] {
       auto& st = self->state;
       metrics_options o;
       o.clock = st.options.clock;
       o.prices = st.options.config->prices;
       o.settings = st.options.config->metrics;
       o.reports = {st.options.config->reports, st.report_rows, st.keeper, st.timekeeper};
       st.metrics = self->spawn(metrics, std::move(o));
       self->send(st.timekeeper, metrics_started{st.metrics});
       // Those that have the handle of one before.
       if (st.manager)
         self->send(st.manager, metrics_started{st.metrics});
       if (auto g = st.options.gateway->get())
         self->send(g, metrics_started{st.metrics});
       return caf::actor_cast<caf::actor>(st.metrics);
     },
     restart_with::nobody},
    {"queue-manager",
     [self] {
       auto& st = self->state;
       queue_manager_options o;
       o.config = st.options.config;
       o.keeper = st.keeper;
       o.timekeeper = st.timekeeper;
       o.metrics = st.metrics;
       o.clock = st.options.clock;
       o.types = st.options.types;
       o.use_type_rule = st.options.use_type_rule;
       o.tell = st.options.tell;
       o.seed = st.options.seed;
       st.manager = self->spawn(queue_manager, std::move(o));
       return caf::actor_cast<caf::actor>(st.manager);
     }},
    {"worker-supervisor",
     [self] {
       auto& st = self->state;
       worker_supervisor_options o;
       o.config = st.options.config;
       o.manager = st.manager;
       o.timekeeper = st.timekeeper;
       o.clock = st.options.clock;
       o.endpoint = st.options.endpoint;
       o.types = st.options.types;
       o.program = st.options.worker_program;
       o.arguments = st.options.worker_arguments;
       o.process_file = st.options.process_file;
       // Detached: it starts processes, reads certificates and compiles the schemas that workers bring.
       st.workers = self->spawn<caf::detached>(worker_supervisor, std::move(o));
       return caf::actor_cast<caf::actor>(st.workers);
     },
     restart_with::one_before_and_later_ones},
    {"http-workers",
     [self] {
       auto& st = self->state;
       http_workers_options o;
       o.config = st.options.config;
       o.admission = st.workers;
       o.timekeeper = st.timekeeper;
       o.clock = st.options.clock;
       st.http_workers = self->spawn(http_workers, std::move(o));
       return caf::actor_cast<caf::actor>(st.http_workers);
     }},
    {"autoscaler",
     [self] {
       auto& st = self->state;
       autoscaler_options o;
       o.config = st.options.config;
       o.manager = st.manager;
       o.workers = st.workers;
       o.timekeeper = st.timekeeper;
       o.clock = st.options.clock;
       o.can_start = !st.options.worker_program.empty();
       o.by_hand = st.scaled_by_hand;
       st.scaler = self->spawn(autoscaler, std::move(o));
       return caf::actor_cast<caf::actor>(st.scaler);
     }},
    {"inspector",
     [self] {
       auto& st = self->state;
       st.inspector = self->spawn(inspector, st.workers, st.timekeeper);
       return caf::actor_cast<caf::actor>(st.inspector);
     }},
    {"gateway",
     [self] {
       auto& st = self->state;
       gateway_options o;
       o.keeper = st.keeper;
       o.metrics = st.metrics;
       o.manager = st.manager;
       o.workers = st.workers;
       o.http_workers = st.http_workers;
       o.scaler = st.scaler;
       o.inspector = st.inspector;
       o.root = root_actor{self};
       o.outstanding_max = st.options.config->jobs.requests_outstanding_max;
       o.version = st.options.version;
       auto g = self->spawn(gateway, std::move(o));
       st.options.gateway->set(g);
       return caf::actor_cast<caf::actor>(g);
     }},
  };
}

/// Asks by way of the gateway as everybody does, so nothing of the tree depends on it.
child_spec alerts_child(self_pointer self) {
  return {"alerts", [self] {
            auto& st = self->state;
            alerts_options o;
            o.config = st.options.config;
            o.around = st.options.alerts;
            o.back = make_gateway_backend(st.options.gateway);
            o.timekeeper = st.timekeeper;
            o.clock = st.options.clock;
            // Detached: it reads certificates, and waits for the disk when something is to be kept.
            return caf::actor_cast<caf::actor>(self->spawn<caf::detached>(alerts, std::move(o)));
          }};
}

/// The same.
child_spec webhooks_child(self_pointer self) {
  return {"webhooks", [self] {
            auto& st = self->state;
            webhooks_options o;
            o.config = st.options.config;
            o.around = st.options.webhooks;
            o.back = make_gateway_backend(st.options.gateway);
            o.keeper = st.keeper;
            o.timekeeper = st.timekeeper;
            o.clock = st.options.clock;
            // Detached: it signs what is sent.
            return caf::actor_cast<caf::actor>(self->spawn<caf::detached>(webhooks, std::move(o)));
          }};
}

/// Whoever waits for the start is told when the queue manager accepts jobs: its store is open.
void await_manager(self_pointer self) {
  self->request(self->state.manager, caf::infinite, start_atom{})
    .then(
      [self](uint64_t) {
        for (auto& promise : std::exchange(self->state.start_waiters, {}))
          promise.deliver(caf::ok_atom{});
      },
      [](caf::error&) { /* its DOWN message follows, and is acted upon */ });
}

void start(self_pointer self, root_state::child& c) {
  c.handle = c.spec.start();
  self->monitor(c.handle);
}

void start_from(self_pointer self, size_t first) {
  auto& st = self->state;
  for (size_t i = first; i < st.children.size(); ++i)
    start(self, st.children[i]);
  await_manager(self);
}

void give_up(self_pointer self, int code) {
  auto& st = self->state;
  st.exit_code = std::max(st.exit_code, code);
  self->quit();
  st.options.over(st.exit_code);
}

/// Stops the last child that still runs, of those from `stopping` on; when none is left, goes on with what is wanted.
void stop_next(self_pointer self) {
  auto& st = self->state;
  for (size_t i = st.children.size(); i-- > st.stopping;) {
    if (!st.children[i].handle)
      continue;
    self->send_exit(st.children[i].handle, caf::exit_reason::user_shutdown);
    return;
  }
  if (st.shutting_down)
    return give_up(self, st.exit_code);
  st.restarting = false;
  // A child may have ended in the pause after others.
  if (!std::exchange(st.pausing, true))
    self->delayed_send(self, restart_pause, signal_atom{}, 0);
}

/// Another scheduler has taken over the store. Nothing is drained or written: what runs is its business now.
void step_down(self_pointer self) {
  auto& st = self->state;
  log().critical("this scheduler steps down, with exit code {}: another one has taken over its store", exit_fenced_out);
  live_actors::instance().note_restart("store-keeper", "another scheduler has taken over the store");
  st.options.stop_intake();
  st.shutting_down = true;
  st.exit_code = exit_fenced_out;
  st.stopping = 0;
  stop_next(self);
}

void note_end(self_pointer self, const root_state::child& c, const caf::error& why) {
  const auto reason = self->system().render(why);
  log().error("{} stopped: {}", c.spec.name, reason);
  live_actors::instance().note_restart(c.spec.name, reason);
}

void on_down(self_pointer self, const caf::down_msg& x) {
  auto& st = self->state;
  size_t i = 0;
  while (i < st.children.size() && (!st.children[i].handle || st.children[i].handle.address() != x.source))
    ++i;
  if (i == st.children.size())
    return;
  auto& c = st.children[i];
  c.handle = nullptr;
  if (c.spec.name == "gateway")
    st.options.gateway->set({});
  if (c.spec.name == "webhooks")
    st.options.webhooks.board->connect(nullptr);
  if (c.spec.name == "store-keeper" && from_caf(x.reason).code == ec::wrong_version)
    return step_down(self);
  if (st.restarting || (st.shutting_down && i >= st.stopping)) {
    if (st.restarting && x.reason != caf::exit_reason::user_shutdown) // it ended by itself meanwhile
      note_end(self, c, x.reason);
    st.stopping = std::min(st.stopping, i);
    return stop_next(self);
  }
  note_end(self, c, x.reason);
  if (st.shutting_down || !st.budget->spend(time_source::steady(self))) {
    log().critical("{}", st.shutting_down ? "a part stopped during shutdown" : "parts stop too often: giving up");
    st.shutting_down = true;
    st.exit_code = std::max(st.exit_code, exit_gave_up);
    st.stopping = 0;
    return stop_next(self);
  }
  if (c.spec.takes_along == restart_with::nobody)
    return start(self, c);
  st.restarting = true;
  st.stopping = c.spec.takes_along == restart_with::one_before_and_later_ones ? i - 1 : i;
  stop_next(self);
}

void stop_children(self_pointer self) {
  self->state.stopping = 0;
  stop_next(self);
}

void shut_down(self_pointer self, duration grace) {
  auto& st = self->state;
  st.shutting_down = true;
  st.stopping = st.children.size();
  st.options.stop_intake();
  const auto last = [self] {
    log().info("workers have stopped; finishing what is on its way to the disk");
    const auto write_reports = [self] {
      self->request(self->state.metrics, caf::infinite, drain_atom{})
        .then([self](caf::ok_atom) { stop_children(self); }, [self](caf::error&) { stop_children(self); });
    };
    self->request(self->state.manager, caf::infinite, drain_atom{})
      .then([write_reports](caf::ok_atom) { write_reports(); }, [write_reports](caf::error&) { write_reports(); });
  };
  // No new work is given out from here on; what runs may end within the grace.
  self->request(st.manager, caf::infinite, drain_atom{}).then([](caf::ok_atom) {}, [](caf::error&) {});
  self->request(st.workers, caf::infinite, drain_atom{}, grace.count())
    .then([last](caf::ok_atom) { last(); }, [last](caf::error&) { last(); });
}

} // namespace

root_actor::behavior_type root(self_pointer self, root_options options) {
  auto& init = self->state;
  self->show_as("root", "", [self]() -> actor_facts {
    const auto& st = self->state;
    actor_facts f{{"restarting", st.restarting ? "true" : "false"},
                  {"shuttingDown", st.shutting_down ? "true" : "false"}};
    for (const auto& c : st.children)
      f.emplace_back("child " + c.spec.name, c.handle ? "running" : "stopped");
    return f;
  });
  init.options = std::move(options);
  init.report_rows = std::make_shared<report_book>(init.options.config->reports.names_max);
  init.budget = std::make_unique<restart_budget>(init.options.config->workers.restart_intensity,
                                                 init.options.config->workers.restart_period);
  self->set_down_handler([self](caf::down_msg& x) { on_down(self, x); });
  for (auto& spec : tree(self))
    init.children.push_back({std::move(spec), nullptr});
  if (init.options.alerts.board && init.options.config->alerts.enabled)
    init.children.push_back({alerts_child(self), nullptr});
  if (init.options.webhooks.board && init.options.config->webhooks.enabled)
    init.children.push_back({webhooks_child(self), nullptr});
  start_from(self, 0);
  return {
    [self](signal_atom, int number) {
      auto& st = self->state;
      if (number == 0) { // INTERNAL: the pause before a restart is over
        st.pausing = false;
        if (!st.shutting_down && !st.restarting)
          start_from(self, st.stopping);
      } else if (!st.shutting_down) {
        log().info("signal {}: shutting down", number);
        shut_down(self, st.options.config->scheduler.shutdown_grace);
      } else if (!std::exchange(st.hurried, true)) {
        log().warn("signal {} again: not waiting for running attempts any more", number);
        caf::anon_send(st.workers, drain_atom{}, int64_t{0});
      }
    },
    [self](restart_call& c) {
      auto& st = self->state;
      const auto child =
        std::find_if(st.children.begin(), st.children.end(), [&](const auto& x) { return x.spec.name == c.actor; });
      if (child == st.children.end() || !child->handle)
        return c.reply.deliver(
          error{ec::not_found, "there is no actor " + c.actor + " that its supervisor would start again", "name"});
      if (st.shutting_down || st.restarting)
        return c.reply.deliver(error{ec::invalid_state, "a restart or the shutdown is under way", "name"});
      actor_view v;
      v.name = c.actor;
      v.parent = "root";
      v.alive = false;
      self->send_exit(child->handle, caf::exit_reason::kill);
      c.reply.deliver(std::move(v));
    },
    [self](start_atom) -> caf::result<caf::ok_atom> {
      auto promise = self->make_response_promise<caf::ok_atom>();
      self->state.start_waiters.push_back(promise);
      await_manager(self);
      return promise;
    },
  };
}

} // namespace callboard
