#include "actors/fleet/local_fleet.hpp"

#include "actors/fleet/command_fleet.hpp"
#include "actors/fleet/worker_proxy.hpp"
#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "pki/node_proof.hpp"

namespace callboard {

namespace {

using self_pointer = worker_supervisor_pointer;
using local_worker = worker_supervisor_state::local_worker;

constexpr duration first_restart = std::chrono::milliseconds{100};
constexpr duration longest_restart = std::chrono::seconds{10};
/// A process that lived for less than this ended "soon after the start".
constexpr duration short_life = std::chrono::seconds{5};
/// Pace of looking whether cordoned workers are empty.
constexpr duration cordon_pause = std::chrono::milliseconds{200};

bool is_active(const local_worker& w) {
  return !w.stopping && !w.cordoned;
}

/// Local workers that take work, or will.
uint32_t active_locals(const worker_supervisor_state& st) {
  return static_cast<uint32_t>(
    std::count_if(st.locals.begin(), st.locals.end(), [](const auto& kv) { return is_active(kv.second); }));
}

bool any_cordoned(const worker_supervisor_state& st) {
  return std::any_of(st.locals.begin(), st.locals.end(),
                     [](const auto& kv) { return kv.second.cordoned && !kv.second.stopping; });
}

void start_process(self_pointer self, const std::string& name, local_worker& w) {
  auto& st = self->state;
  auto arguments = st.options.arguments;
  for (auto& a : {std::string{"--name"}, name, std::string{"--join"},
                  st.options.endpoint->host + ":" + std::to_string(st.options.endpoint->port.load())})
    arguments.push_back(a);
  auto secret = make_secret();
  w.secret = secret ? std::move(*secret) : std::string{};
  auto pid = st.processes->start(st.options.program, arguments, w.secret);
  w.started_at = steady(self);
  w.view.name = name;
  w.view.local = true;
  w.view.slots = st.options.config->workers.slots;
  w.view.created_at = w.view.last_heartbeat = st.options.clock.now(self);
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

void stop_local(self_pointer self, const std::string& name, local_worker& w) {
  auto& st = self->state;
  w.stopping = true;
  if (auto joined = st.nodes.find(name); joined != st.nodes.end()) {
    joined->second.leaves_within = st.options.config->scheduler.shutdown_grace;
    self->send(joined->second.handle, drain_atom{}, joined->second.leaves_within->count());
  } else if (w.pid != 0)
    st.processes->kill(w.pid, SIGTERM);
}

void set_cordon(self_pointer self, const std::string& name, local_worker& w, bool on) {
  w.cordoned = on;
  if (auto joined = self->state.nodes.find(name); joined != self->state.nodes.end())
    self->send(joined->second.handle, cordon_atom{}, on);
  log().info("local worker {} {}", name, on ? "gets no new jobs: it is to go" : "is wanted again");
}

/// Cordons the emptiest workers until as many as wanted are left; the newest first among equals.
void cordon_emptiest(self_pointer self) {
  if (std::exchange(self->state.choosing, true))
    return;
  ask_jobs(self, true, [self](std::map<std::string, uint32_t> jobs) {
    auto& st = self->state;
    st.choosing = false;
    std::vector<std::pair<uint32_t, std::map<std::string, local_worker>::iterator>> order;
    for (auto i = st.locals.begin(); i != st.locals.end(); ++i)
      if (is_active(i->second) && jobs.count(i->first) != 0)
        order.emplace_back(jobs.at(i->first), i);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second->second.started_at > b.second->second.started_at;
    });
    for (auto& [load, i] : order) {
      if (active_locals(st) <= st.desired)
        break;
      set_cordon(self, i->first, i->second, true);
    }
    set_alarm(self);
  });
}

/// Nodes whose worker proxy stopped and that did not join again within their lease.
void give_up_absent(self_pointer self, steady_point t) {
  auto& st = self->state;
  for (auto n = st.nodes.begin(); n != st.nodes.end();) {
    if (n->second.handle || n->second.lost_at > t) {
      ++n;
      continue;
    }
    self->send(st.options.manager, worker_gone{n->second.id, "its actor stopped, and it did not join again"});
    if (auto w = st.locals.find(n->first); w != st.locals.end() && w->second.pid != 0 && !w->second.stopping)
      st.processes->kill(w->second.pid, SIGKILL);
    n = st.nodes.erase(n);
  }
}

/// Cordoned workers without jobs are asked to leave.
void stop_empty(self_pointer self) {
  if (!any_cordoned(self->state) || std::exchange(self->state.choosing, true))
    return;
  ask_jobs(self, true, [self](std::map<std::string, uint32_t> jobs) {
    auto& st = self->state;
    st.choosing = false;
    for (auto& [name, w] : st.locals)
      if (w.cordoned && !w.stopping && (jobs.count(name) == 0 || jobs.at(name) == 0))
        stop_local(self, name, w);
    set_alarm(self);
  });
}

/// Those whose process had ended already when they were asked to leave. Answers how many.
size_t forget_gone(worker_supervisor_state& st) {
  return std::erase_if(st.locals, [](const auto& kv) { return kv.second.stopping && kv.second.pid == 0; });
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return "its process was ended by signal " + std::to_string(WTERMSIG(status));
  return "its process ended with code " + std::to_string(WEXITSTATUS(status));
}

} // namespace

steady_point steady(self_pointer self) {
  return time_source::steady(self);
}

void set_alarm(self_pointer self) {
  auto& st = self->state;
  auto next = steady_point::max();
  for (const auto& [name, w] : st.locals)
    if (w.pid == 0)
      next = std::min(next, w.restart_at);
  for (const auto& [name, n] : st.nodes)
    if (!n.handle)
      next = std::min(next, n.lost_at);
  if (st.draining)
    next = std::min(next, st.drain_deadline);
  if (any_cordoned(st))
    next = std::min(next, steady(self) + cordon_pause);
  if (st.fleet)
    next = std::min(next, next_look_at_fleet(self));
  if (next != steady_point::max())
    self->send(st.options.timekeeper, wake_request{next, caf::actor_cast<caf::actor>(self)});
}

uint32_t active_workers(const worker_supervisor_state& st) {
  return st.fleet ? active_members(st) : active_locals(st);
}

void ask_jobs(self_pointer self, bool local, std::function<void(std::map<std::string, uint32_t>)> next) {
  struct collection {
    std::map<std::string, uint32_t> jobs;
    std::function<void(std::map<std::string, uint32_t>)> next;
    ~collection() {
      next(std::move(jobs));
    }
  };
  auto all = std::make_shared<collection>();
  all->next = std::move(next);
  for (const auto& [name, n] : self->state.nodes)
    if (n.local == local)
      self->request(n.handle, caf::infinite, view_atom{})
        .then([all, worker = name](worker_view& v) { all->jobs[worker] = v.current_jobs + v.prefetched; },
              [all](caf::error&) {});
}

void scale_to(self_pointer self, uint32_t n) {
  auto& st = self->state;
  st.desired = n;
  if (st.fleet)
    return look_at_fleet(self);
  for (auto& [name, w] : st.locals)
    if (active_locals(st) < n && w.cordoned && !w.stopping)
      set_cordon(self, name, w, false);
  while (active_locals(st) < n) {
    const auto name = "local-" + std::to_string(++st.name_counter);
    start_process(self, name, st.locals[name]);
  }
  // Those that have not joined have nothing to finish.
  for (auto i = st.locals.rbegin(); i != st.locals.rend() && active_locals(st) > n; ++i)
    if (is_active(i->second) && st.nodes.count(i->first) == 0)
      stop_local(self, i->first, i->second);
  forget_gone(st);
  if (active_locals(st) > n)
    cordon_emptiest(self);
  set_alarm(self);
}

void finish_drain_if_over(self_pointer self) {
  auto& st = self->state;
  if (!st.draining || !st.locals.empty() || !st.nodes.empty())
    return;
  for (auto& promise : std::exchange(st.drain_waiters, {}))
    promise.deliver(caf::ok_atom{});
}

void on_process_exit(self_pointer self, const process_exited& x) {
  auto& st = self->state;
  const auto pid = static_cast<pid_t>(x.pid);
  auto i = std::find_if(st.locals.begin(), st.locals.end(), [pid](const auto& kv) { return kv.second.pid == pid; });
  if (i == st.locals.end())
    return;
  auto& [name, w] = *i;
  const auto reason = how_it_ended(x.status);
  if (auto n = st.nodes.find(name); n != st.nodes.end()) {
    self->send(n->second.handle, stop_atom{}, reason);
    n->second.lost_at = steady(self); // if its actor has gone before: nobody will join again
  }
  if (w.stopping || w.cordoned || st.draining) {
    log().info("local worker {} stopped", name);
    st.locals.erase(i);
    if (!st.draining && active_locals(st) < st.desired)
      scale_to(self, st.desired);
    return finish_drain_if_over(self);
  }
  const auto t = steady(self);
  w.pid = 0;
  ++w.restarts;
  w.streak = t - w.started_at < short_life ? w.streak + 1 : 0;
  w.view.state = worker_state::failed;
  const auto wait = std::min<duration>(longest_restart, first_restart * (1u << std::min(w.streak, 8u)));
  w.restart_at = t + wait;
  log().warn("local worker {}: {}; it is restarted in {} ms", name, reason, wait.count() / 1000);
  live_actors::instance().note_restart("worker/" + name, reason);
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
  const auto t = steady(self);
  give_up_absent(self, t);
  if (forget_gone(st) > 0 && active_locals(st) < st.desired && !st.draining)
    scale_to(self, st.desired);
  for (auto& [name, w] : st.locals)
    if (w.pid == 0 && w.restart_at <= t && !st.draining) {
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
    st.drain_deadline = steady_point::max(); // their ends are what comes next
  }
  stop_empty(self);
  if (st.fleet)
    look_at_fleet(self);
  set_alarm(self);
}

} // namespace callboard
