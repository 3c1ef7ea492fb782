#include "actors/fleet/autoscaler.hpp"

#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <functional>

namespace callboard {

namespace {

using self_pointer = observed_pointer<autoscaler_actor, autoscaler_state>;

void look_again(self_pointer self) {
  auto& st = self->state;
  if (st.logic)
    self->send(st.options.timekeeper, wake_request{time_source::steady(self) + st.options.config->autoscale.every,
                                                   caf::actor_cast<caf::actor>(self)});
}

autoscale_policy policy_of(const settings& s, uint32_t workers_min, uint32_t workers_max) {
  const auto& a = s.autoscale;
  return {workers_min, workers_max, s.workers.slots, a.target_drain, a.window_down, a.pause_up};
}

/// @param then  called when the supervisor has answered how many there are.
void tell(self_pointer self, uint32_t desired, std::string reason, std::function<void()> then = {}) {
  auto& st = self->state;
  if (desired != st.desired)
    log().info("workers wanted: {} instead of {}: {}", desired, st.desired, reason);
  st.desired = desired;
  st.reason = std::move(reason);
  // Both know the end of the supervisor by the root, which restarts this actor with it.
  self->request(st.options.workers, caf::infinite, workers_wanted{desired, st.logic != nullptr})
    .then(
      [self, then](uint32_t actual) {
        self->state.actual = actual;
        if (then)
          then();
      },
      [](caf::error&) { /* dropping `then` drops the answer it holds, which tells the client */ });
}

void look(self_pointer self) {
  auto& st = self->state;
  if (!st.logic)
    return;
  self->request(st.options.manager, caf::infinite, load_atom{})
    .then(
      [self](const queue_load& l) {
        auto& now_st = self->state;
        if (now_st.logic) {
          autoscale_input in;
          in.now = time_source::steady(self);
          in.queued_work = l.queued_work;
          in.ready_jobs = l.ready_jobs;
          in.busy_slots = l.busy_slots;
          in.workers = std::max(now_st.actual, now_st.desired);
          auto d = now_st.logic->decide(in);
          tell(self, d.desired, std::move(d.reason));
        }
        look_again(self);
      },
      [](caf::error&) {});
}

scale_view view_of(const autoscaler_state& st, uint32_t before) {
  scale_view v;
  v.before = before;
  v.desired = st.desired;
  v.actual = st.actual;
  v.automatic = st.logic != nullptr;
  if (st.logic) {
    v.workers_min = st.logic->policy().workers_min;
    v.workers_max = st.logic->policy().workers_max;
  }
  v.reason = st.reason;
  return v;
}

bool is_question(const scale_request& r) {
  return !r.workers && !r.workers_min && !r.workers_max;
}

std::optional<error> check(const autoscaler_state& st, const scale_request& r) {
  const auto most = st.options.config->workers_bound();
  const auto too_many = [&](const std::optional<uint32_t>& n) { return n && *n > most; };
  const auto beyond = [&](std::string field) {
    return error{ec::out_of_range,
                 "at most " + std::to_string(most) + " workers (" + st.options.config->workers_bound_name() + ")",
                 std::move(field)};
  };
  if (too_many(r.workers))
    return beyond("workers");
  if (too_many(r.workers_max))
    return beyond("max");
  if (r.workers_min && r.workers_max && *r.workers_min > *r.workers_max)
    return error{ec::invalid_value, "min must not be above max", "min"};
  if (!st.options.can_start && r.workers.value_or(r.workers_max.value_or(0)) != 0)
    return error{ec::invalid_state, "this scheduler starts no local workers"};
  return std::nullopt;
}

/// What was asked for by hand, with nothing wrong in it.
void follow(self_pointer self, const scale_request& r, const std::function<void()>& then = {}) {
  auto& st = self->state;
  if (r.workers) {
    st.logic = nullptr;
    return tell(self, *r.workers, "set by hand", then);
  }
  const auto old = st.logic ? st.logic->policy() : policy_of(*st.options.config, 0, 0);
  const auto most = r.workers_max.value_or(std::max(old.workers_max, r.workers_min.value_or(0)));
  const auto policy = policy_of(*st.options.config, std::min(r.workers_min.value_or(old.workers_min), most), most);
  const bool fresh = !st.logic;
  if (fresh)
    st.logic = std::make_unique<autoscaler_logic>(policy);
  else
    st.logic->set_policy(policy);
  tell(self, std::clamp(st.desired, policy.workers_min, policy.workers_max), "bounds were set", then);
  if (fresh)
    look_again(self);
}

void on_scale(self_pointer self, scale_call& c) {
  auto& st = self->state;
  const auto before = st.desired;
  if (auto e = check(st, c.request))
    return c.reply.deliver(std::move(*e));
  const auto answer = [self, before, reply = c.reply] { reply.deliver(view_of(self->state, before)); };
  if (is_question(c.request))
    return tell(self, st.desired, st.reason, answer);
  follow(self, c.request, answer);
  auto& by_hand = *st.options.by_hand;
  by_hand = {};
  if (st.logic) {
    by_hand.workers_min = st.logic->policy().workers_min;
    by_hand.workers_max = st.logic->policy().workers_max;
  } else {
    by_hand.workers = st.desired;
  }
}

} // namespace

autoscaler_actor::behavior_type autoscaler(self_pointer self, autoscaler_options options) {
  self->show_as("autoscaler", "root", [self]() -> actor_facts {
    const auto& s = self->state;
    return {{"automatic", s.logic ? "true" : "false"},
            {"desired", std::to_string(s.desired)},
            {"actual", std::to_string(s.actual)},
            {"reason", s.reason}};
  });
  auto& st = self->state;
  st.options = std::move(options);
  const auto& config = *st.options.config;
  const auto& a = config.autoscale;
  st.desired = st.options.can_start ? config.workers.count : 0;
  if (!is_question(*st.options.by_hand)) {
    follow(self, *st.options.by_hand);
  } else if (a.enabled && st.options.can_start) {
    const auto most = std::min(a.workers_max, config.workers_bound());
    st.logic = std::make_unique<autoscaler_logic>(policy_of(config, std::min(a.workers_min, most), most));
    tell(self, std::clamp(st.desired, std::min(a.workers_min, most), most), "at the start");
    look_again(self);
  } else {
    tell(self, st.desired, "workers.count");
  }
  return {
    [self](scale_call& c) { on_scale(self, c); },
    [self](wake_atom) { look(self); },
  };
}

} // namespace callboard
