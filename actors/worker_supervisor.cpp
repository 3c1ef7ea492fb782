#include "actors/worker_supervisor.hpp"

#include "actors/log.hpp"
#include "actors/registrar.hpp"
#include "actors/worker.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

namespace callboard {

namespace {

using self_pointer = worker_supervisor_actor::stateful_pointer<worker_supervisor_state>;
using local_worker = worker_supervisor_state::local_worker;

constexpr duration first_restart = std::chrono::milliseconds{100};
constexpr duration longest_restart = std::chrono::seconds{10};
/// A process that lived for less than this ended "soon after the start".
constexpr duration short_life = std::chrono::seconds{5};
/// From the end of a drain's grace to killing what is left, on top of the kill grace of attempts.
constexpr duration drain_margin = std::chrono::seconds{2};

time_point now(self_pointer self) {
  return self->state.options.clock.now(self);
}

void wake_at(self_pointer self, time_point t) {
  self->send(self->state.options.timekeeper, wake_request{t, caf::actor_cast<caf::actor>(self)});
}

void set_alarm(self_pointer self) {
  auto& st = self->state;
  auto next = time_point::max();
  for (const auto& [name, w] : st.locals)
    if (w.pid == 0)
      next = std::min(next, w.restart_at);
  if (st.draining)
    next = std::min(next, st.drain_deadline);
  if (next != time_point::max())
    wake_at(self, next);
}

void start_process(self_pointer self, const std::string& name, local_worker& w) {
  auto& st = self->state;
  auto arguments = st.options.arguments;
  for (auto& a : {std::string{"--name"}, name, std::string{"--join"},
                  st.options.endpoint->host + ":" + std::to_string(st.options.endpoint->port.load())})
    arguments.push_back(a);
  auto pid = st.processes->start(st.options.program, arguments);
  w.started_at = now(self);
  w.view.name = name;
  w.view.local = true;
  w.view.slots = st.options.config->workers.slots;
  w.view.created_at = w.view.last_heartbeat = w.started_at;
  w.view.restarts = w.restarts;
  if (pid) {
    w.pid = *pid;
    w.view.pid = static_cast<uint64_t>(*pid);
    log().info("local worker {} started as process {}", name, *pid);
    return;
  }
  log().error("local worker {} cannot be started: {}", name, pid.err().message);
  step(w.view, worker_event::lose);
  w.restart_at = w.started_at + longest_restart;
}

void scale_to(self_pointer self, uint32_t n) {
  auto& st = self->state;
  st.desired = n;
  const auto active = [&] {
    return static_cast<uint32_t>(
      std::count_if(st.locals.begin(), st.locals.end(), [](const auto& kv) { return !kv.second.stopping; }));
  };
  while (active() < n) {
    const auto name = "local-" + std::to_string(++st.name_counter);
    start_process(self, name, st.locals[name]);
  }
  // The newest go first; a worker that has joined finishes what it has, one that has not is stopped.
  for (auto i = st.locals.rbegin(); i != st.locals.rend() && active() > n; ++i) {
    auto& [name, w] = *i;
    if (w.stopping)
      continue;
    w.stopping = true;
    if (auto joined = st.nodes.find(name); joined != st.nodes.end())
      self->send(joined->second.handle, drain_atom{}, st.options.config->scheduler.shutdown_grace.count());
    else if (w.pid != 0)
      st.processes->kill(w.pid, SIGTERM);
  }
  std::erase_if(st.locals, [](const auto& kv) { return kv.second.stopping && kv.second.pid == 0; });
  set_alarm(self);
}

void finish_drain_if_over(self_pointer self) {
  auto& st = self->state;
  if (!st.draining || !st.locals.empty() || !st.nodes.empty())
    return;
  for (auto& promise : std::exchange(st.drain_waiters, {}))
    promise.deliver(caf::ok_atom{});
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return "its process was ended by signal " + std::to_string(WTERMSIG(status));
  return "its process ended with code " + std::to_string(WEXITSTATUS(status));
}

void on_exit(self_pointer self, const process_exited& x) {
  auto& st = self->state;
  const auto pid = static_cast<pid_t>(x.pid);
  auto i = std::find_if(st.locals.begin(), st.locals.end(), [pid](const auto& kv) { return kv.second.pid == pid; });
  if (i == st.locals.end())
    return;
  auto& [name, w] = *i;
  const auto reason = how_it_ended(x.status);
  if (auto n = st.nodes.find(name); n != st.nodes.end())
    self->send(n->second.handle, stop_atom{}, reason);
  if (w.stopping || st.draining) {
    log().info("local worker {} stopped", name);
    st.locals.erase(i);
    return finish_drain_if_over(self);
  }
  const auto t = now(self);
  w.pid = 0;
  ++w.restarts;
  w.streak = t - w.started_at < short_life ? w.streak + 1 : 0;
  w.view.state = worker_state::failed;
  const auto wait = std::min<duration>(longest_restart, first_restart * (1u << std::min(w.streak, 8u)));
  w.restart_at = t + wait;
  log().warn("local worker {}: {}; it is restarted in {} ms", name, reason, wait.count() / 1000);
  if (!st.budget->spend(t)) {
    log().critical("local workers end too often (workers.restart_intensity {} within {} s): the supervisor gives up",
                   st.options.config->workers.restart_intensity,
                   std::chrono::duration_cast<std::chrono::seconds>(st.options.config->workers.restart_period).count());
    return self->quit(caf::sec::runtime_error);
  }
  set_alarm(self);
}

void on_wake(self_pointer self) {
  auto& st = self->state;
  const auto t = now(self);
  for (auto& [name, w] : st.locals)
    if (w.pid == 0 && !w.stopping && w.restart_at <= t && !st.draining) {
      w.view.state = worker_state::failed;
      step(w.view, worker_event::restart);
      start_process(self, name, w);
    }
  if (st.draining && t >= st.drain_deadline) {
    for (auto& [name, w] : st.locals) {
      log().warn("local worker {} did not stop in time and is killed", name);
      st.processes->kill(w.pid, SIGKILL);
    }
    for (auto& [name, n] : st.nodes)
      self->send(n.handle, stop_atom{}, std::string{"it did not leave in time"});
  }
  set_alarm(self);
}

using join_promise = caf::typed_response_promise<welcome, worker_link_actor>;

void admit(self_pointer self, uint64_t boot, worker_registration& r, const worker_node_actor& node,
           join_promise promise) {
  auto& st = self->state;
  const auto refuse = [&](const error& e) { promise.deliver(to_caf(e)); };
  if (auto e = check_registration(r))
    return refuse(*e);
  if (st.draining)
    return refuse({ec::shutting_down, "the scheduler is shutting down"});
  worker_id id;
  auto local = st.locals.find(r.name);
  if (r.local && (local == st.locals.end() || local->second.pid != static_cast<pid_t>(r.pid)))
    return refuse({ec::registration_refused, r.name + " is not a local worker of this scheduler"});
  if (auto old = st.nodes.find(r.name); old != st.nodes.end()) {
    if (old->second.boot_epoch == r.boot_epoch) {
      // The same process over a new connection: its actor is replaced, its attempts stay where they are.
      id = old->second.id;
      self->demonitor(old->second.handle.address());
      self->send_exit(old->second.handle, caf::exit_reason::user_shutdown);
      st.nodes.erase(old);
    } else if (r.local) {
      self->send(old->second.handle, stop_atom{}, std::string{"its process was replaced"});
    } else {
      return refuse(
        {ec::registration_refused,
         "the name " + r.name + " is taken by a worker whose lease has not run out; try again, or use another"});
    }
  }
  if (!id)
    id = worker_id{++st.next_id};
  worker_actor_options o;
  o.id = id;
  o.registration = r;
  o.node = node;
  o.manager = st.options.manager;
  o.timekeeper = st.options.timekeeper;
  o.cluster = st.options.config->cluster;
  o.clock = st.options.clock;
  o.restarts = local != st.locals.end() ? local->second.restarts : 0;
  auto handle = self->spawn<caf::monitored>(worker, std::move(o));
  st.nodes[r.name] = {id, r.boot_epoch, r.local, handle};
  log().info("worker {} joined from {} with {} slots", r.name, r.host, r.slots);
  const auto name = std::make_shared<const std::string>(r.name);
  self->send(st.options.manager, worker_joined{id, std::move(r), handle, name});
  promise.deliver(welcome{boot, st.options.config->cluster.heartbeat.count(), st.options.config->cluster.lease.count()},
                  worker_link_actor{handle});
}

/// Collects the views of all workers, joined or not, and hands them to `next`.
void collect(self_pointer self, std::function<void(std::vector<worker_view>)> next) {
  auto& st = self->state;
  struct collection {
    std::vector<worker_view> views;
    std::function<void(std::vector<worker_view>)> next;
    ~collection() {
      std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
      next(std::move(views));
    }
  };
  auto all = std::make_shared<collection>();
  all->next = std::move(next);
  for (const auto& [name, w] : st.locals)
    if (st.nodes.count(name) == 0)
      all->views.push_back(w.view);
  for (const auto& [name, n] : st.nodes)
    self->request(n.handle, caf::infinite, view_atom{})
      .then([all](worker_view& v) { all->views.push_back(std::move(v)); }, [all](caf::error&) {});
}

void publish(self_pointer self) {
  auto& st = self->state;
  auto door = self->spawn(registrar, worker_supervisor_actor{self});
  const auto& e = *st.options.endpoint;
  auto middleman = self->system().openssl_manager().actor_handle();
  self
    ->request(middleman, caf::infinite, caf::publish_atom::value, e.port.load(),
              caf::actor_cast<caf::strong_actor_ptr>(door), self->system().message_types(door), e.host, true)
    .then(
      [self](uint16_t port) {
        auto& state = self->state;
        state.options.endpoint->port = port;
        log().info("workers join at {}:{}", state.options.endpoint->host, port);
        if (state.options.endpoint->opened)
          state.options.endpoint->opened();
        scale_to(self, state.options.program.empty() ? 0 : state.options.config->workers.count);
      },
      [self](caf::error& err) {
        log().critical("the cluster address cannot be opened: {}", self->system().render(err));
        self->quit(err);
      });
}

} // namespace

worker_supervisor_actor::behavior_type worker_supervisor(self_pointer self, worker_supervisor_options options) {
  auto& init = self->state;
  init.options = std::move(options);
  init.budget = std::make_unique<restart_budget>(init.options.config->workers.restart_intensity,
                                                 init.options.config->workers.restart_period);
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self->address());
  init.processes = std::make_unique<local_workers>(init.options.process_file, [weak](pid_t pid, int status) {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send(caf::actor_cast<worker_supervisor_actor>(strong),
                     process_exited{static_cast<uint64_t>(pid), status});
  });
  self->set_down_handler([self](caf::down_msg& x) {
    auto& st = self->state;
    auto n = std::find_if(st.nodes.begin(), st.nodes.end(),
                          [&](const auto& kv) { return kv.second.handle.address() == x.source; });
    if (n == st.nodes.end())
      return;
    // A local process whose lease ran out hangs: it is killed, and started anew when its end is seen.
    if (auto w = st.locals.find(n->first);
        w != st.locals.end() && w->second.pid != 0 && !w->second.stopping && !st.draining)
      st.processes->kill(w->second.pid, SIGKILL);
    st.nodes.erase(n);
    finish_drain_if_over(self);
  });
  publish(self);
  return {
    [self](join_atom, worker_registration& r, worker_node_actor& node) -> caf::result<welcome, worker_link_actor> {
      auto promise = self->make_response_promise<welcome, worker_link_actor>();
      // Nobody joins before the queue manager knows its jobs: it could not tell which attempts are still wanted.
      self->request(self->state.options.manager, caf::infinite, start_atom{})
        .then([self, r, node, promise](uint64_t boot) mutable { admit(self, boot, r, node, promise); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
      return promise;
    },
    [self](process_exited& x) { on_exit(self, x); },
    [self](workers_call& c) {
      collect(self, [reply = c.reply](std::vector<worker_view> views) { reply.deliver(std::move(views)); });
    },
    [self](scale_call& c) {
      auto& st = self->state;
      if (st.options.program.empty() && c.workers != 0)
        return c.reply.deliver(error{ec::invalid_state, "this scheduler starts no local workers"});
      if (c.workers > st.options.config->workers.count_max)
        return c.reply.deliver(error{ec::out_of_range,
                                     "at most " + std::to_string(st.options.config->workers.count_max) +
                                       " local workers (workers.count_max)",
                                     "workers"});
      const scale_answer a{st.desired, c.workers};
      scale_to(self, c.workers);
      c.reply.deliver(a);
    },
    [self](status_call& c) {
      collect(self, [call = std::move(c), desired = self->state.desired](std::vector<worker_view> views) mutable {
        call.view.workers = std::move(views);
        call.view.workers_desired = desired;
        call.reply.deliver(std::move(call.view));
      });
    },
    [self](health_call& c) {
      const auto& st = self->state;
      c.view.components.push_back(
        {"workers", st.options.endpoint->port != 0,
         std::to_string(st.nodes.size()) + " joined, " + std::to_string(st.desired) + " local ones wanted"});
      c.reply.deliver(std::move(c.view));
    },
    [self](wake_atom) { on_wake(self); },
    [self](drain_atom, int64_t grace_us) -> caf::result<caf::ok_atom> {
      auto& st = self->state;
      auto promise = self->make_response_promise<caf::ok_atom>();
      st.drain_waiters.push_back(promise);
      st.draining = true;
      st.drain_deadline = now(self) + duration{grace_us} + st.options.config->workers.kill_grace + drain_margin;
      for (auto& [name, n] : st.nodes)
        self->send(n.handle, drain_atom{}, grace_us);
      for (auto i = st.locals.begin(); i != st.locals.end();) {
        if (i->second.pid != 0 && st.nodes.count(i->first) == 0)
          st.processes->kill(i->second.pid, SIGTERM);
        i = i->second.pid == 0 ? st.locals.erase(i) : std::next(i);
      }
      set_alarm(self);
      finish_drain_if_over(self);
      return promise;
    },
  };
}

} // namespace callboard
