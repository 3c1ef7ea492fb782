#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

event_kind kind_of(job_state s) {
  switch (s) {
  case job_state::queued:
    return event_kind::job_created;
  case job_state::scheduled:
    return event_kind::job_scheduled;
  case job_state::running:
    return event_kind::job_started;
  case job_state::retrying:
    return event_kind::job_retrying;
  case job_state::completed:
    return event_kind::job_completed;
  case job_state::failed:
    return event_kind::job_failed;
  case job_state::cancelled:
    break;
  }
  return event_kind::job_cancelled;
}

/// What a note is that leaves the job in its state; nothing: not worth telling.
std::optional<event_kind> kind_of_change(const scheduler_state& s, const job_note& n, purpose why) {
  const bool told = why == purpose::modify || why == purpose::fan_out || why == purpose::run_late;
  if (!told || n.details().reason.empty())
    return std::nullopt;
  const auto* at = s.index.find(n.job);
  const bool held = n.hold != nullptr;
  if (!at || at->has(job_flag::held) == held)
    return event_kind::job_changed;
  return held ? event_kind::job_held : event_kind::job_released;
}

void name_class(const scheduler_state& s, const std::optional<job_class>& cls, const job_note& n, scheduler_event& e) {
  if (cls) {
    e.queue = s.index.queues().name(cls->queue);
    e.type = s.index.types().name(s.index.shapes().at(cls->shape).type);
  } else if (n.view) {
    e.queue = n.view->spec.queue;
    e.type = n.view->spec.type;
  }
}

/// Whose attempt the note is about.
std::shared_ptr<const std::string> worker_name(const scheduler_state& s, const job_note& n, worker_id w) {
  if (!w && n.before == job_state::running)
    if (const auto f = s.ledger.of_job(n.job))
      w = s.ledger.find(*f)->worker;
  const auto* seat = w ? s.ledger.find(w) : nullptr;
  return seat ? seat->name : nullptr;
}

} // namespace

void tell_job(scheduler_state& s, const job_note& n, purpose why, worker_id w, const moment& now) {
  const bool born = why == purpose::create;
  // Of a short attempt the end may be all that is heard.
  const bool began = n.wait_time && n.after != job_state::running;
  std::optional<event_kind> kind;
  if (began || n.before != n.after)
    kind = kind_of(n.after);
  else if (!born)
    kind = kind_of_change(s, n, why);
  if (!kind && !born)
    return;
  const auto cls = class_of(s, n.job);
  const auto worker = born ? nullptr : worker_name(s, n, w);
  auto before = n.before;
  const auto step = [&](event_kind k, job_state to) -> scheduler_event& {
    auto& e = s.events.emplace_back();
    e.kind = k;
    e.at = now.wall;
    e.job = n.job;
    e.before = std::exchange(before, to);
    e.state = to;
    e.attempt = n.attempt;
    e.worker = worker;
    e.set(&event_details::workflow, n.details().workflow);
    name_class(s, cls, n, e);
    return e;
  };
  if (born)
    step(event_kind::job_created, job_state::queued);
  if (began)
    step(event_kind::job_started, job_state::running);
  if (!kind)
    return;
  auto& e = step(*kind, n.after);
  e.set(&event_details::code, n.details().code);
  e.set(&event_details::reason, event_reason(n.details().reason));
  e.traced = n.traced;
}

namespace {

/// Of a job that runs. Null: it does not.
scheduler_event* tell_on_its_way(scheduler_state& s, event_kind kind, const attempt_slot& a, const moment& now) {
  const auto* at = s.index.find(a.job);
  if (!at || at->state != job_state::running)
    return nullptr;
  auto& e = s.events.emplace_back();
  e.kind = kind;
  e.at = now.wall;
  e.job = a.job;
  e.before = e.state = job_state::running;
  e.queue = s.index.queues().name(at->queue);
  e.type = s.index.types().name(s.index.shapes().at(at->shape).type);
  if (const auto* seat = s.ledger.find(a.worker))
    e.worker = seat->name;
  return &e;
}

} // namespace

void tell_progress(scheduler_state& s, const attempt_slot& a, const attempt_progress& p, const moment& now) {
  if (auto* e = tell_on_its_way(s, event_kind::job_progress, a, now)) {
    e->percent = std::min<uint8_t>(p.percent, 100);
    e->set(&event_details::reason, event_reason(p.message));
  }
}

void tell_logged(scheduler_state& s, const attempt_slot& a, const moment& now) {
  tell_on_its_way(s, event_kind::job_logged, a, now);
}

void tell_worker(scheduler_state& s, event_kind kind, std::shared_ptr<const std::string> name, std::string_view reason,
                 const moment& now) {
  auto& e = s.events.emplace_back();
  e.kind = kind;
  e.at = now.wall;
  e.worker = std::move(name);
  e.set(&event_details::reason, event_reason(reason));
}

void tell_limit(scheduler_state& s, const limit_target& t, bool before, bool after, const moment& now) {
  auto& e = s.events.emplace_back();
  e.at = now.wall;
  const auto word = before == after ? "" : after ? "paused" : "resumed";
  switch (t.kind) {
  case limit_kind::queue:
    e.kind = before == after ? event_kind::queue_changed : after ? event_kind::queue_paused : event_kind::queue_resumed;
    e.queue = t.name;
    break;
  case limit_kind::type:
    e.kind = event_kind::type_changed;
    e.type = t.name;
    e.set(&event_details::reason, word);
    break;
  case limit_kind::key:
    e.kind = event_kind::key_changed;
    e.queue = t.name;
    e.set(&event_details::name, t.key);
    e.set(&event_details::reason, word);
    break;
  }
}

void tell_named(scheduler_state& s, event_kind kind, std::string_view name, std::string_view reason, const moment& now,
                job_id job) {
  auto& e = s.events.emplace_back();
  e.kind = kind;
  e.at = now.wall;
  e.job = job;
  e.set(&event_details::name, std::string{name});
  e.set(&event_details::reason, event_reason(reason));
}

void tell_scheduler(scheduler_state& s, event_kind kind, const moment& now) {
  auto& e = s.events.emplace_back();
  e.kind = kind;
  e.at = now.wall;
}

} // namespace callboard
