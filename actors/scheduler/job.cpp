#include "actors/scheduler/job.hpp"

#include "messages/type_ids.hpp"
#include "storage/record_codec.hpp"

#include <type_traits>

namespace callboard {

namespace {

using self_pointer = job_pointer;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// When the attempt that just started could have started at the earliest.
time_point ready_since(const job_record& before) {
  if (before.retry_at)
    return *before.retry_at;
  if (before.spec.schedule_at)
    return std::max(before.created_at, *before.spec.schedule_at);
  return before.created_at;
}

result<life_change> apply(job_record& rec, const job_context& ctx, job_command& c) {
  const auto& limits = ctx.limits;
  const auto now = c.now;
  return std::visit(overloaded{
                      [&](job_command::create& e) -> result<life_change> {
                        create(rec, now);
                        if (!e.upstream_failed.empty())
                          if (auto r = cancel(rec, job_error_code::upstream_failed, e.upstream_failed, now, limits); !r)
                            return r;
                        return life_change{job_state::queued, rec.state, true};
                      },
                      [&](job_command::arm&) { return arm(rec, now, limits); },
                      [&](job_command::place& e) {
                        return place(rec, placement{*e.worker, e.proof}, now, limits);
                      },
                      [&](job_command::start& e) { return start(rec, e.proof, e.at, limits); },
                      [&](job_command::finish& e) { return finish(rec, e.proof, e.outcome, now, e.seed, limits); },
                      [&](job_command::lose& e) { return lose(rec, e.proof, e.reason, now, limits); },
                      [&](job_command::adopt& e) {
                        return adopt(rec, placement{*e.worker, e.proof}, e.attempt != 0 ? e.attempt : rec.attempt + 1,
                                     e.started_at, now, limits);
                      },
                      [&](job_command::cancel& e) { return cancel(rec, e.code, e.reason, now, limits); },
                      [&](job_command::miss_deadline&) { return miss_deadline(rec, now, limits); },
                      [&](job_command::retry&) { return retry(rec, now, limits); },
                      [&](job_command::modify& e) { return modify(rec, e.patch, now, limits); },
                    },
                    c.event);
}

/// @param retry_before  `retry_at` before the command.
job_note note_of(const job_record& rec, const life_change& change, const job_command& c,
                 const std::optional<time_point>& retry_before) {
  job_note n;
  n.job = rec.id;
  n.token = c.token;
  n.before = change.before;
  n.after = change.after;
  n.priority = rec.spec.priority;
  n.level = rec.spec.level;
  n.created_at = rec.created_at;
  // A back-off is a pause from now on, whatever the time of day does; a time that a client has set is one.
  if (rec.state != job_state::retrying)
    n.due = rec.spec.schedule_at;
  else if (rec.retry_at != retry_before && std::holds_alternative<job_command::modify>(c.event))
    n.due = rec.retry_at;
  else if (rec.retry_at && rec.retry_at != retry_before)
    n.backoff = *rec.retry_at - c.now;
  if (rec.attempt == 0)
    n.must_start_by = rec.spec.deadline;
  if (c.with_view)
    n.view = std::make_shared<const job_record>(rec);
  return n;
}

stored_job version_of(const job_record& rec, const life_change& change, bool first,
                      std::optional<time_point> former_finish) {
  stored_job s;
  s.id = rec.id;
  s.state = rec.state;
  s.record = encode_record(rec);
  s.level = rec.spec.level;
  if (rec.finished_at)
    s.finished_at = *rec.finished_at;
  if (first) {
    s.payload = rec.spec.payload;
    s.idempotency_key = rec.spec.idempotency_key;
  } else if (is_terminal(change.before)) {
    s.was_terminal = true;
    s.former_state = change.before;
    s.former_finished_at = former_finish.value_or(time_point{});
  }
  return s;
}

void send_order(self_pointer self, const job_command::place& e) {
  const auto& rec = self->state.rec;
  attempt_order order;
  order.job = rec.id.value;
  order.fence = e.proof.value;
  order.type = rec.spec.type;
  order.payload = rec.spec.payload.view();
  order.number = rec.attempt + 1;
  order.timeout_us = rec.spec.timeout.count();
  order.memory_bytes = e.resources.memory_bytes;
  order.cpu_milli = e.resources.cpu_milli;
  self->send(e.handle, std::move(order));
}

void on_command(self_pointer self, job_command& c) {
  auto& rec = self->state.rec;
  const auto& ctx = *self->state.context;
  const auto former_finish = rec.finished_at;
  const auto retry_before = rec.retry_at;
  const auto earliest = ready_since(rec);
  const auto attempts_before = rec.attempt;
  const auto charged_before = rec.retry_count;
  const auto losses_before = rec.loss_count;
  const auto memory_before = rec.spec.resources.memory_bytes;
  const bool first = std::holds_alternative<job_command::create>(c.event);

  auto change = apply(rec, ctx, c);
  if (!change) {
    job_note refusal;
    refusal.job = rec.id;
    refusal.token = c.token;
    refusal.before = refusal.after = rec.state;
    refusal.refused = std::move(change).err();
    if (c.with_view)
      refusal.view = std::make_shared<const job_record>(rec);
    self->send(ctx.manager, std::move(refusal));
    return;
  }
  if (auto* placed = std::get_if<job_command::place>(&c.event)) {
    send_order(self, *placed);
    return;
  }
  auto note = note_of(rec, *change, c, retry_before);
  if (rec.attempt > attempts_before && rec.started_at)
    note.wait_time = std::max(duration{0}, *rec.started_at - earliest);
  if (auto* ended = std::get_if<job_command::finish>(&c.event))
    if (ended->outcome.started_at != time_point{}) {
      note.run_time = std::max(duration{0}, ended->outcome.finished_at - ended->outcome.started_at);
      note.usage = ended->outcome.usage;
      note.tags = rec.spec.tags;
    }
  if (rec.spec.resources.memory_bytes != memory_before)
    note.resources = rec.spec.resources;
  note.charged = rec.retry_count > charged_before;
  note.lost = rec.loss_count > losses_before;

  if (c.group != 0) {
    self->send(ctx.manager, group_part{c.group, version_of(rec, *change, first, former_finish), std::move(note)});
  } else if (change->durable) {
    commit_part part;
    part.boot = ctx.boot;
    part.level = rec.spec.level;
    part.jobs.push_back(version_of(rec, *change, first, former_finish));
    part.notes.push_back(std::move(note));
    self->send(ctx.keeper, std::move(part));
  } else {
    self->send(ctx.manager, std::move(note));
  }
}

} // namespace

job_actor::behavior_type job(self_pointer self, std::shared_ptr<const job_context> context,
                             std::shared_ptr<job_record> rec) {
  self->state.context = std::move(context);
  self->state.rec = std::move(*rec);
  return {
    [self](job_command& c) {
      // Nobody monitors jobs, there are too many: this is the one way in which they end, except for being dropped.
      try {
        on_command(self, c);
      } catch (const std::exception& bug) {
        self->send(self->state.context->manager, job_crashed{self->state.rec.id, bug.what()});
        self->quit(caf::exit_reason::unhandled_exception);
      }
    },
    [self](job_progress& p) {
      auto& r = self->state.rec;
      if (r.current_fence != p.proof)
        return;
      r.progress_percent = p.percent;
      r.progress_message = std::move(p.message);
    },
    [self](get_call& call) { call.reply.deliver(std::make_shared<const job_record>(self->state.rec)); },
  };
}

} // namespace callboard
