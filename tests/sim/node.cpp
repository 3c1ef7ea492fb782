#include "tests/sim/node.hpp"

#include "core/base/planted_bug.hpp"
#include "tests/sim/cache_checks.hpp"

#include <algorithm>
#include <utility>

namespace callboard::sim {

using namespace std::chrono_literals;

node::node(world& w, scheduler_process& s, history& h, const weather& sky, std::string name, uint32_t slots,
           std::vector<std::string> types, int64_t drift_ppm)
  : w_(w), scheduler_(s), history_(h), sky_(sky), name_(std::move(name)), slots_(slots), types_(std::move(types)),
    machine_(w, drift_ppm) {
}

stamp node::now() const {
  auto own = machine_.boot();
  if (planted(bug::node_lease_by_wall_clock))
    own = steady_point{machine_.wall().time_since_epoch()};
  if (planted(bug::node_lease_stands_still))
    own = machine_.steady();
  return {own, w_.now()};
}

// -- faults -----------------------------------------------------------------------------------------------------------

void node::disturb(duration until) {
  disturbed_until_ = std::max(disturbed_until_, until);
}

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
  held_.clear();
  life_.end();
  break_wire();
  link_.reset();
  welcomed_ = watching_ = false;
  lease_ = duration{0};
  w_.note(name_ + " is dead");
  w_.after(w_.between(50ms, 3s), "a node starts", [this] { start(); });
}

/// While it is stopped nothing happens in it. Its guardian, another process, kills it in time.
void node::stop_for(duration d) {
  if (!up_ || asleep_since_)
    return;
  const auto left = std::max(machine_.true_time(lease_left(kill_percent)), duration{0});
  const bool killed = lease_ != duration{0} && d >= left && !held_.empty();
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
  life_.doze_until(w_.now() + d);
  for (auto& [f, h] : held_)
    h.alive.doze_until(w_.now() + d);
  w_.after(d - duration{1}, "a machine wakes up", [this, who = life_.token(), asleep = machine_.boot()] {
    if (!who->alive)
      return;
    machine_.woke(asleep);
    if (lease_ != duration{0} && lease_left(kill_percent) <= duration{0} && !held_.empty())
      return crash();
    asleep_since_.reset();
  });
}

void node::cut() {
  if (!link_)
    return;
  disturb(w_.now());
  break_wire();
  w_.after(w_.between(0ms, 2s), life_, "a cut is noticed", [this, c = link_] { give_up(c); });
}

void node::stall(duration d, bool to_node, bool to_scheduler) {
  if (!wire_)
    return;
  if (to_node)
    wire_->stalled_to_node = w_.now() + d;
  if (to_scheduler)
    wire_->stalled_to_scheduler = w_.now() + d;
  if (to_node || to_scheduler)
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
  worker_registration r;
  r.name = name_;
  r.boot_epoch = boot_epoch_;
  r.slots = slots_;
  r.types = types_;
  r.versions.assign(types_.size(), version_of_types(name_));
  for (const auto& type : types_)
    r.cache_for_us.push_back(type == pure_type ? sky_.cache_for.count() : 0);
  for (const auto& [f, h] : held_)
    r.held.push_back({h.order.job, f, h.order.number, h.started.time_since_epoch().count()});
  join_sent_ = now();
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
  lease_ = lease;
  for (const auto& [f, h] : held_)
    if (h.ended)
      tell(f);
    else
      tell_checkpoint(f);
  renew(join_sent_);
  beat(c);
}

void node::on_closed(const std::shared_ptr<connection>& c) {
  give_up(c);
}

// -- its lease --------------------------------------------------------------------------------------------------------

void node::beat(const std::shared_ptr<connection>& c) {
  if (link_ != c)
    return;
  // A wire that broke, or answers that do not come.
  if (!c->over->up || now().own - renewed_.own > lease_)
    return give_up(c);
  send("beat", [this, c, sent = now()] {
    if (scheduler_.up())
      scheduler_.beat(c, *this, sent);
  });
  w_.after(machine_.true_time(sky_.heartbeat), life_, "time to beat", [this, c] { beat(c); });
}

/// By whichever connection the answer comes: who gave it had the lease from then on.
void node::on_beat_answered(stamp sent) {
  renew(sent);
  fill_slots();
}

void node::renew(const stamp& sent) {
  if (sent.own > renewed_.own)
    renewed_ = sent;
  watch_lease();
}

duration node::lease_left(int percent) const {
  return renewed_.own + lease_ * percent / 100 - now().own;
}

/// Looks at the moment when the lease would be over; everything that runs is stopped then.
void node::watch_lease() {
  if (std::exchange(watching_, true))
    return;
  w_.after(std::max<duration>(machine_.true_time(lease_left(stop_percent)), duration{1}), life_, "watch the lease",
           [this] {
             watching_ = false;
             if (has_lease())
               return watch_lease();
             history_.lapsed.push_back(
               {name_, "the worker", w_.now(), renewed_.truly, disturbed_until_, history_.clock_set >= renewed_.truly});
             for (auto& [f, h] : held_)
               if (!h.ended)
                 stop_attempt(h);
           });
}

} // namespace callboard::sim
