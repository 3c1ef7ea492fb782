#pragma once

#include "actors/fleet/worker_supervisor.hpp"

#include <functional>
#include <map>
#include <string>

namespace callboard {

/// The worker supervisor's local processes: how many there are, which ones go. Runs in the supervisor's context only.

/// Of all its durations.
steady_point steady(worker_supervisor_pointer self);
/// Wakes the supervisor when something is due.
void set_alarm(worker_supervisor_pointer self);

/// Lets the command of autoscale.command do so, or starts and stops local workers until `n` take work. More: cordoned
/// ones are taken back first, then new ones are started. Fewer: those that have not joined go first, then the emptiest
/// are cordoned and go once they are empty.
void scale_to(worker_supervisor_pointer self, uint32_t n);
/// Workers that take work, or will: local ones, or where a command makes them those that have joined.
uint32_t active_workers(const worker_supervisor_state& st);

/// Asks all joined workers, local or remote ones, how many jobs they have, and hands the answers on by name. Those that
/// do not answer are left out.
void ask_jobs(worker_supervisor_pointer self, bool local, std::function<void(std::map<std::string, uint32_t>)> next);

/// A process ended: its worker is lost; unless it was to stop it is restarted with back-off, or the supervisor gives
/// up.
void on_process_exit(worker_supervisor_pointer self, const process_exited& x);
/// Restarts what is due; stops cordoned workers that are empty; ends a drain that took too long.
void on_wake(worker_supervisor_pointer self);

/// The last worker has gone while draining: whoever waits for that is told.
void finish_drain_if_over(worker_supervisor_pointer self);

} // namespace callboard
