#include "actors/scheduler/scheduler_shell.hpp"
#include "actors/scheduler/store_reader.hpp"
#include "core/scheduler/explain.hpp"
#include "core/scheduler/limit_views.hpp"
#include "core/scheduler/live_views.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

// What people ask the queue manager: it answers from the index, or has the store reader do it.

namespace callboard {

void scheduler_shell::on(get_call& x) {
  const auto& s = core_.state();
  if (auto e = core_.closed_for(); e && !s.draining)
    return x.reply.deliver(*e);
  // While an event of the job is on its way to the disk, what its actor knows is not true yet.
  if (core_.state().desk.wait_to_read(x.job, x))
    return;
  if (s.desk.find(x.job) == job_desk::presence::idle) {
    read_job(x.job, std::move(x));
    return runner_.run(self_->context());
  }
  fetch_request f{x.job, {}, std::move(x.reply)};
  if (const auto* e = s.index.find(x.job))
    f.overlay = overlay_of(s, *e);
  self_->send(reader_, std::move(f));
}

void scheduler_shell::on(list_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  page_request p{std::move(x.request), {}, {}, std::move(x.reply)};
  if (p.request.by_index())
    return self_->send(reader_, std::move(p));
  on(p);
}

/// A slice of a list: some tenths of a millisecond, then it is the turn of others.
void scheduler_shell::on(page_request& x) {
  constexpr size_t slice_jobs = 20'000;
  const auto& q = x.request;
  const bool live = q.states.empty() || !std::all_of(q.states.begin(), q.states.end(), is_terminal);
  if (!live || add_live_jobs(core_.state(), x, slice_jobs))
    self_->send(reader_, std::move(x));
  else
    self_->send(self_, std::move(x));
}

void scheduler_shell::on(schedule_list_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  x.reply.deliver(page_of(core_.state(), x));
}

void scheduler_shell::on(schedule_history_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  if (!core_.state().schedules.find(x.name))
    return x.reply.deliver(unknown_schedule(x.name));
  self_->send(reader_, std::move(x));
}

void scheduler_shell::on(explain_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  if (auto live = explain(core_, x.job, now()))
    return x.reply.deliver(std::move(*live));
  get_call whole{x.job, answer<job_ptr>{[reply = std::move(x.reply)](result<job_ptr> rec) {
                   if (rec)
                     reply.deliver(explain(**rec));
                   else
                     reply.deliver(std::move(rec).err());
                 }}};
  on(whole);
}

void scheduler_shell::on(limits_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  x.reply.deliver(page_of(core_.state(), x, now()));
}

void scheduler_shell::on(template_list_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  x.reply.deliver(page_of(core_.state(), x));
}

void scheduler_shell::on(template_read_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  if (auto found = resolve(core_.state(), x); !found)
    return x.reply.deliver(std::move(found).err());
  self_->send(reader_, std::move(x));
}

// What has ended, and what was counted, is on the disk: nothing of the jobs that are still being read is needed.

void scheduler_shell::on(ended_call& x) {
  if (!reader_)
    return x.reply.deliver(error{ec::starting, "the store is not open yet"});
  self_->send(reader_, std::move(x));
}

void scheduler_shell::on(report_call& x) {
  if (!reader_)
    return x.reply.deliver(error{ec::starting, "the store is not open yet"});
  self_->send(reader_, std::move(x));
}

overlay_answer scheduler_shell::overlays(const overlay_request& x) const {
  return overlays_of(core_.state(), x.jobs);
}

// While jobs are still being read their numbers would be too low: whoever waits for a queue to become empty would be
// told so too early.

void scheduler_shell::on(metrics_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  metrics_delta seen;
  seen.queues = fill(core_.state(), x.view, now(), options_.config->metrics.queues_max);
  if (!seen.queues.empty())
    measured(std::move(seen)); // they keep their rows
  self_->send(reader_, std::move(x));
}

void scheduler_shell::on(status_call& x) {
  if (auto e = core_.incomplete())
    return x.reply.deliver(*e);
  x.view.started_at = started_at_;
  fill(core_.state(), x.view, now());
  self_->send(reader_, std::move(x));
}

void scheduler_shell::on(workers_call& x) {
  fill(core_.state(), x.views, now());
  x.reply.deliver(std::move(x.views));
}

void scheduler_shell::on(health_call& x) {
  const auto jobs = std::to_string(core_.state().index.table().size());
  const bool draining = core_.state().draining, ready = core_.is_recovered();
  x.view.started_at = started_at_;
  x.view.components.push_back({"queue-manager", ready && !draining,
                               draining ? "shutting down"
                               : ready  ? jobs + " live jobs"
                                        : "reading the store: " + jobs + " jobs so far"});
  x.reply.deliver(std::move(x.view));
}

queue_load scheduler_shell::load() const {
  return load_of(core_.state());
}

actor_facts scheduler_shell::facts() const {
  return facts_of(core_);
}

} // namespace callboard
