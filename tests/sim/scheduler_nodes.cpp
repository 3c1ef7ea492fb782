#include "core/base/planted_bug.hpp"
#include "tests/sim/scheduler_process.hpp"

#include <algorithm>

// The scheduler's side of its nodes: what the registrar, the worker supervisor and the worker actors do.

namespace callboard::sim {

namespace {

constexpr duration look_again = std::chrono::milliseconds{300};

} // namespace

/// A node signs what it is asked here before it may join (node_proof): one more way there and back in which it, its
/// wire or this process may go.
void scheduler_process::challenge(const std::shared_ptr<connection>& c, proxy_peer& n) {
  n.deliver(c, "challenge", [c, &n] { n.on_challenge(c); });
}

void scheduler_process::join(std::shared_ptr<connection> c, proxy_peer& n, worker_registration r) {
  worker_id id{++last_worker_};
  for (auto i = proxies_.begin(); i != proxies_.end(); ++i) {
    if (i->second.name != r.name)
      continue;
    if (i->second.boot_epoch == r.boot_epoch)
      id = i->first; // the same process again, over this wire or a new one
    else
      post(worker_gone{i->first, "its process was replaced"});
    say_closed(i->second, false);
    proxies_.erase(i);
    break;
  }
  if (const auto a = awaited_.extract(r.name)) {
    if (a.mapped().boot_epoch == r.boot_epoch)
      id = a.mapped().id;
    else
      post(worker_gone{a.mapped().id, "its process was replaced"});
  }
  proxies_[id] = {c, &n, r.name, r.boot_epoch, lease_clock(), w_.now()};
  n.deliver(c, "welcome", [c, boot = boot_, &n, lease = sky_.lease] { n.on_welcome(c, boot, lease); });
  auto name = std::make_shared<const std::string>(r.name);
  auto arrival = std::make_shared<worker_arrival>(worker_arrival{id, std::move(r), std::move(name)});
  // What was decided before the core hears of it goes to the former link.
  enqueue([this, arrival, route = order_route{c, &n}] {
    routes_[arrival->worker] = route;
    core_->on(*arrival, machine_.now());
  });
  // What was asked over a connection that is gone may not have arrived.
  if (const auto d = draining_.find(id); d != draining_.end())
    drain(id, d->second);
  look_at_lease(id, c);
}

/// A worker over HTTP may not take the name of one whose lease is not over: nobody has seen the end of that process.
bool scheduler_process::may_join(const worker_registration& r) const {
  const auto other = [&r](const std::string& name, uint64_t epoch) { return name == r.name && epoch != r.boot_epoch; };
  return std::none_of(proxies_.begin(), proxies_.end(),
                      [&](const auto& p) { return other(p.second.name, p.second.boot_epoch); }) &&
         std::none_of(awaited_.begin(), awaited_.end(),
                      [&](const auto& a) { return other(a.first, a.second.boot_epoch); });
}

scheduler_process::proxy_map::iterator scheduler_process::proxy_of(const std::shared_ptr<connection>& c) {
  return std::find_if(proxies_.begin(), proxies_.end(), [&c](const auto& p) { return p.second.link == c; });
}

void scheduler_process::drain(worker_id w, duration grace) {
  auto& p = proxies_.at(w);
  draining_[w] = grace;
  p.drains = true;
  post(worker_changed{w, false, true});
  p.at->deliver(p.link, "drain", [at = p.at, c = p.link, grace] { at->on_drain(c, grace); });
}

void scheduler_process::drain_one(const std::string& name, duration grace) {
  for (const auto& [id, p] : proxies_)
    if (p.name == name) {
      w_.note(name + " is drained");
      return drain(id, grace);
    }
}

/// What it is given is not claimed, or is again.
void scheduler_process::say_takes_work(const std::shared_ptr<connection>& c, bool on) {
  if (const auto i = proxy_of(c); i != proxies_.end() && std::exchange(i->second.unclaimed, !on) == on)
    tell_accepts(i->first, i->second);
}

void scheduler_process::tell_accepts(worker_id w, const proxy& p) {
  post(worker_changed{w, !p.suspect && !p.unclaimed && !p.drains, p.drains});
}

void scheduler_process::let_go(const std::shared_ptr<connection>& c, const std::string& why, bool left) {
  const auto i = proxy_of(c);
  if (i == proxies_.end())
    return;
  w_.note(i->second.name + " goes: " + why);
  say_closed(i->second, true);
  post(worker_gone{i->first, why, left});
  proxies_.erase(i);
}

void scheduler_process::lose_a_proxy() {
  if (proxies_.empty())
    return;
  const auto i = std::next(proxies_.begin(), static_cast<ptrdiff_t>(w_.below(proxies_.size())));
  const auto [id, p] = *i;
  w_.note("the proxy of " + p.name + " ends");
  p.at->worker().disturb(w_.now());
  say_closed(p, false);
  proxies_.erase(i);
  awaited_[p.name] = {id, p.boot_epoch, w_.now()};
  post(worker_changed{id, false});
  w_.after(machine_.true_time(sky_.lease), life_, "a node is given up", [this, since = w_.now(), name = p.name] {
    const auto a = awaited_.find(name);
    if (a == awaited_.end() || a->second.since != since)
      return;
    post(worker_gone{a->second.id, "its lease ran out"});
    awaited_.erase(a);
  });
}

/// A node sees when the actor that it joined is gone.
void scheduler_process::say_closed(const proxy& p, bool lost) {
  p.at->deliver(p.link, "its link is closed", [at = p.at, c = p.link, lost] { at->on_closed(c, lost); });
}

steady_point scheduler_process::lease_clock() const {
  return planted(bug::wall_clock_lease) ? steady_point{machine_.wall().time_since_epoch()} : machine_.steady();
}

void scheduler_process::look_at_lease(worker_id w, const std::shared_ptr<connection>& c) {
  w_.after(machine_.true_time(look_again), life_, "look at a lease", [this, w, c] {
    const auto i = proxies_.find(w);
    if (i == proxies_.end() || i->second.link != c)
      return;
    auto& p = i->second;
    const auto late = lease_clock() - p.renewed;
    if (late >= sky_.lease) {
      w_.note(p.name + " is lost");
      history_.lapsed.push_back({p.name, "the scheduler", w_.now(), p.truly_renewed, p.at->worker().disturbed_until(),
                                 history_.clock_set >= p.truly_renewed});
      say_closed(p, true);
      proxies_.erase(i);
      return post(worker_gone{w, "its lease ran out"});
    }
    const bool suspect = late >= 2 * sky_.heartbeat + sky_.message_max || !c->over->up;
    if (std::exchange(p.suspect, suspect) != suspect)
      tell_accepts(w, p);
    look_at_lease(w, c);
  });
}

void scheduler_process::beat(const std::shared_ptr<connection>& c, proxy_peer& n, stamp sent) {
  const auto i = proxy_of(c);
  if (i == proxies_.end())
    return;
  i->second.renewed = lease_clock();
  i->second.truly_renewed = w_.now();
  n.deliver(c, "beat answered", [c, &n, sent] { n.on_beat_answered(c, sent); });
}

void scheduler_process::report(const std::shared_ptr<connection>& c, worker_news news) {
  const auto i = proxy_of(c);
  if (i == proxies_.end())
    return;
  news.worker = i->first;
  post(std::move(news));
}

void scheduler_process::order(worker_id w, node_orders orders) {
  check_preemptions(orders.preempted);
  const auto& [link, at] = routes_.at(w);
  at->deliver(link, "orders", [at = at, c = link, orders] { at->on_orders(c, orders); });
}

} // namespace callboard::sim
