#include "actors/fleet/worker_proxy.hpp"

#include "actors/runtime/log.hpp"
#include "messages/convert.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

bool step(worker_view& v, worker_event e) {
  auto to = next(v.state, e);
  if (!to && e == worker_event::lose && v.state == worker_state::idle) {
    v.state = *next(v.state, worker_event::stop);
    to = next(v.state, e);
  }
  if (!to)
    return false;
  v.state = *to;
  return true;
}

namespace {

using self_pointer = observed_pointer<worker_proxy_actor, worker_proxy_state>;

void look_again(self_pointer self) {
  auto& st = self->state;
  self->send(st.options.timekeeper,
             wake_request{time_source::steady(self) + st.options.cluster.heartbeat, caf::actor_cast<caf::actor>(self)});
}

void gone(self_pointer self, worker_event how, const std::string& reason) {
  auto& st = self->state;
  if (std::exchange(st.over, true))
    return;
  step(st.view, how);
  self->send(st.options.manager, worker_gone{st.options.id, reason, how == worker_event::exit});
  if (how == worker_event::exit)
    log().info("worker {} left", st.view.name);
  else
    log().warn("worker {} is lost: {}", st.view.name, reason);
  self->quit();
}

/// Whether it takes new work, for the queue manager.
void tell_accepts(self_pointer self) {
  const auto& st = self->state;
  const bool drains = st.view.draining || st.view.state == worker_state::stopping;
  self->send(st.options.manager, worker_changed{st.options.id, !st.view.suspect && !drains, drains});
}

void set_suspect(self_pointer self, bool on) {
  auto& st = self->state;
  if (st.view.suspect == on || st.over)
    return;
  st.view.suspect = on;
  log().log(on ? spdlog::level::warn : spdlog::level::info, "worker {} is {}", st.view.name,
            on ? "suspect: no new work goes there" : "well again");
  tell_accepts(self);
}

void flush_later(self_pointer self) {
  if (!std::exchange(self->state.flush_pending, true))
    self->send(self, flush_atom{});
}

void flush(self_pointer self) {
  auto& st = self->state;
  st.flush_pending = false;
  if (st.orders.empty())
    return;
  if (!st.orders.run.empty() && st.view.state == worker_state::idle)
    step(st.view, worker_event::assign);
  st.view.current_jobs += static_cast<uint32_t>(st.orders.run.size());
  self->send(st.options.node, std::exchange(st.orders, {}));
}

void on_report(self_pointer self, worker_report& r) {
  auto& st = self->state;
  if (r.boot_epoch != st.options.registration.boot_epoch || st.over)
    return;
  auto& v = st.view;
  for (const auto& x : r.ended) {
    v.completed += x.kind == static_cast<uint8_t>(outcome_kind::succeeded);
    v.failed += x.kind == static_cast<uint8_t>(outcome_kind::failed_retryable) ||
                x.kind == static_cast<uint8_t>(outcome_kind::failed_final) ||
                x.kind == static_cast<uint8_t>(outcome_kind::timed_out);
  }
  const auto ended = static_cast<uint32_t>(r.ended.size());
  v.current_jobs -= std::min(v.current_jobs, ended);
  if (v.current_jobs == 0 && v.state == worker_state::working)
    step(v, worker_event::drained);
  self->send(st.options.manager, worker_reported{st.options.id, std::move(r)});
}

actor_facts facts_of(self_pointer self) {
  const auto& st = self->state;
  const auto since = [&](steady_point t) {
    return std::to_string(
             std::chrono::duration_cast<std::chrono::milliseconds>(time_source::steady(self) - t).count()) +
           " ms ago";
  };
  return {{"id", std::to_string(st.options.id.value)},
          {"state", std::string{to_string(st.view.state)}},
          {"suspect", st.view.suspect ? "true" : "false"},
          {"draining", st.view.draining ? "true" : "false"},
          {"connected", st.connected ? "true" : "false"},
          {"leaseRenewed", since(st.renewed_at)},
          {"bootEpoch", std::to_string(st.options.registration.boot_epoch)},
          {"currentJobs", std::to_string(st.view.current_jobs)},
          {"ordersWaiting", std::to_string(st.orders.run.size())},
          {"cancellationsWaiting", std::to_string(st.orders.cancelled.size())},
          {"acknowledgementsWaiting", std::to_string(st.orders.acknowledged.size())}};
}

/// Asks the node; its connection may break meanwhile.
void dump(self_pointer self, dump_call& c) {
  constexpr std::chrono::seconds patience{5};
  const auto& st = self->state;
  if (c.node.empty()) // about this side of the node
    return c.reply.deliver(actor_dump{"worker/" + st.view.name, "", facts_of(self)});
  self->request(st.options.node, caf::duration{patience}, view_atom{}, c.actor)
    .then(
      [c](node_dump& d) {
        if (d.facts.empty())
          return c.reply.deliver(error{ec::not_found, "worker " + c.node + " has no actor " + c.actor, "name"});
        c.reply.deliver(actor_dump{c.actor, c.node, std::move(d.facts)});
      },
      [c](caf::error&) {
        c.reply.deliver(error{ec::internal_timeout, "worker " + c.node + " does not answer", "node"});
      });
}

} // namespace

worker_proxy_actor::behavior_type worker_proxy(self_pointer self, worker_proxy_options options) {
  auto& init = self->state;
  const auto& r = options.registration;
  init.view.name = r.name;
  init.view.local = r.local;
  init.view.slots = r.slots;
  init.view.pid = r.pid;
  init.view.host = r.host;
  init.view.types = r.types;
  init.view.versions = r.versions;
  init.view.offer = {r.slots, r.cpu_milli, r.memory_bytes, r.named, r.labels};
  self->show_as("worker/" + r.name, "worker-supervisor", [self] { return facts_of(self); });
  init.view.restarts = options.restarts;
  init.view.current_jobs = static_cast<uint32_t>(r.held.size());
  init.options = std::move(options);
  init.view.created_at = init.view.last_heartbeat = init.options.clock.now(self);
  init.renewed_at = time_source::steady(self);
  step(init.view, worker_event::join);
  if (init.view.current_jobs > 0)
    step(init.view, worker_event::assign);
  self->monitor(init.options.node);
  const auto supervisor = std::exchange(init.options.supervisor, nullptr);
  if (supervisor)
    self->monitor(supervisor);
  self->set_down_handler([self, parent = supervisor.address()](caf::down_msg& x) {
    if (parent && x.source == parent)
      return self->quit();
    // The connection is gone; whether the node is, only its lease can tell. It may come back before that.
    self->state.connected = false;
    set_suspect(self, true);
  });
  look_again(self);
  return {
    [self](beat_atom, const node_load& load) -> caf::result<caf::ok_atom> {
      auto& st = self->state;
      if (load.boot_epoch != st.options.registration.boot_epoch || st.over)
        return caf::sec::invalid_argument;
      st.renewed_at = time_source::steady(self);
      st.view.last_heartbeat = st.options.clock.now(self);
      st.view.prefetched = load.waiting;
      st.view.load_percent = load.load_percent;
      st.node_actors = load.actors;
      st.view.current_jobs = load.running + load.waiting;
      if (st.view.current_jobs == 0)
        step(st.view, worker_event::drained);
      else if (st.view.state == worker_state::idle)
        step(st.view, worker_event::assign);
      set_suspect(self, st.unclaimed);
      return caf::ok_atom{};
    },
    [self](worker_report& report) { on_report(self, report); },
    [self](leave_atom, uint64_t boot_epoch) -> caf::result<caf::ok_atom> {
      if (boot_epoch != self->state.options.registration.boot_epoch)
        return caf::sec::invalid_argument;
      step(self->state.view, worker_event::stop);
      gone(self, worker_event::exit, "the worker left");
      return caf::ok_atom{};
    },
    [self](node_orders& more) {
      const auto add = [](auto& to, auto& from) { std::move(from.begin(), from.end(), std::back_inserter(to)); };
      auto& o = self->state.orders;
      auto& [acknowledged, run, cancelled, preempted] = more; // all there are
      add(o.acknowledged, acknowledged);
      add(o.run, run);
      add(o.cancelled, cancelled);
      add(o.preempted, preempted);
      flush_later(self);
    },
    [self](flush_atom) { flush(self); },
    [self](wake_atom) {
      auto& st = self->state;
      if (st.over)
        return;
      const auto late = time_source::steady(self) - st.renewed_at;
      if (late >= st.options.cluster.lease)
        return gone(self, worker_event::lose, "its lease ran out");
      set_suspect(self, late >= st.options.cluster.suspect_after || !st.connected || st.unclaimed);
      look_again(self);
    },
    [self](claim_atom, bool on) {
      auto& st = self->state;
      st.unclaimed = !on;
      const auto late = time_source::steady(self) - st.renewed_at;
      set_suspect(self, late >= st.options.cluster.suspect_after || !st.connected || st.unclaimed);
    },
    [self](drain_atom, int64_t grace_us) {
      auto& st = self->state;
      step(st.view, worker_event::stop);
      st.view.draining = true;
      tell_accepts(self);
      flush(self);
      self->send(st.options.node, drain_atom{}, grace_us);
    },
    [self](stop_atom, const std::string& reason) { gone(self, worker_event::lose, reason); },
    [self](cordon_atom, bool on) {
      if (self->state.view.state == worker_state::stopping || std::exchange(self->state.view.draining, on) == on)
        return;
      tell_accepts(self);
    },
    [self](view_atom) { return self->state.view; },
    [self](dump_call& c) { dump(self, c); },
    [self](view_atom, const std::string&) { return self->state.node_actors; },
  };
}

} // namespace callboard
