#include "actors/fleet/command_fleet.hpp"

#include "actors/fleet/local_fleet.hpp"
#include "actors/runtime/log.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

namespace {

using self_pointer = worker_supervisor_pointer;
using node = worker_supervisor_state::node;

/// Pace of looking whether workers that are to go are empty.
constexpr duration cordon_pause = std::chrono::milliseconds{200};
/// Of a worker that does not answer: nobody is to take it for the emptiest.
constexpr uint32_t unknown_jobs = UINT32_MAX;

/// Those that somebody has asked to leave go by themselves.
bool is_member(const node& n) {
  return !n.local && !n.leaves_within;
}

std::vector<fleet_member> members(const worker_supervisor_state& st, const std::map<std::string, uint32_t>& jobs) {
  std::vector<fleet_member> out;
  for (const auto& [name, n] : st.nodes)
    if (is_member(n)) {
      const auto known = jobs.find(name);
      out.push_back({name, known == jobs.end() ? unknown_jobs : known->second, n.cordoned});
    }
  return out;
}

void set_cordon(self_pointer self, const std::vector<std::string>& names, bool on) {
  for (const auto& name : names) {
    auto& n = self->state.nodes.at(name);
    n.cordoned = on;
    if (n.handle) // else it is told when it joins again
      self->send(n.handle, cordon_atom{}, on);
    log().info("worker {} {}", name, on ? "gets no new jobs: it is to go" : "is wanted again");
  }
}

void call_command(self_pointer self, std::vector<std::string> arguments) {
  auto& st = self->state;
  std::string words;
  for (const auto& a : arguments)
    words += " " + a;
  log().info("autoscale.command is called:{}", words);
  const auto& e = *st.options.endpoint;
  st.command->call({std::move(arguments),
                    {"CALLBOARD_JOIN=" + e.host + ":" + std::to_string(e.port), "CALLBOARD_TLS=" + e.tls_directory}});
}

} // namespace

void open_command_fleet(self_pointer self) {
  auto& st = self->state;
  const auto& config = *st.options.config;
  // Workers that joined before a restart keep what they run for a lease, and join again within it.
  st.fleet = std::make_unique<fleet_demand>(config.autoscale.command_patience, steady(self) + config.cluster.lease);
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self->address());
  st.command = std::make_unique<scale_command>(
    config.autoscale.command, config.autoscale.command_patience, [weak](scale_command::failure why) {
      if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
        caf::anon_send(caf::actor_cast<worker_supervisor_actor>(strong), scale_command_ended{why.value_or("")});
    });
}

uint32_t active_members(const worker_supervisor_state& st) {
  return static_cast<uint32_t>(std::count_if(
    st.nodes.begin(), st.nodes.end(), [](const auto& kv) { return is_member(kv.second) && !kv.second.cordoned; }));
}

void look_at_fleet(self_pointer self) {
  if (self->state.draining || !self->state.published || std::exchange(self->state.choosing, true))
    return;
  ask_jobs(self, false, [self](std::map<std::string, uint32_t> jobs) {
    auto& st = self->state;
    st.choosing = false;
    if (st.draining)
      return;
    auto order = st.fleet->decide(steady(self), st.desired, members(st, jobs));
    set_cordon(self, order.take_back, false);
    set_cordon(self, order.cordon, true);
    if (order.start > 0)
      call_command(self, {"scale-up", std::to_string(order.start)});
    if (!order.stop.empty()) {
      order.stop.insert(order.stop.begin(), "scale-down");
      call_command(self, std::move(order.stop));
    }
    set_alarm(self);
  });
}

steady_point next_look_at_fleet(self_pointer self) {
  const auto& st = self->state;
  // A look that is under way sets the alarm itself when it is over; none comes any more while all workers leave.
  if (st.choosing || st.draining)
    return steady_point::max();
  const bool any_cordoned =
    std::any_of(st.nodes.begin(), st.nodes.end(), [](const auto& kv) { return kv.second.cordoned; });
  return std::min(st.fleet->next_look(), any_cordoned ? steady(self) + cordon_pause : steady_point::max());
}

void on_command_ended(self_pointer self, scale_command_ended x) {
  auto& st = self->state;
  st.command_failure = std::move(x.failure);
  if (!st.command_failure.empty())
    log().error("autoscale.command failed: {}", st.command_failure);
  st.fleet->call_ended(steady(self), st.command_failure.empty());
  look_at_fleet(self);
}

} // namespace callboard
