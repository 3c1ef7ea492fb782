#include "tests/sim/node.hpp"

#include <algorithm>
#include <utility>

namespace callboard::sim {

using namespace std::chrono_literals;

node::node(world& w, scheduler_process& s, history& h, const weather& sky, worker_traits t)
  : sim_worker(w, std::move(t)), w_(w), scheduler_(s), history_(h), sky_(sky), name_(traits().name),
    lease_(w, clock(), life_, [this](const stamp& renewed) { stop_all(renewed); }) {
}

// -- faults -----------------------------------------------------------------------------------------------------------

void node::start() {
  if (std::exchange(up_, true))
    return;
  boot_epoch_ = 1 + w_.below(UINT64_MAX - 1);
  connect_later(w_.between(0ms, 200ms));
}

void node::crash() {
  if (!std::exchange(up_, false))
    return;
  disturb(w_.now());
  for (auto& [f, h] : held_)
    if (h.started != time_point{} && !h.ended)
      history_.attempts[h.run].ended = asleep_since_.value_or(w_.now()); // a sleeper has done nothing since
  asleep_since_.reset();
  history_.asleep.erase(name_);
  held_.clear();
  life_.end();
  break_wire();
  link_.reset();
  welcomed_ = false;
  lease_.forget();
  w_.note(name_ + " is dead");
  w_.after(w_.between(50ms, 3s), "a node starts", [this] { start(); });
}

/// While it is stopped nothing happens in it. Its guardian, another process, kills it in time.
void node::stop_for(duration d) {
  if (!up_ || asleep_since_)
    return;
  const auto left = std::max(clock().true_time(lease_.left(own_lease::kill_percent)), duration{0});
  const bool killed = lease_.granted() && d >= left && !held_.empty();
  w_.note(name_ + " is stopped");
  // To everybody else it is as if its network stalled.
  stall(killed ? left : d, true, true);
  if (killed)
    w_.after(left, life_, "the guardian kills a node", [this] { crash(); });
}

void node::suspend_for(duration d) {
  if (!up_ || asleep_since_)
    return;
  w_.note(name_ + "'s machine is suspended");
  disturb(w_.now() + d);
  asleep_since_ = w_.now();
  history_.asleep.insert(name_);
  life_.doze_until(w_.now() + d);
  for (auto& [f, h] : held_)
    h.alive.doze_until(w_.now() + d);
  w_.after(d - duration{1}, "a machine wakes up", [this, who = life_.token(), asleep = clock().boot()] {
    if (!who->alive)
      return;
    clock().woke(asleep);
    if (lease_.granted() && lease_.left(own_lease::kill_percent) <= duration{0} && !held_.empty())
      return crash();
    asleep_since_.reset();
    history_.asleep.erase(name_);
  });
}

void node::cut() {
  if (!link_)
    return;
  disturb(w_.now());
  break_wire();
  w_.after(w_.between(0ms, 2s), life_, "a cut is noticed", [this, c = link_] { give_up(c); });
}

void node::stall(duration d, bool to_worker, bool to_scheduler) {
  if (!wire_)
    return;
  if (to_worker)
    wire_->stalled_to_node = w_.now() + d;
  if (to_scheduler)
    wire_->stalled_to_scheduler = w_.now() + d;
  if (to_worker || to_scheduler)
    disturb(w_.now() + d);
}

void node::isolate_until(duration t) {
  isolated_until_ = t;
  disturb(t);
  cut();
}

void node::lose_scheduler() {
  disturb(w_.now());
  break_wire();
}

// -- its connection ---------------------------------------------------------------------------------------------------

void node::break_wire() {
  if (wire_)
    wire_->up = false;
  wire_.reset();
}

/// What is on its way stays so, if the wire is up: it arrives before what comes over the next connection.
void node::give_up(const std::shared_ptr<connection>& c) {
  if (link_ != c)
    return;
  link_.reset();
  welcomed_ = false;
  connect_later(w_.between(50ms, 1s));
}

void node::connect_later(duration d) {
  w_.after(d, life_, "connect", [this] { connect(); });
}

void node::connect() {
  if (link_)
    return;
  if (!scheduler_.up() || w_.now() < isolated_until_)
    return connect_later(w_.between(50ms, 1s));
  if (!wire_)
    wire_ = std::make_shared<wire>();
  link_ = std::make_shared<connection>(connection{wire_});
  welcomed_ = false;
  const auto c = link_;
  send("a challenge is asked for", [this, c] {
    if (scheduler_.up())
      scheduler_.challenge(c, *this);
  });
  // No welcome: the request is given up.
  w_.after(2s, life_, "a welcome is overdue", [this, c] {
    if (!welcomed_)
      give_up(c);
  });
}

void node::on_challenge(const std::shared_ptr<connection>& c) {
  if (link_ != c)
    return w_.note(name_ + " is challenged too late");
  auto r = registration_of(traits(), boot_epoch_, sky_);
  for (const auto& [f, h] : held_)
    r.held.push_back({h.order.job, f, h.order.number, h.started.time_since_epoch().count()});
  join_sent_ = lease_.now();
  send("join", [this, c, r] {
    if (scheduler_.up())
      scheduler_.join(c, *this, r);
  });
}

void node::send(const char* what, std::function<void()> f) {
  const auto over = link_->over;
  auto t = std::max(w_.now() + w_.between(0ms, sky_.message_max), over->last_to_scheduler + duration{1});
  t = std::max(t, over->stalled_to_scheduler);
  over->last_to_scheduler = t;
  w_.after(t - w_.now(), scheduler_.alive(), what, [over, f = std::move(f)] {
    if (over->up)
      f();
  });
}

void node::deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) {
  const auto over = c->over;
  auto t = std::max(w_.now() + w_.between(0ms, sky_.message_max), over->last_to_node + duration{1});
  t = std::max(t, over->stalled_to_node);
  over->last_to_node = t;
  w_.after(t - w_.now(), life_, what, [over, f = std::move(f)] {
    if (over->up)
      f();
  });
}

void node::on_welcome(const std::shared_ptr<connection>& c, uint64_t, duration lease) {
  if (link_ != c)
    return w_.note(name_ + " is welcomed too late");
  welcomed_ = true;
  for (const auto& [f, h] : held_)
    if (h.ended)
      tell(f);
    else
      tell_checkpoint(f);
  lease_.renew(join_sent_, lease);
  beat(c);
}

void node::on_closed(const std::shared_ptr<connection>& c, bool) {
  give_up(c);
}

// -- its lease --------------------------------------------------------------------------------------------------------

void node::beat(const std::shared_ptr<connection>& c) {
  if (link_ != c)
    return;
  // A wire that broke, or answers that do not come.
  if (!c->over->up || lease_.left(100) < duration{0})
    return give_up(c);
  send("beat", [this, c, sent = lease_.now()] {
    if (scheduler_.up())
      scheduler_.beat(c, *this, sent);
  });
  w_.after(clock().true_time(sky_.heartbeat), life_, "time to beat", [this, c] { beat(c); });
}

void node::on_beat_answered(const std::shared_ptr<connection>&, const stamp& sent) {
  lease_.renew(sent, sky_.lease);
  fill_slots();
}

/// The lease is over for this node: everything that runs is stopped.
void node::stop_all(const stamp& renewed) {
  history_.lapsed.push_back(
    {name_, "the worker", w_.now(), renewed.truly, disturbed_until(), history_.clock_set >= renewed.truly});
  for (auto& [f, h] : held_)
    if (!h.ended)
      stop_attempt(h);
}

} // namespace callboard::sim
