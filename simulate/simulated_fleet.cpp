#include "simulate/simulated_fleet.hpp"

#include <algorithm>
#include <utility>

namespace callboard::simulate {

namespace {

/// A worker whose scheduler was gone comes back so long after that is up.
constexpr duration rejoin_after = std::chrono::milliseconds{100};
/// It stops what it runs when so much of its lease is over, as the product does.
constexpr int stop_percent = 80;

} // namespace

simulated_fleet::simulated_fleet(timeline& time, chronicle& story, scheduler_host& host, const scenario& plan)
  : time_(time), story_(story), host_(host), plan_(plan) {
  for (size_t i = 0; i < plan.workers.size(); ++i)
    members_.emplace_back(plan.workers[i], simulated_worker::surroundings{
                                             time, story, plan,
                                             [this, i](worker_news news) { return tell(members_[i], std::move(news)); },
                                             [this, i] { crash(members_[i]); }, [this, i] { leave(members_[i]); }});
}

void simulated_fleet::begin() {
  for (auto& m : members_)
    if (m.script.joins)
      time_.at(*m.script.joins, [this, &m] { join(m); });
}

simulated_fleet::member& simulated_fleet::find(const std::string& name) {
  return *std::find_if(members_.begin(), members_.end(), [&](const member& m) { return m.script.name == name; });
}

void simulated_fleet::say(const member& m, std::string text) {
  story_.add("worker", m.script.name, std::move(text));
}

void simulated_fleet::act(const worker_step& step) {
  auto& m = find(step.worker);
  switch (step.what) {
  case worker_step::action::join:
    return join(m);
  case worker_step::action::crash:
    return crash(m);
  case worker_step::action::cut:
    if (!m.here || m.cut)
      return;
    m.cut = true;
    say(m, "is cut off");
    return lose_link(m);
  case worker_step::action::drain:
    return drain(m, step.grace);
  }
}

// -- its connection ---------------------------------------------------------------------------------------------------

void simulated_fleet::join(member& m) {
  m.cut = false;
  if (!std::exchange(m.here, true))
    m.epoch = ++last_epoch_;
  connect(m);
}

worker_registration simulated_fleet::registration_of(const member& m) const {
  worker_registration r;
  r.name = m.script.name;
  r.boot_epoch = m.epoch;
  r.host = "simulated";
  r.types = m.script.types;
  for (const auto& type : r.types) {
    const auto v = m.script.versions.find(type);
    r.versions.push_back(v != m.script.versions.end() ? v->second : std::string{});
    const auto c = m.script.cache_for.find(type);
    r.cache_for_us.push_back(c != m.script.cache_for.end() ? c->second.count() : 0);
  }
  const auto& offer = m.script.offer;
  r.slots = offer.slots;
  r.cpu_milli = offer.cpu_milli;
  r.memory_bytes = offer.memory_bytes;
  r.named = offer.named;
  r.labels = offer.labels;
  r.held = m.node.held();
  return r;
}

void simulated_fleet::connect(member& m) {
  if (m.linked || !m.here || m.cut || !host_.up())
    return;
  m.linked = true;
  ++m.links;
  m.id = worker_id{++last_id_};
  if (const auto i = admitted_.find(m.script.name); i != admitted_.end()) {
    if (i->second.epoch == m.epoch)
      m.id = i->second.id; // the same process, over a new connection
    else
      host_.post(worker_gone{i->second.id, "its process was replaced"});
  }
  admitted_[m.script.name] = {m.id, m.epoch};
  say(m, "joins");
  host_.post(worker_arrival{m.id, registration_of(m), std::make_shared<const std::string>(m.script.name)});
  m.node.joined();
}

bool simulated_fleet::tell(member& m, worker_news news) {
  if (!m.linked)
    return false;
  news.worker = m.id;
  host_.post(std::move(news));
  return true;
}

void simulated_fleet::on_orders(worker_id w, const node_orders& orders) {
  for (auto& m : members_)
    if (m.linked && m.id == w)
      return m.node.on_orders(orders);
}

/// The scheduler sees at once that the connection is gone, and waits for the lease to be over.
void simulated_fleet::lose_link(member& m) {
  if (!std::exchange(m.linked, false))
    return;
  ++m.links;
  watch_own_lease(m);
  host_.post(worker_changed{m.id, false});
  time_.after(plan_.config.cluster.lease, [this, &m, links = m.links, id = m.id] {
    const auto i = admitted_.find(m.script.name);
    if (m.links != links || i == admitted_.end() || i->second.id != id)
      return;
    admitted_.erase(i);
    say(m, "is lost: its lease ran out");
    host_.post(worker_gone{id, "its lease ran out"});
  });
}

/// A worker that the scheduler does not hear stops what it runs before others may be given it.
void simulated_fleet::watch_own_lease(member& m) {
  time_.after(plan_.config.cluster.lease * stop_percent / 100, [&m, links = m.links] {
    if (m.links == links && m.here)
      m.node.stop_all();
  });
}

void simulated_fleet::scheduler_is_up() {
  time_.after(rejoin_after, [this] {
    for (auto& m : members_)
      connect(m);
  });
}

void simulated_fleet::scheduler_is_gone() {
  admitted_.clear();
  for (auto& m : members_)
    if (std::exchange(m.linked, false)) {
      ++m.links;
      watch_own_lease(m);
    }
}

// -- its end ----------------------------------------------------------------------------------------------------------

void simulated_fleet::crash(member& m) {
  if (!std::exchange(m.here, false))
    return;
  say(m, "crashes");
  m.node.die();
  lose_link(m);
  if (m.script.restarts)
    time_.after(*m.script.restarts, [this, &m] { join(m); });
}

void simulated_fleet::drain(member& m, std::optional<duration> grace) {
  if (!m.here)
    return;
  say(m, "drains");
  if (m.linked)
    host_.post(worker_changed{m.id, false, true});
  if (m.node.drain())
    return leave(m);
  if (grace)
    time_.after(*grace, [&m, epoch = m.epoch] {
      if (m.here && m.epoch == epoch)
        m.node.stop_all();
    });
}

void simulated_fleet::leave(member& m) {
  say(m, "leaves");
  m.here = false;
  m.node.die();
  if (!std::exchange(m.linked, false))
    return;
  ++m.links;
  admitted_.erase(m.script.name);
  host_.post(worker_gone{m.id, "it left", true});
}

} // namespace callboard::simulate
