#include "actors/worker/worker_node.hpp"

#include "actors/runtime/log.hpp"
#include "actors/worker/executor.hpp"
#include "actors/worker/node_views.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

namespace callboard {

namespace {

using self_pointer = observed_pointer<local_node_actor, worker_node_state>;
using clock = worker_node_state::clock;

constexpr duration connect_timeout = std::chrono::seconds{5};
constexpr duration first_retry = std::chrono::milliseconds{100};
constexpr duration longest_retry = std::chrono::seconds{5};
/// An end that is not acknowledged after this long is reported again.
constexpr std::chrono::seconds resend_after{3};
/// Pace of looking around while there is no lease yet, and while draining.
constexpr duration look_around{std::chrono::milliseconds{200}};

caf::duration caf_duration(duration d) {
  return caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(d)};
}

void wake_in(self_pointer self, duration d) {
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(d), wake_atom{}, ++self->state.tick);
}

/// From here on nothing that is held may run: what the guardian goes by.
void tell_guardian(const worker_node_state& st) {
  if (!st.options.page)
    return;
  st.options.page->set_deadline(st.renewed + st.lease * lease_kill_percent / 100);
  st.options.page->set_holding(st.held.size() > st.ended.size());
}

/// From here on nothing that is held should run, and nothing is begun.
clock::time_point lease_end(const worker_node_state& st) {
  return st.renewed + st.lease * lease_stop_percent / 100;
}

void watch_lease(self_pointer self) {
  auto& st = self->state;
  if (st.lease.count() == 0 || std::exchange(st.lease_watched, true))
    return;
  const auto left = std::max(duration{0}, lease_end(st) - clock::now());
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(left) + std::chrono::milliseconds{1},
                     lease_atom{});
}

void renew(self_pointer self, clock::time_point as_of) {
  auto& st = self->state;
  st.renewed = std::max(st.renewed, as_of);
  // An answer that was long on its way renews nothing.
  st.lease_lost = st.lease_lost && clock::now() >= lease_end(st);
  tell_guardian(st);
  watch_lease(self);
}

void spawn_executor(self_pointer self) {
  auto& st = self->state;
  st.executor = self->spawn<caf::monitored>(executor, local_node_actor{self}, st.options.handlers,
                                            st.options.settings.slots, st.options.settings);
}

void disconnected(self_pointer self, const std::string& why) {
  auto& st = self->state;
  if (st.link)
    log().warn("the connection to the scheduler is gone: {}", why);
  st.link = nullptr;
  st.connecting = false;
  st.scheduler = (st.scheduler + 1) % st.options.schedulers.size();
  const auto base = std::min<duration>(longest_retry, first_retry * (1u << std::min(st.failures, 6u)));
  ++st.failures;
  // Half fixed, half drawn: workers that lost one scheduler do not all come back in the same millisecond.
  wake_in(self, base / 2 + duration{static_cast<int64_t>(st.random() % static_cast<uint64_t>(base.count() / 2 + 1))});
}

void tell(self_pointer self, std::vector<attempt_ended> ends) {
  auto& st = self->state;
  if (!st.link || ends.empty())
    return;
  worker_report r;
  r.boot_epoch = st.options.boot_epoch;
  r.ended = std::move(ends);
  self->send(st.link, std::move(r));
}

/// Those that were on their way when the connection broke, or were not written by a scheduler that has ended.
void tell_checkpoints(self_pointer self) {
  const auto& st = self->state;
  if (st.checkpoints.empty())
    return;
  worker_report r;
  r.boot_epoch = st.options.boot_epoch;
  for (const auto& [fence, c] : st.checkpoints)
    r.checkpoints.push_back(c);
  self->send(st.link, std::move(r));
}

void joined(self_pointer self, const welcome& w, worker_link_actor link, clock::time_point asked) {
  auto& st = self->state;
  st.connecting = false;
  st.registered = true;
  st.failures = 0;
  st.link = std::move(link);
  st.heartbeat = duration{w.heartbeat_us};
  st.lease = duration{w.lease_us};
  renew(self, asked);
  self->monitor(st.link);
  log().info("joined scheduler {} (boot {}) as {}", to_string(st.options.schedulers[st.scheduler]), w.scheduler_boot,
             st.options.name);
  std::vector<attempt_ended> again;
  for (auto& [fence, u] : st.ended) {
    u.told = asked;
    again.push_back(u.end);
  }
  tell(self, std::move(again));
  tell_checkpoints(self);
  // At once: the lease counts from when the join was sent, and a join may take long.
  wake_in(self, duration{0});
}

void join(self_pointer self, const registrar_actor& registrar) {
  auto& st = self->state;
  const auto asked = clock::now();
  self->request(registrar, caf_duration(connect_timeout), join_atom{}, registration_of(st), worker_node_actor{self})
    .then([self, asked](const welcome& w, worker_link_actor& link) { joined(self, w, std::move(link), asked); },
          [self](caf::error& e) {
            log().warn("the scheduler did not let this worker join: {}", from_caf(e).message);
            disconnected(self, "not joined");
          });
}

void connect(self_pointer self) {
  auto& st = self->state;
  st.connecting = true;
  const auto at = st.options.schedulers[st.scheduler];
  auto middleman = self->system().openssl_manager().actor_handle();
  self->request(middleman, caf_duration(connect_timeout), caf::connect_atom::value, at.host, at.port)
    .then(
      [self, at](caf::node_id&, caf::strong_actor_ptr& ptr, std::set<std::string>& interface) {
        if (!ptr || !self->system().assignable<registrar_actor>(interface)) {
          log().error("{} is not a Callboard scheduler of this version", to_string(at));
          return disconnected(self, "wrong interface");
        }
        join(self, caf::actor_cast<registrar_actor>(ptr));
      },
      [self](caf::error& e) { disconnected(self, self->system().render(e)); });
}

void beat(self_pointer self) {
  auto& st = self->state;
  const auto sent = clock::now();
  self->request(st.link, caf_duration(st.lease), beat_atom{}, load_of(st))
    .then([self, sent](caf::ok_atom) { renew(self, sent); },
          [self, link = st.link](caf::error&) {
            // An unanswered beat of the present connection: the lease decides, but a new connection may help.
            if (self->state.link == link)
              disconnected(self, "a heartbeat was not answered");
          });
  std::vector<attempt_ended> again;
  for (auto& [fence, u] : st.ended)
    if (sent - u.told > resend_after) {
      u.told = sent;
      again.push_back(u.end);
    }
  tell(self, std::move(again));
}

void on_report(self_pointer self, worker_report& r);

/// Attempts that do not run here are handed back, not failed.
template <class Attempts>
void hand_back(self_pointer self, const Attempts& attempts) {
  worker_report r;
  for (const auto& a : attempts) {
    attempt_ended e;
    e.job = a.job;
    e.fence = a.fence;
    e.kind = static_cast<uint8_t>(outcome_kind::returned);
    if (auto h = self->state.held.find(a.fence); h != self->state.held.end())
      e.started_at_us = h->second.started_at_us;
    if (auto c = self->state.checkpoints.find(a.fence); c != self->state.checkpoints.end()) {
      e.saved = true;
      e.checkpoint = c->second.text;
    }
    r.ended.push_back(std::move(e));
  }
  on_report(self, r);
}

bool idle(const worker_node_state& st) {
  return st.held.empty() || (!st.link && st.ended.size() == st.held.size());
}

/// Ends with the executor, not before it. Dropping the last handle instead would leave the very last one to a slot's
/// thread that is about to report, and that thread would destroy the pool and join itself.
void end(self_pointer self) {
  self->send_exit(self->state.executor, caf::exit_reason::user_shutdown);
}

/// Leaves when everything is told and acknowledged; hurries what still runs when the grace is over.
void go_on_draining(self_pointer self) {
  auto& st = self->state;
  if (!st.draining || st.leaving)
    return;
  if (idle(st)) {
    st.leaving = true;
    if (!st.link)
      return end(self);
    self->request(st.link, caf_duration(connect_timeout), leave_atom{}, st.options.boot_epoch)
      .then([self](caf::ok_atom) { end(self); }, [self](caf::error&) { end(self); });
    return;
  }
  if (clock::now() >= st.drain_until && !std::exchange(st.stopped_all, true))
    self->send(st.executor, stop_atom{}, false);
}

void on_wake(self_pointer self) {
  auto& st = self->state;
  go_on_draining(self);
  if (st.leaving)
    return;
  if (st.link)
    beat(self);
  else if (!st.connecting && !st.draining)
    return connect(self); // comes back by joined() or disconnected()
  wake_in(self, st.draining || st.heartbeat.count() == 0 ? look_around : st.heartbeat);
}

void on_report(self_pointer self, worker_report& r) {
  auto& st = self->state;
  const auto now = clock::now();
  r.boot_epoch = st.options.boot_epoch;
  for (const auto& x : r.started)
    if (auto h = st.held.find(x.fence); h != st.held.end())
      h->second.started_at_us = x.at_us;
  for (const auto& x : r.checkpoints)
    st.checkpoints[x.fence] = x;
  for (const auto& x : r.ended) {
    st.ended[x.fence] = {x, now};
    st.checkpoints.erase(x.fence); // its end has it
  }
  tell_guardian(st);
  if (st.link)
    self->send(st.link, std::move(r));
  go_on_draining(self);
}

void on_orders(self_pointer self, node_orders& orders) {
  auto& st = self->state;
  // What an earlier connection still delivers after a cut, or one whose welcome came too late, is of a time when the
  // scheduler counted on another lease: it has given these jobs to others by now, or will when that lease is over.
  if (!st.link || self->current_sender() != caf::actor_cast<caf::strong_actor_ptr>(st.link))
    return;
  for (const auto& a : std::exchange(orders.acknowledged, {})) {
    st.held.erase(a.fence);
    st.ended.erase(a.fence);
  }
  for (const auto& o : orders.run)
    st.held[o.fence] = {o.job, o.fence, o.number, 0};
  if (clock::now() >= lease_end(st)) // given before the scheduler knew; the next answered heartbeat sets it right
    hand_back(self, std::exchange(orders.run, {}));
  tell_guardian(st);
  if (!orders.empty())
    self->send(st.executor, std::move(orders));
  go_on_draining(self);
}

/// Before the lease is over everything is stopped, because the scheduler gives it to others then.
void on_lease(self_pointer self) {
  auto& st = self->state;
  st.lease_watched = false;
  if (clock::now() < lease_end(st))
    return watch_lease(self);
  if (!std::exchange(st.lease_lost, true) && st.held.size() > st.ended.size()) {
    log().warn("the lease could not be renewed in time: everything here is stopped, others may run it");
    self->send(st.executor, stop_atom{}, true);
  }
}

/// Who it is, for the scheduler that it wants to join now; nobody else gets a signature.
caf::result<node_proof> prove(self_pointer self, const std::string& challenge) {
  const auto& st = self->state;
  if (!st.connecting || !st.options.prove)
    return to_caf({ec::invalid_state, "this node is not about to join"});
  auto proof = st.options.prove(join_text(challenge, st.options.name, st.options.boot_epoch));
  if (proof)
    return std::move(*proof);
  log().error("the scheduler's challenge could not be signed: {}", proof.err().message);
  return to_caf(proof.err());
}

/// The inside of one of this process's actors.
caf::result<node_dump> dump(self_pointer self, const std::string& name) {
  if (name == worker_node_state::name)
    return node_dump{facts_of(self->state)};
  if (name == "executor" && self->state.executor)
    return self->delegate(self->state.executor, view_atom{});
  return node_dump{};
}

} // namespace

local_node_actor::behavior_type worker_node(self_pointer self, worker_node_options options) {
  auto& init = self->state;
  init.random.seed(static_cast<uint32_t>(options.boot_epoch));
  init.options = std::move(options);
  self->show_as("worker-node", "", [self] { return facts_of(self->state); });
  self->run_on(self->system().middleman().backend());
  spawn_executor(self);
  self->set_down_handler([self](caf::down_msg& x) {
    auto& st = self->state;
    if (st.executor && x.source == st.executor.address()) {
      if (st.leaving)
        return self->quit();
      log().error("the executor stopped: {}", self->system().render(x.reason));
      // What ran on its slots was stopped with it: handed back, not failed.
      std::vector<held_attempt> stopped;
      for (const auto& [fence, h] : st.held)
        if (st.ended.count(fence) == 0)
          stopped.push_back(h);
      live_actors::instance().note_restart("executor", self->system().render(x.reason));
      spawn_executor(self);
      hand_back(self, stopped);
    } else if (st.link && x.source == st.link.address()) {
      disconnected(self, self->system().render(x.reason));
    }
  });
  connect(self);
  return {
    [self](node_orders& orders) { on_orders(self, orders); },
    [self](drain_atom, int64_t grace_us) {
      auto& st = self->state;
      st.drain_until = clock::now() + duration{std::max<int64_t>(0, grace_us)};
      if (!std::exchange(st.draining, true)) {
        self->send(st.executor, drain_atom{});
        wake_in(self, look_around);
      }
      go_on_draining(self);
    },
    [self](prove_atom, const std::string& challenge) { return prove(self, challenge); },
    [self](view_atom, const std::string& name) { return dump(self, name); },
    [self](worker_report& r) { on_report(self, r); },
    [self](wake_atom, uint64_t tick) {
      if (tick == self->state.tick)
        on_wake(self);
    },
    [self](lease_atom) { on_lease(self); },
    [self](stop_atom, const std::string& why) {
      log().warn("{}: everything here is stopped", why);
      auto& st = self->state;
      st.draining = st.stopped_all = true;
      st.link = nullptr;
      self->send(st.executor, stop_atom{}, true);
      wake_in(self, look_around);
    },
  };
}

} // namespace callboard
