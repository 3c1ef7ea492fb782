#include "actors/runtime/inspector.hpp"

#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

namespace {

using self_pointer = observed_pointer<inspector_actor, inspector_state>;

/// A sample of this age tells the rate of about the last second.
constexpr duration sample_young = std::chrono::milliseconds{500};
constexpr duration sample_old = std::chrono::seconds{3};

std::string key_of(const actor_view& v) {
  return v.node + "/" + v.name;
}

std::vector<actor_view> own_actors() {
  std::vector<actor_view> out;
  for (const auto& row : live_actors::instance().all()) {
    actor_view v;
    v.name = row.gauge->name;
    v.parent = row.gauge->parent;
    v.mailbox = row.gauge->mailbox();
    v.handled = row.gauge->handled.load(std::memory_order_relaxed);
    v.longest_turn = row.gauge->turns.longest(turn_clock());
    v.restarts = row.again.count;
    v.last_reason = row.again.last_reason;
    v.started_at = std::chrono::floor<duration>(row.gauge->started_at);
    out.push_back(std::move(v));
  }
  return out;
}

void take_sample(inspector_state& st, const std::vector<actor_view>& actors, steady_point now) {
  st.before = std::exchange(st.last, {now, {}});
  for (const auto& v : actors)
    st.last.handled[key_of(v)] = v.handled;
}

bool tells_rate(const inspector_state::sample& s, steady_point now) {
  return now - s.at >= sample_young && now - s.at <= sample_old;
}

/// The youngest sample that tells a rate: who asks again at once gets that of the same second, without a wait.
const inspector_state::sample* basis(const inspector_state& st, steady_point now) {
  for (const auto* s : {&st.last, &st.before})
    if (tells_rate(*s, now))
      return s;
  return nullptr;
}

void add_rates(const inspector_state::sample& since, std::vector<actor_view>& actors, steady_point now) {
  const auto seconds = std::chrono::duration<double>(now - since.at).count();
  for (auto& v : actors)
    if (auto before = since.handled.find(key_of(v)); before != since.handled.end() && v.handled >= before->second)
      v.per_second = static_cast<double>(v.handled - before->second) / seconds;
}

/// Parents before children, siblings by name.
std::vector<actor_view> in_tree_order(std::vector<actor_view> actors) {
  std::sort(actors.begin(), actors.end(), [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  std::vector<actor_view> out;
  const auto has_parent = [&](const actor_view& v) {
    return std::any_of(actors.begin(), actors.end(),
                       [&](const auto& p) { return p.name == v.parent && (p.node == v.node || p.node.empty()); });
  };
  const auto descend = [&](const auto& again, const actor_view& v) -> void {
    out.push_back(v);
    for (const auto& child : actors)
      if (child.parent == v.name && (child.node == v.node || v.node.empty()) && child.name != v.name)
        again(again, child);
  };
  for (const auto& v : actors)
    if (v.parent.empty() || !has_parent(v))
      descend(descend, v);
  return out;
}

actor_facts facts_of(const inspector_state& st) {
  return {{"waitingRequests", std::to_string(st.waiting.size())}};
}

/// Passes the question on to the actor, or to who knows its node.
void dump(self_pointer self, dump_call& c) {
  if (!c.node.empty())
    return self->send(self->state.workers, std::move(c));
  if (c.actor == inspector_state::name)
    return c.reply.deliver(actor_dump{c.actor, "", facts_of(self->state)});
  // The youngest first: one that was restarted may be held by somebody for a while, and does not answer any more.
  const auto all = live_actors::instance().all();
  for (auto row = all.rbegin(); row != all.rend(); ++row)
    if (row->gauge->name == c.actor)
      if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(row->gauge->self))
        return caf::anon_send(caf::actor_cast<caf::actor>(actor), std::move(c));
  c.reply.deliver(error{ec::not_found, "there is no actor " + c.actor + " here; GET /api/actors lists them", "name"});
}

void answer_all(self_pointer self) {
  self->request(self->state.workers, caf::infinite, view_atom{})
    .then(
      [self](std::vector<actor_view>& nodes) {
        auto& st = self->state;
        const auto t = time_source::steady(self);
        auto all = own_actors();
        std::move(nodes.begin(), nodes.end(), std::back_inserter(all));
        // Whoever waited for a second look gets the rate since the first, which came an instant after the question.
        const auto* since = basis(st, t);
        add_rates(since ? *since : st.last, all, t);
        if (t - st.last.at >= sample_young)
          take_sample(st, all, t);
        all = in_tree_order(std::move(all));
        for (auto& call : std::exchange(st.waiting, {}))
          call.reply.deliver(all);
      },
      [self](caf::error&) { self->state.waiting.clear(); });
}

} // namespace

inspector_actor::behavior_type inspector(self_pointer self, worker_supervisor_actor workers,
                                         timekeeper_actor timekeeper) {
  self->show_as("inspector", "root", [self] { return facts_of(self->state); });
  auto& init = self->state;
  init.workers = std::move(workers);
  init.timekeeper = std::move(timekeeper);
  return {
    [self](actors_call& c) {
      auto& st = self->state;
      st.waiting.push_back(std::move(c));
      if (st.waiting.size() > 1)
        return; // an answer is on its way
      const auto t = time_source::steady(self);
      if (basis(st, t))
        return answer_all(self);
      if (t - st.last.at > sample_old)
        self->request(st.workers, caf::infinite, view_atom{})
          .then(
            [self](std::vector<actor_view>& nodes) {
              auto all = own_actors();
              std::move(nodes.begin(), nodes.end(), std::back_inserter(all));
              take_sample(self->state, all, time_source::steady(self));
            },
            [](caf::error&) {});
      self->send(st.timekeeper, wake_request{t + sample_young, caf::actor_cast<caf::actor>(self)});
    },
    [self](dump_call& c) { dump(self, c); },
    [self](wake_atom) { answer_all(self); },
  };
}

} // namespace callboard
