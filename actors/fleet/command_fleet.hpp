#pragma once

#include "actors/fleet/worker_supervisor.hpp"

namespace callboard {

/// The worker supervisor's other fleet: workers that a command of the operator's (autoscale.command) starts and stops.
/// They join as any remote worker does. Runs in the supervisor's context only.

/// Before the supervisor opens its door.
void open_command_fleet(worker_supervisor_pointer self);
/// Does what there is to do so that `desired` workers are there. Not before the door is open.
void look_at_fleet(worker_supervisor_pointer self);
/// When to look again though nothing was heard; steady_point::max(): not at all.
steady_point next_look_at_fleet(worker_supervisor_pointer self);
void on_command_ended(worker_supervisor_pointer self, scale_command_ended x);
/// Workers that have joined and are to stay.
uint32_t active_members(const worker_supervisor_state& st);

} // namespace callboard
