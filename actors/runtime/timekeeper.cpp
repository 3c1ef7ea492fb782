#include "actors/runtime/timekeeper.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<timekeeper_actor, timekeeper_state>;

void forget(timekeeper_state& st, const caf::actor_addr& client) {
  const auto i = st.alarms.find(client);
  if (i == st.alarms.end())
    return;
  st.by_steady.erase({i->second.at, client});
  st.by_wall.erase({i->second.wall, client});
  st.alarms.erase(i);
}

void set(timekeeper_state& st, wake_request& r) {
  const auto key = r.client.address();
  forget(st, key);
  if (r.at != steady_point::max())
    st.by_steady.emplace(r.at, key);
  if (r.wall != time_point::max())
    st.by_wall.emplace(r.wall, key);
  st.alarms.emplace(key, timekeeper_state::alarm{std::move(r.client), r.at, r.wall});
}

void arm(self_pointer self) {
  auto& st = self->state;
  const auto now = time_source::steady(self);
  auto next = st.look_at;
  if (!st.by_steady.empty())
    next = std::min(next, st.by_steady.begin()->first);
  if (!st.by_wall.empty()) {
    // Compared with the next look first: the difference of two times of day may be longer than the steady clock can
    // add.
    const auto wait = st.by_wall.begin()->first - st.clock.now(self);
    if (wait < next - now)
      next = now + wait;
  }
  if (next >= st.armed_for)
    return;
  st.armed_for = next;
  const auto wait = std::max(duration{0}, next - now);
  self->delayed_send(self, std::chrono::duration_cast<std::chrono::nanoseconds>(wait), wake_atom{}, ++st.generation);
}

/// What the time of day is ahead of the steady clock. Nothing when this thread was interrupted between the two looks
/// for so long that the answer would be a step by itself.
std::optional<duration> read_offset(self_pointer self) {
  constexpr int tries = 4;
  for (int i = 0; i < tries; ++i) {
    const auto before = time_source::steady(self);
    const auto wall = self->state.clock.now(self);
    if (time_source::steady(self) - before < self->state.step / 4)
      return wall.time_since_epoch() - before.time_since_epoch();
  }
  return std::nullopt;
}

/// Was the wall clock set since the last look?
void look(self_pointer self) {
  auto& st = self->state;
  st.look_at = time_source::steady(self) + st.look;
  const auto offset = read_offset(self);
  if (!offset)
    return;
  const auto before = std::exchange(st.offset, offset);
  const auto by = before ? *offset - *before : duration{0};
  if (by < st.step && by > -st.step)
    return;
  ++st.steps;
  log().warn(
    "the wall clock jumped by {:+.3f} s: it was set, or this machine was suspended; jobs with a time of day go "
    "by the new one",
    std::chrono::duration<double>(by).count());
  if (st.metrics) {
    metrics_delta d;
    d.clock_steps = 1;
    self->send(st.metrics, std::move(d));
  }
}

void wake_due(self_pointer self) {
  auto& st = self->state;
  const auto wake = [&](const caf::actor_addr& client) {
    caf::anon_send(st.alarms.at(client).client, wake_atom{});
    forget(st, client);
  };
  const auto now = time_source::steady(self);
  while (!st.by_steady.empty() && st.by_steady.begin()->first <= now)
    wake(caf::actor_addr{st.by_steady.begin()->second});
  const auto wall = st.clock.now(self);
  while (!st.by_wall.empty() && st.by_wall.begin()->first <= wall)
    wake(caf::actor_addr{st.by_wall.begin()->second});
}

} // namespace

timekeeper_actor::behavior_type timekeeper(self_pointer self, time_source clock, const scheduler_settings& settings) {
  self->show_as("timekeeper", "root", [self]() -> actor_facts {
    const auto& st = self->state;
    return {{"wakeUpsWaiting", std::to_string(st.alarms.size())},
            {"byTimeOfDay", std::to_string(st.by_wall.size())},
            {"clockSteps", std::to_string(st.steps)},
            {"generation", std::to_string(st.generation)}};
  });
  auto& init = self->state;
  init.clock = clock;
  init.look = settings.clock_look;
  init.step = settings.clock_step;
  look(self);
  arm(self);
  return {
    [self](wake_request& r) {
      set(self->state, r);
      arm(self);
    },
    [self](metrics_started& x) { self->state.metrics = std::move(x.handle); },
    [self](wake_atom, uint64_t generation) {
      auto& st = self->state;
      if (generation != st.generation)
        return;
      st.armed_for = steady_point::max();
      if (time_source::steady(self) >= st.look_at)
        look(self);
      wake_due(self);
      arm(self);
    },
  };
}

} // namespace callboard
