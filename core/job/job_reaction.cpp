#include "core/job/job_reaction.hpp"

#include "core/job/fan_out_step.hpp"
#include "core/job/result_cache.hpp"
#include "core/job/unique_lane.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// When the attempt that just started could have started at the earliest.
time_point ready_since(const job_record& before) {
  auto since = before.created_at;
  if (before.retry_at)
    since = *before.retry_at;
  else if (before.spec.schedule_at)
    since = std::max(since, *before.spec.schedule_at);
  return before.spec.hold ? std::max(since, before.spec.hold->at) : since;
}

result<life_change> apply(job_record& rec, const life_limits& limits, job_command& c) {
  const auto now = c.now;
  return std::visit(overloaded{
                      [&](job_command::create& e) -> result<life_change> {
                        create(rec, now);
                        if (e.never)
                          if (auto r = cancel(rec, e.never.code, e.never.reason, now, limits); !r)
                            return r;
                        return life_change{job_state::queued, rec.state, true};
                      },
                      [&](job_command::arm&) { return arm(rec, now, limits); },
                      [&](job_command::place& e) {
                        return place(rec, placement{*e.worker, e.fence}, now, limits);
                      },
                      [&](job_command::start& e) { return start(rec, e.fence, e.at, limits); },
                      [&](job_command::checkpoint& e) { return save_checkpoint(rec, e.fence, e.text, limits); },
                      [&](job_command::finish& e) {
                        if (e.cached_from)
                          return take_result(rec, e.fence, *e.cached_from, e.outcome->result, now, limits);
                        auto r = finish(rec, e.fence, *e.outcome, now, e.seed, limits);
                        if (r && rec.state == job_state::completed)
                          rec.cache_key = e.cache_key;
                        return r;
                      },
                      [&](job_command::lose& e) { return lose(rec, e.fence, e.reason, now, limits); },
                      [&](job_command::adopt& e) {
                        return adopt(rec, placement{*e.worker, e.fence}, e.attempt != 0 ? e.attempt : rec.attempt + 1,
                                     e.started_at, now, limits);
                      },
                      [&](job_command::cancel& e) { return cancel(rec, e.code, e.reason, now, limits); },
                      [&](job_command::miss_deadline& e) {
                        auto r = miss_deadline(rec, e.deadline, now, limits);
                        if (r && is_terminal(r->after) && e.known.size() == rec.spec.dependencies.size())
                          rec.spec.dependencies = e.known;
                        return r;
                      },
                      [&](job_command::retry&) { return retry(rec, now, limits); },
                      [&](job_command::modify& e) { return modify(rec, e.patch, now, limits); },
                      [&](job_command::fan_out& e) { return fan_out_into(rec, e.fence, e.elements, now, limits); },
                    },
                    c.event);
}

/// What is part of a workflow is needed by others, or by nobody but the whole. Of one that is stored without its size
/// that is not known where recovery reads it.
bool may_be_shed(const job_spec& s) {
  return s.payload_bytes != 0 && !s.workflow && !s.for_each;
}

/// @param retry_before  `retry_at` before the command.
void write_note(const job_record& rec, const life_change& change, const job_command& c,
                const std::optional<time_point>& retry_before, job_note& n) {
  n.job = rec.id;
  n.token = c.token;
  n.before = change.before;
  n.after = change.after;
  n.priority = rec.spec.priority;
  n.level = rec.spec.level;
  n.payload_bytes = rec.spec.payload_bytes;
  n.may_be_shed = may_be_shed(rec.spec);
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
  n.goes_on_late = goes_on_late(rec.spec.on_miss);
  if (is_held(rec.spec))
    n.hold = std::make_shared<const job_hold>(*rec.spec.hold);
  n.set(&note_details::tags, rec.spec.tags);
  n.set(&note_details::concurrency_key, rec.spec.concurrency_key);
  n.ending = ending_of(rec);
  n.began = has_begun(rec);
  if (std::holds_alternative<job_command::fan_out>(c.event))
    n.waits_anew = std::make_shared<const prerequisites>(prerequisites{rec.spec.rule, rec.spec.dependencies});
  n.preemptible_after = rec.spec.preemptible_after;
  if (c.with_view)
    n.view = std::make_shared<const job_record>(rec);
}

/// What only those want to know who follow what happens. @param durable  the event has changed something for good
void tell_of(const job_record& rec, bool durable, const life_limits& limits, job_note& n) {
  n.attempt = rec.attempt;
  if (rec.spec.workflow)
    n.set(&note_details::workflow, rec.spec.workflow->id);
  const bool moved = n.before != n.after || n.wait_time; // an attempt may begin and end in one event
  const bool ended_badly =
    n.after == job_state::failed || n.after == job_state::cancelled || n.after == job_state::retrying;
  if (moved && ended_badly && rec.error)
    n.set(&note_details::code, rec.error->code);
  const bool took_result = n.after == job_state::completed && rec.cached_from;
  if ((moved ? ended_badly || took_result : durable) && !rec.history.empty())
    n.set(&note_details::reason, rec.history.back().reason);
  n.traced = is_terminal(n.after) && trace_of(rec.spec.trace, rec.id, rec.created_at, limits.trace_percent).sampled;
}

void write_version(const job_record& rec, const life_change& change, bool first,
                   std::optional<time_point> former_finish, stored_job& s) {
  s.id = rec.id;
  s.state = rec.state;
  s.level = rec.spec.level;
  s.priority = rec.spec.priority;
  if (rec.finished_at)
    s.finished_at = *rec.finished_at;
  if (rec.state == job_state::completed)
    s.cache_key = rec.cache_key;
  if (first) {
    s.payload = rec.spec.payload;
    s.idempotency_key = rec.spec.idempotency_key;
    if (rec.spec.unique && is_bound(*rec.spec.unique))
      s.unique_key = rec.spec.unique->key;
    s.queue = rec.spec.queue;
    s.type = rec.spec.type;
    s.tags = rec.spec.tags;
    if (rec.spec.workflow) {
      s.workflow = rec.spec.workflow->id;
      s.first_of_workflow = rec.spec.workflow->first;
    }
  } else if (is_terminal(change.before)) {
    s.was_terminal = true;
    s.former_state = change.before;
    s.former_finished_at = former_finish.value_or(time_point{});
    if (rec.spec.workflow)
      s.workflow = rec.spec.workflow->id;
  }
}

attempt_order order_of(const job_record& rec, const job_command::place& e, const life_limits& limits) {
  attempt_order order;
  order.job = rec.id.value;
  order.fence = e.fence.value;
  order.type = rec.spec.type;
  order.payload = rec.spec.payload.view();
  order.number = rec.attempt + 1;
  order.timeout_us = rec.spec.timeout.count();
  order.soft_timeout_us = rec.spec.soft_timeout.value_or(duration{0}).count();
  order.memory_bytes = e.memory_bytes;
  order.cpu_milli = e.cpu_milli;
  order.checkpoint = rec.checkpoint.view();
  order.checkpoint_bytes_max = limits.checkpoint_bytes_max;
  auto trace = context_of_attempt(rec.spec.trace, rec.id, rec.created_at, order.number, limits.trace_percent);
  order.traceparent = std::move(trace.parent);
  order.tracestate = std::move(trace.state);
  return order;
}

/// Whose results may be in its payload.
std::vector<job_id> readable_of(const job_spec& s) {
  std::vector<job_id> jobs;
  for (const auto& d : s.dependencies)
    jobs.push_back(d.job);
  if (s.for_each)
    for (const auto& d : s.for_each->before)
      jobs.push_back(d.job);
  std::sort(jobs.begin(), jobs.end());
  jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
  return jobs;
}

} // namespace

job_reaction react(job_record& rec, job_command& c, const life_limits& limits) {
  const auto former_finish = rec.finished_at;
  const auto retry_before = rec.retry_at;
  const auto earliest = ready_since(rec);
  const auto attempts_before = rec.attempt;
  const auto charged_before = rec.retry_count;
  const auto losses_before = rec.loss_count;
  const auto memory_before = rec.spec.resources.memory_bytes;
  const bool first = std::holds_alternative<job_command::create>(c.event);

  job_reaction r;
  auto change = apply(rec, limits, c);
  if (!change) {
    r.note.job = rec.id;
    r.note.token = c.token;
    r.note.before = r.note.after = rec.state;
    r.note.refused = std::move(change).err();
    if (c.with_view)
      r.note.view = std::make_shared<const job_record>(rec);
    return r;
  }
  if (const auto* placed = std::get_if<job_command::place>(&c.event)) {
    r.order = order_of(rec, *placed, limits);
    r.note.preemptible_after = rec.spec.preemptible_after;
    if (rec.spec.for_each && rec.spec.for_each->stage != fan_out_stage::element)
      r.fan_out_job = std::make_shared<const job_record>(rec);
    else if (rec.spec.workflow && rec.spec.payload.view().find(result_mark) != std::string_view::npos)
      r.results_of = readable_of(rec.spec);
    return r;
  }
  write_note(rec, *change, c, retry_before, r.note);
  if (rec.attempt > attempts_before && rec.started_at)
    r.note.wait_time = std::max(duration{0}, *rec.started_at - earliest);
  if (const auto* ended = std::get_if<job_command::finish>(&c.event))
    if (const auto& o = *ended->outcome; o.started_at != time_point{}) {
      r.note.run_time = std::max(duration{0}, o.finished_at - o.started_at);
      r.note.usage = o.usage;
    }
  if (rec.spec.resources.memory_bytes != memory_before)
    r.note.resources = rec.spec.resources;
  r.note.charged = rec.retry_count > charged_before;
  r.note.lost = rec.loss_count > losses_before;
  if (!std::holds_alternative<job_command::checkpoint>(c.event))
    tell_of(rec, change->durable, limits, r.note);
  if (c.group != 0 || change->durable)
    write_version(rec, *change, first, former_finish, r.version.emplace());
  if (r.version && rec.state == job_state::running) {
    r.written = before_attempt(rec, c.now);
    r.version->state = r.written->state;
  }
  return r;
}

const note_details& job_note::details() const noexcept {
  static const note_details none;
  return details_ ? *details_ : none;
}

commit_part part_of(job_reaction&& r, uint64_t boot) {
  commit_part part;
  part.boot = boot;
  part.level = r.version->level;
  part.jobs.push_back(std::move(*r.version));
  part.notes.push_back(std::move(r.note));
  return part;
}

void take_progress(job_record& rec, job_progress p, const life_limits& limits) {
  if (rec.current_fence != p.fence)
    return;
  if (p.percent) {
    rec.progress_percent = *p.percent;
    rec.progress_message = std::move(p.message);
  }
  // Of a start that is still to come the number of the attempt is not known here; its end has the lines again.
  if (rec.state == job_state::running)
    append(rec.log, rec.attempt, std::move(p.log), limits.log_bytes_max);
}

} // namespace callboard
