#include "actors/fleet/worker_supervisor.hpp"

#include "actors/fleet/command_fleet.hpp"
#include "actors/fleet/fleet_views.hpp"
#include "actors/fleet/local_fleet.hpp"
#include "actors/fleet/registrar.hpp"
#include "actors/fleet/worker_proxy.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/thread_name.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

#include <algorithm>
#include <csignal>

#include "pki/node_proof.hpp"

namespace callboard {

namespace {

using self_pointer = worker_supervisor_pointer;

/// From the end of a drain's grace to killing what is left, on top of the kill grace of attempts.
constexpr duration drain_margin = std::chrono::seconds{2};

/// Local workers of a scheduler before this one have this long to see that it is gone.
constexpr std::chrono::milliseconds leftover_grace{3000};

using join_promise = caf::typed_response_promise<welcome, worker_link_actor>;

/// Its job types are accepted from now on. What is wrong with them, or nothing.
std::optional<error> take_types(const worker_supervisor_options& o, const worker_registration& r) {
  std::vector<type_description> types;
  for (size_t i = 0; i < r.types.size(); ++i)
    types.push_back({r.types[i], r.versions[i], r.summaries[i], r.schemas[i]});
  auto changes = o.types->offer(types, r.again);
  if (!changes)
    return error{ec::registration_refused, changes.err().message, changes.err().field};
  for (const auto& change : *changes)
    log().warn("worker {}: {}", r.name, change);
  return std::nullopt;
}

/// A local worker is the process that this supervisor has started under that name, and no other on this machine.
bool is_our_process(const worker_supervisor_state& st, const node_joins& x) {
  const auto local = st.locals.find(x.registration.name);
  return local != st.locals.end() && local->second.pid != 0 && !local->second.secret.empty() &&
         same_secret(x.proof.signature, seal_text(local->second.secret, join_text(x.challenge, x.registration.name,
                                                                                  x.registration.boot_epoch)));
}

void admit(self_pointer self, uint64_t boot, node_joins& x, join_promise promise) {
  auto& st = self->state;
  auto& r = x.registration;
  const auto refuse = [&](const error& e) {
    log().warn("worker {} from {} was refused: {}", r.name, r.host, e.message);
    promise.deliver(to_caf(e));
  };
  if (st.draining)
    return refuse({ec::shutting_down, "the scheduler is shutting down"});
  if (st.waits_for_leftovers)
    return refuse({ec::starting, "the local workers of the scheduler before this one are still ending"});
  if (!x.over_http)
    if (auto e = check_proof(st.options.endpoint->tls, x))
      return refuse(*e);
  worker_id id;
  auto local = st.locals.find(r.name);
  if (r.local && !is_our_process(st, x))
    return refuse({ec::registration_refused, r.name + " is not a local worker of this scheduler", "local"});
  if (!r.local && local != st.locals.end())
    return refuse({ec::registration_refused, r.name + " is the name of a local worker of this scheduler", "name"});
  const auto old = st.nodes.find(r.name);
  const bool same_process = old != st.nodes.end() && old->second.boot_epoch == r.boot_epoch;
  // A guardian starts the next process only when the one before and all that it started are dead.
  const bool successor = old != st.nodes.end() && (r.local || r.guardian == old->second.guardian);
  if (old != st.nodes.end() && !same_process && !successor)
    return refuse({x.over_http ? ec::invalid_state : ec::registration_refused,
                   "the name " + r.name +
                     " is taken by a worker whose lease has not run out; try again, or use "
                     "another"});
  if (auto e = take_types(st.options, r))
    return refuse(*e);
  // The catalog has them; the copies that others keep of the registration need not.
  r.summaries.clear();
  r.schemas.clear();
  if (old != st.nodes.end()) {
    if (same_process) {
      // The same process over a new connection: its actor is replaced, its attempts stay where they are.
      id = old->second.id;
      if (old->second.handle) {
        self->demonitor(old->second.handle.address());
        self->send_exit(old->second.handle, caf::exit_reason::user_shutdown);
      }
    } else if (old->second.handle) {
      self->send(old->second.handle, stop_atom{}, std::string{"its process was replaced"});
    } else {
      self->send(st.options.manager, worker_gone{old->second.id, "its process was replaced"});
    }
  }
  if (!id)
    id = worker_id{++st.next_id};
  worker_proxy_options o;
  o.id = id;
  o.registration = r;
  o.node = x.node;
  o.supervisor = worker_supervisor_actor{self};
  o.manager = st.options.manager;
  o.timekeeper = st.options.timekeeper;
  o.cluster = st.options.config->cluster;
  o.clock = st.options.clock;
  o.restarts = local != st.locals.end() ? local->second.restarts : 0;
  auto handle = self->spawn<caf::monitored>(worker_proxy, std::move(o));
  auto& n = st.nodes[r.name];
  if (n.boot_epoch != r.boot_epoch) {
    n.leaves_within.reset();
    n.cordoned = false;
  }
  n.id = id;
  n.boot_epoch = r.boot_epoch;
  n.guardian = r.guardian;
  n.local = r.local;
  n.handle = handle;
  // What was asked over a connection that broke may not have arrived.
  if (n.leaves_within)
    self->send(handle, drain_atom{}, n.leaves_within->count());
  else if (n.cordoned || (local != st.locals.end() && local->second.cordoned))
    self->send(handle, cordon_atom{}, true);
  log().info("worker {} joined from {} with {} slots", r.name, r.host, r.slots);
  const auto name = std::make_shared<const std::string>(r.name);
  // A node takes orders only from whom it has joined: there are none before its welcome is on the way.
  n.untold = worker_joined{id, std::move(r), handle, name};
  promise.deliver(welcome{boot, st.options.config->cluster.heartbeat.count(), st.options.config->cluster.lease.count()},
                  worker_link_actor{handle});
}

void welcomed(self_pointer self, const worker_link_actor& link) {
  auto& st = self->state;
  for (auto& [name, n] : st.nodes)
    if (n.untold && n.handle && n.handle.address() == link.address()) {
      self->send(st.options.manager, std::move(*n.untold));
      n.untold.reset();
      if (st.fleet)
        look_at_fleet(self);
      return;
    }
}

/// A worker proxy stopped by itself: its node joins again and keeps what it runs, or is given up after its lease.
void await_node(self_pointer self, const std::string& name, worker_supervisor_state::node& n,
                const std::string& reason) {
  log().error("the actor of worker {} stopped: {}", name, reason);
  live_actors::instance().note_restart("worker/" + name, reason);
  n.handle = nullptr;
  n.lost_at = steady(self) + self->state.options.config->cluster.lease;
  self->send(self->state.options.manager, worker_changed{n.id, false});
  set_alarm(self);
}

void on_drain_call(self_pointer self, drain_call& c) {
  auto& st = self->state;
  const auto n = st.nodes.find(c.request.worker);
  if (n == st.nodes.end() || !n->second.handle)
    return c.reply.deliver(
      error{ec::unknown_worker, "there is no worker " + c.request.worker + " that has joined", "id"});
  if (auto w = st.locals.find(n->first); w != st.locals.end())
    w->second.stopping = true;
  log().info("worker {} is drained by request", n->first);
  n->second.leaves_within = c.request.grace;
  self->send(n->second.handle, drain_atom{}, c.request.grace.count());
  self->request(n->second.handle, caf::infinite, view_atom{})
    .then([reply = c.reply](worker_view& v) { reply.deliver(std::move(v)); },
          [reply = c.reply, name = n->first](caf::error&) {
            reply.deliver(error{ec::unknown_worker, "worker " + name + " has just gone", "id"});
          });
}

void open_door(self_pointer self) {
  auto& st = self->state;
  auto& e = *st.options.endpoint;
  auto door = self->spawn(registrar, worker_supervisor_actor{self});
  e.door = caf::actor_cast<caf::actor>(door);
  auto middleman = self->system().openssl_manager().actor_handle();
  self
    ->request(middleman, caf::infinite, caf::publish_atom::value, e.port.load(),
              caf::actor_cast<caf::strong_actor_ptr>(door), self->system().message_types(door), e.host, true)
    .then(
      [self](uint16_t port) {
        auto& state = self->state;
        state.options.endpoint->port = port;
        state.published = true;
        log().info("workers join at {}:{}", state.options.endpoint->host, port);
        if (state.options.endpoint->opened)
          state.options.endpoint->opened();
        // The autoscaler may have said already how many there shall be.
        scale_to(self, state.options.program.empty() ? 0 : state.desired);
      },
      [self](caf::error& err) {
        log().critical("the cluster address cannot be opened: {}", self->system().render(err));
        self->quit(err);
      });
}

/// A supervisor before this one may have left its registrar at the port.
void publish(self_pointer self) {
  auto& e = *self->state.options.endpoint;
  if (!e.door)
    return open_door(self);
  const auto old = std::exchange(e.door, nullptr).address();
  self
    ->request(self->system().openssl_manager().actor_handle(), caf::infinite, caf::unpublish_atom::value, old,
              e.port.load())
    .then([self] { open_door(self); }, [self](caf::error&) { open_door(self); });
}

} // namespace

worker_supervisor_actor::behavior_type worker_supervisor(self_pointer self, worker_supervisor_options options) {
  auto& init = self->state;
  name_own_thread(self, "supervisor");
  self->show_as("worker-supervisor", "root", [self] { return facts_of(self->state); });
  init.options = std::move(options);
  init.desired = init.options.config->workers.count;
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
    if (x.reason != caf::exit_reason::normal && !st.draining)
      return await_node(self, n->first, n->second, self->system().render(x.reason));
    // A local process whose lease ran out hangs: it is killed, and started anew when its end is seen.
    if (auto w = st.locals.find(n->first);
        w != st.locals.end() && w->second.pid != 0 && !w->second.stopping && !st.draining)
      st.processes->kill(w->second.pid, SIGKILL);
    st.nodes.erase(n);
    if (st.fleet)
      look_at_fleet(self);
    finish_drain_if_over(self);
  });
  if (init.options.config->autoscale.by_command())
    open_command_fleet(self);
  init.waits_for_leftovers = !init.processes->await_leftovers(leftover_grace, [weak] {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send(caf::actor_cast<worker_supervisor_actor>(strong), start_atom{});
  });
  if (!init.waits_for_leftovers)
    publish(self);
  return {
    [self](node_welcomed& x) { welcomed(self, x.link); },
    [self](node_joins& x) -> caf::result<welcome, worker_link_actor> {
      auto promise = self->make_response_promise<welcome, worker_link_actor>();
      // Nobody joins before the queue manager knows its jobs: it could not tell which attempts are still wanted.
      self->request(self->state.options.manager, caf::infinite, start_atom{})
        .then([self, x = std::move(x), promise](uint64_t boot) mutable { admit(self, boot, x, promise); },
              [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
      return promise;
    },
    [self](start_atom) {
      if (std::exchange(self->state.waits_for_leftovers, false) && !self->state.draining)
        publish(self);
    },
    [self](process_exited& x) { on_process_exit(self, x); },
    [self](scale_command_ended& x) { on_command_ended(self, std::move(x)); },
    [self](workers_call& c) {
      collect_workers(self, [self, reply = c.reply](std::vector<worker_view> views) {
        self->send(self->state.options.manager, workers_call{std::move(views), reply});
      });
    },
    [self](drain_call& c) { on_drain_call(self, c); },
    [self](restart_call& c) {
      const auto n = self->state.nodes.find(c.actor);
      if (n == self->state.nodes.end() || !n->second.handle)
        return c.reply.deliver(error{ec::unknown_worker, "there is no worker " + c.actor, "name"});
      actor_view v;
      v.name = "worker/" + c.actor;
      v.alive = false;
      // Its node sees the end and joins again.
      self->send_exit(n->second.handle, caf::exit_reason::kill);
      c.reply.deliver(std::move(v));
    },
    [self](const workers_wanted& x) -> caf::result<uint32_t> {
      auto& st = self->state;
      if (st.draining || st.options.program.empty())
        return active_workers(st);
      if (st.options.endpoint->port == 0 || !st.published)
        st.desired = x.count;
      else if (x.count != st.desired || active_workers(st) != x.count)
        scale_to(self, x.count);
      return active_workers(st);
    },
    [self](view_atom) -> caf::result<std::vector<actor_view>> { return actors_of_nodes(self); },
    [self](dump_call& c) {
      if (c.node.empty()) // about this actor
        return c.reply.deliver(actor_dump{c.actor, "", facts_of(self->state)});
      const auto n = self->state.nodes.find(c.node);
      if (n == self->state.nodes.end() || !n->second.handle)
        return c.reply.deliver(error{ec::unknown_worker, "there is no worker " + c.node, "node"});
      self->send(n->second.handle, std::move(c));
    },
    [self](status_call& c) {
      collect_workers(self,
                      [call = std::move(c), desired = self->state.desired](std::vector<worker_view> views) mutable {
                        call.view.workers = std::move(views);
                        call.view.workers_desired = desired;
                        call.reply.deliver(std::move(call.view));
                      });
    },
    [self](health_call& c) {
      const auto& st = self->state;
      c.view.components.push_back({"workers", st.options.endpoint->port != 0,
                                   std::to_string(st.nodes.size()) + " joined, " + std::to_string(st.desired) +
                                     (st.fleet ? " wanted" : " local ones wanted")});
      c.reply.deliver(std::move(c.view));
    },
    [self](wake_atom) { on_wake(self); },
    [self](drain_atom, int64_t grace_us) -> caf::result<caf::ok_atom> {
      auto& st = self->state;
      auto promise = self->make_response_promise<caf::ok_atom>();
      st.drain_waiters.push_back(promise);
      st.draining = true;
      st.drain_deadline = steady(self) + duration{grace_us} + st.options.config->workers.kill_grace + drain_margin;
      std::erase_if(st.nodes, [](const auto& kv) { return !kv.second.handle; }); // they cannot join any more
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
