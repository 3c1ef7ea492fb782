#include "actors/runtime/timekeeper.hpp"

#include "messages/type_ids.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<timekeeper_actor, timekeeper_state>;

void arm(self_pointer self) {
  auto& st = self->state;
  if (st.due.empty())
    return;
  const auto first = st.due.begin()->first;
  if (first >= st.armed_for)
    return;
  st.armed_for = first;
  const auto wait = std::max(duration{0}, first - st.clock.now(self));
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(wait), wake_atom{}, ++st.generation);
}

void forget(timekeeper_state& st, const caf::actor_addr& client) {
  if (auto i = st.by_client.find(client); i != st.by_client.end()) {
    st.due.erase({i->second, client});
    st.by_client.erase(i);
    st.handles.erase(client);
  }
}

} // namespace

timekeeper_actor::behavior_type timekeeper(self_pointer self, time_source clock) {
  self->show_as("timekeeper", "root", [self]() -> actor_facts {
    return {{"wakeUpsWaiting", std::to_string(self->state.due.size())},
            {"generation", std::to_string(self->state.generation)}};
  });
  self->state.clock = clock;
  return {
    [self](wake_request& r) {
      auto& st = self->state;
      const auto key = r.client.address();
      forget(st, key);
      st.due.emplace(r.at, key);
      st.by_client.emplace(key, r.at);
      st.handles.emplace(key, std::move(r.client));
      arm(self);
    },
    [self](wake_atom, uint64_t generation) {
      auto& st = self->state;
      if (generation != st.generation)
        return;
      st.armed_for = time_point::max();
      const auto now = st.clock.now(self);
      while (!st.due.empty() && st.due.begin()->first <= now) {
        const auto client = st.due.begin()->second;
        caf::anon_send(st.handles.at(client), wake_atom{});
        forget(st, client);
      }
      arm(self);
    },
  };
}

} // namespace callboard
