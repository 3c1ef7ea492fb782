#include "tests/sim/node.hpp"

#include <algorithm>
#include <utility>

namespace callboard::sim {

namespace {

using namespace std::chrono_literals;

/// As the product has them (cli/guardian.cpp, actors/worker): attempts are stopped at 80 % of the lease, and killed
/// with their process at 90 %.
constexpr int stop_percent = 80, kill_percent = 90;
constexpr duration tell_again = 3s;

} // namespace

node::node(world& w, scheduler_process& s, history& h, const weather& sky, std::string name, uint32_t slots,
           std::vector<std::string> types, int64_t drift_ppm)
  : w_(w), scheduler_(s), history_(h), sky_(sky), name_(std::move(name)), slots_(slots), types_(std::move(types)),
    machine_(w, drift_ppm) {
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
  for (auto& [f, h] : held_)
    if (h.started != time_point{} && !h.ended)
      history_.attempts[h.run].ended = w_.now();
  held_.clear();
  life_.end();
  if (link_)
    link_->alive = false;
  link_.reset();
  welcomed_ = watching_ = false;
  lease_ = duration{0};
  w_.note(name_ + " is dead");
  w_.after(w_.between(50ms, 3s), "a node starts", [this] { start(); });
}

/// While it is stopped nothing happens in it. Its guardian, another process, kills it in time.
void node::stop_for(duration d) {
  if (!up_)
    return;
  const auto left = renewed_ + lease_ * kill_percent / 100 - now();
  w_.note(name_ + " is stopped");
  if (lease_ != duration{0} && d >= left && !held_.empty())
    return w_.after(std::max(left, duration{0}), life_, "the guardian kills a node", [this] { crash(); });
  // Short enough: to everybody else it is as if its network stalled.
  stall(d, true, true);
}

void node::cut() {
  if (!link_)
    return;
  const auto c = link_;
  c->alive = false;
  w_.after(w_.between(0ms, 2s), life_, "a cut is noticed", [this, c] { disconnected(c); });
}

void node::stall(duration d, bool to_node, bool to_scheduler) {
  if (!link_)
    return;
  if (to_node)
    link_->stalled_to_node = w_.now() + d;
  if (to_scheduler)
    link_->stalled_to_scheduler = w_.now() + d;
}

void node::disconnected(const std::shared_ptr<connection>& c) {
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
  link_ = std::make_shared<connection>();
  welcomed_ = false;
  worker_registration r;
  r.name = name_;
  r.boot_epoch = boot_epoch_;
  r.slots = slots_;
  r.types = types_;
  for (const auto& [f, h] : held_)
    r.held.push_back({h.order.job, f, h.order.number, h.started.time_since_epoch().count()});
  join_sent_ = now();
  const auto c = link_;
  send("join", [this, c, r] {
    if (scheduler_.up())
      scheduler_.join(c, *this, r);
  });
  // No welcome: the request is given up.
  w_.after(2s, life_, "a welcome is overdue", [this, c] {
    if (link_ == c && !welcomed_) {
      c->alive = false;
      disconnected(c);
    }
  });
}

void node::send(const char* what, std::function<void()> f) {
  const auto c = link_;
  auto t = std::max(w_.now() + w_.between(0ms, sky_.message_max), c->last_to_scheduler + duration{1});
  t = std::max(t, c->stalled_to_scheduler);
  c->last_to_scheduler = t;
  w_.after(t - w_.now(), what, [c, f = std::move(f)] {
    if (c->alive)
      f();
  });
}

void node::deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) {
  auto t = std::max(w_.now() + w_.between(0ms, sky_.message_max), c->last_to_node + duration{1});
  t = std::max(t, c->stalled_to_node);
  c->last_to_node = t;
  w_.after(t - w_.now(), life_, what, [c, f = std::move(f)] {
    if (c->alive)
      f();
  });
}

void node::on_welcome(const std::shared_ptr<connection>& c, uint64_t, duration lease) {
  if (link_ != c)
    return;
  welcomed_ = true;
  lease_ = lease;
  renewed_ = std::max(renewed_, join_sent_);
  for (const auto& [f, h] : held_)
    if (h.ended)
      tell(f);
  watch_lease();
  beat(c);
}

void node::beat(const std::shared_ptr<connection>& c) {
  if (link_ != c)
    return;
  if (!c->alive)
    return disconnected(c);
  send("beat", [this, c, sent = now()] {
    if (scheduler_.up())
      scheduler_.beat(c, *this, sent);
  });
  // Answers that do not come mean a connection that is none.
  if (now() - renewed_ > lease_)
    c->alive = false;
  w_.after(sky_.heartbeat, life_, "time to beat", [this, c] { beat(c); });
}

void node::on_beat_answered(const std::shared_ptr<connection>& c, steady_point sent) {
  if (link_ != c)
    return;
  renewed_ = std::max(renewed_, sent);
  watch_lease();
  fill_slots();
}

bool node::has_lease() const {
  return lease_ != duration{0} && now() < renewed_ + lease_ * stop_percent / 100;
}

/// Looks at the moment when the lease would be over; everything that runs is stopped then.
void node::watch_lease() {
  if (std::exchange(watching_, true))
    return;
  const auto until = renewed_ + lease_ * stop_percent / 100;
  w_.after(std::max<duration>(until - now(), duration{1}), life_, "watch the lease", [this] {
    watching_ = false;
    if (has_lease())
      return watch_lease();
    for (auto& [f, h] : held_)
      if (!h.ended)
        stop_attempt(h);
  });
}

/// It ends unfinished, and is told as handed back.
void node::stop_attempt(held& h) {
  if (h.started != time_point{})
    history_.attempts[h.run].ended = w_.now();
  h.alive.end();
  attempt_outcome o;
  o.kind = outcome_kind::returned;
  o.started_at = h.started;
  o.finished_at = machine_.wall();
  h.ended = std::move(o);
  tell(h.order.fence);
}

void node::on_orders(const std::shared_ptr<connection>& c, const node_orders& x) {
  if (link_ != c || !welcomed_)
    return;
  for (const auto& a : x.acknowledged)
    held_.erase(a.fence);
  for (const auto& o : x.run)
    if (const auto [h, fresh] = held_.try_emplace(o.fence); fresh) {
      h->second.order = o;
      if (!has_lease()) // given before the scheduler knew
        stop_attempt(h->second);
    }
  for (const auto& a : x.cancelled) {
    const auto i = held_.find(a.fence);
    if (i == held_.end() || i->second.ended)
      continue;
    auto& h = i->second;
    if (h.started != time_point{}) {
      end(a.fence, outcome_kind::cancelled);
    } else {
      attempt_outcome o;
      o.kind = outcome_kind::cancelled;
      h.ended = o;
      tell(a.fence);
    }
  }
  fill_slots();
}

void node::fill_slots() {
  if (!has_lease())
    return;
  uint32_t running = 0;
  for (const auto& [f, h] : held_)
    running += h.started != time_point{} && !h.ended;
  for (auto& [f, h] : held_) {
    if (running >= slots_)
      return;
    if (h.started != time_point{} || h.ended)
      continue;
    ++running;
    h.started = machine_.wall();
    h.run = history_.attempts.size();
    history_.attempts.push_back({job_id{h.order.job}, fence{f}, name_, w_.now(), std::nullopt});
    worker_news news;
    news.started.push_back({h.order.job, f, h.started.time_since_epoch().count()});
    if (link_ && welcomed_)
      send("started", [this, c = link_, news] {
        if (scheduler_.up())
          scheduler_.report(c, news);
      });
    const auto kind = well_behaved_ || w_.chance(0.7) ? outcome_kind::succeeded
                      : w_.chance(0.6)                ? outcome_kind::failed_retryable
                      : w_.chance(0.5)                ? outcome_kind::failed_final
                                                      : outcome_kind::timed_out;
    const auto takes = well_behaved_ || w_.chance(0.7) ? w_.between(1ms, 50ms) : w_.between(50ms, 6s);
    w_.after(takes, h.alive, "an attempt ends", [this, f = f, kind] { end(f, kind); });
  }
}

void node::end(uint64_t f, outcome_kind kind) {
  const auto i = held_.find(f);
  if (i == held_.end() || i->second.ended)
    return;
  auto& h = i->second;
  history_.attempts[h.run].ended = w_.now();
  h.alive.end();
  attempt_outcome o;
  o.kind = kind;
  o.started_at = h.started;
  o.finished_at = machine_.wall();
  o.code = kind == outcome_kind::succeeded ? "" : "CHANCE";
  h.ended = std::move(o);
  tell(f);
  fill_slots();
}

/// Tells an end, and again until it is acknowledged.
void node::tell(uint64_t f) {
  const auto i = held_.find(f);
  if (i == held_.end() || !i->second.ended)
    return;
  if (link_ && welcomed_) {
    worker_news news;
    news.ended.push_back({{i->second.order.job, f}, *i->second.ended});
    send("ended", [this, c = link_, news] {
      if (scheduler_.up())
        scheduler_.report(c, news);
    });
    w_.after(tell_again, life_, "tell again", [this, f] { tell(f); });
  }
}

} // namespace callboard::sim
