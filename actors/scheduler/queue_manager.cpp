#include "actors/scheduler/queue_manager.hpp"

#include "actors/runtime/thread_name.hpp"
#include "actors/scheduler/scheduler_shell.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

queue_manager_state::queue_manager_state() = default;
queue_manager_state::~queue_manager_state() = default;

queue_manager_actor::behavior_type queue_manager(observed_pointer<queue_manager_actor, queue_manager_state> self,
                                                 queue_manager_options options) {
  if (options.config->scheduler.actor_threads == 1)
    name_thread("actors");
  self->show_as("queue-manager", "root", [self] { return self->state.shell->facts(); });
  self->state.shell = std::make_unique<scheduler_shell>(self, std::move(options));
  auto* m = self->state.shell.get();
  m->begin();
  return {
    // The more often a message comes, the further ahead its handler stands: they are tried in this order.
    [m](job_placed& x) { m->on(x); },
    [m](commit_report& x) { m->on(x); },
    [m](worker_reported& x) { m->on(x); },
    [m](submit_call& x) { m->on(x); },
    [m](get_call& x) { m->on(x); },
    [m](job_note& x) { m->on(x); },
    [m](flush_atom) { m->on_flush(); },
    [m](list_call& x) { m->on(x); },
    [m](page_request& x) { m->on(x); },
    [m](const overlay_request& x) { return m->overlays(x); },
    [m](cancel_call& x) { m->on(x); },
    [m](retry_call& x) { m->on(x); },
    [m](modify_call& x) { m->on(x); },
    [m](schedule_put_call& x) { m->on(x); },
    [m](schedule_change_call& x) { m->on(x); },
    [m](schedule_run_call& x) { m->on(x); },
    [m](schedule_list_call& x) { m->on(x); },
    [m](schedule_history_call& x) { m->on(x); },
    [m](limit_call& x) { m->on(x); },
    [m](template_put_call& x) { m->on(x); },
    [m](template_remove_call& x) { m->on(x); },
    [m](template_list_call& x) { m->on(x); },
    [m](ended_call& x) { m->on(x); },
    [m](report_call& x) { m->on(x); },
    [m](template_read_call& x) { m->on(x); },
    [m](explain_call& x) { m->on(x); },
    [m](limits_call& x) { m->on(x); },
    [m](metrics_call& x) { m->on(x); },
    [m](status_call& x) { m->on(x); },
    [m](health_call& x) { m->on(x); },
    [m](workers_call& x) { m->on(x); },
    [m](load_atom) { return m->load(); },
    [m](group_part& x) { m->on(x); },
    [m](worker_joined& x) { m->on(x); },
    [m](worker_changed& x) { m->on(x); },
    [m](worker_gone& x) { m->on(x); },
    [m](metrics_started& x) { m->on(x); },
    [m](wake_atom) { m->on_wake(); },
    [m](drain_atom) { return m->on_drain(); },
    [m](start_atom) { return m->on_start(); },
    [m](job_crashed& x) { m->on(x); },
  };
}

} // namespace callboard
