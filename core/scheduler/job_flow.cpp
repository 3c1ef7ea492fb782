#include "core/scheduler/job_flow.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/job/unique_lane.hpp"
#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// Timers that are served in one turn.
constexpr size_t timers_per_turn = 10'000;

/// A job that was accepted; behind one that is alike, it is counted with that.
void count_arrival(metrics_delta& t, const job_note& n, std::string_view type, std::string_view queue) {
  const auto alike = [&](const metrics_delta::arrival& a) {
    return a.type == type && a.queue == queue && a.tenant == n.details().concurrency_key && a.tags == n.details().tags;
  };
  if (t.arrivals.empty() || !alike(t.arrivals.back()))
    t.arrivals.push_back({std::string{type}, std::string{queue}, n.details().concurrency_key, n.details().tags});
  ++t.arrivals.back().jobs;
}

/// What the event was, for the metrics.
void count(scheduler_state& s, const job_note& n, const errand& e) {
  auto& t = s.tally;
  s.counted = true;
  t.submitted += e.why == purpose::create;
  t.started += n.wait_time.has_value();
  t.checkpoints += e.why == purpose::checkpoint;
  t.retried += n.charged && n.after == job_state::retrying;
  t.lost += n.lost;
  t.completed += n.after == job_state::completed;
  t.failed += n.after == job_state::failed;
  t.cancelled += n.after == job_state::cancelled;
  const auto* finish = std::get_if<job_command::finish>(&e.event);
  t.cache_hits += finish && finish->cached_from && n.after == job_state::completed;
  const bool missed = e.why == purpose::miss_deadline || e.why == purpose::run_late;
  t.deadline_missed += missed;
  const auto cls = class_of(s, n.job);
  if (!cls)
    return;
  const auto& shape = s.index.shapes().at(cls->shape);
  const auto queue = s.index.queues().name(cls->queue);
  if (e.why == purpose::create)
    count_arrival(t, n, s.index.types().name(shape.type), queue);
  if (!n.wait_time && !n.run_time && !is_terminal(n.after) && !n.lost && !n.charged && !missed)
    return;
  auto& sample = t.samples.emplace_back();
  sample.type = s.index.types().name(shape.type);
  sample.after = n.after;
  sample.wait = n.wait_time;
  sample.run = n.run_time;
  sample.charged = n.charged;
  sample.queue = queue;
  sample.job = n.job;
  sample.tags = n.details().tags;
  sample.tenant = n.details().concurrency_key;
  sample.code = n.details().code;
  sample.lost = n.lost;
  sample.deadline_missed = missed;
  if (n.run_time) {
    s.dispatch.measured().record_run(shape.type, *n.run_time);
    sample.usage = n.usage;
    sample.asked = shape.request;
  }
}

/// A job whose actor was dropped after a failed write goes anew through steps that are not written; whoever follows it
/// has been told of them.
bool repeats(const scheduler_state& s, const job_note& n, const errand& e) {
  const auto* adoption = std::get_if<job_command::adopt>(&e.event);
  const auto* at = s.index.find(n.job);
  return (e.why == purpose::arm || (adoption && adoption->attempt == 0)) && at && at->state == n.after;
}

} // namespace

void job_flow::create(admission::creation& c, uint64_t group, const moment& now) {
  const auto id = c.job->id;
  auto e = make_errand(purpose::create, job_command::create{std::move(c.never)});
  e->group = group;
  s_.desk.create(id, std::move(e));
  s_.port.spawn_job(id, std::move(c.job));
  pump(id, now);
}

void job_flow::give(job_id id, errand_ptr e, const moment& now) {
  s_.desk.add(id, std::move(e));
  pump(id, now);
}

/// A slot that was chosen for the job before something else happened to it: true when it is not for the job any more,
/// and the event is dropped.
bool job_flow::drop_outdated_slot(job_id id, const errand& e, const moment& now) {
  const auto f = e.attempt;
  const bool untold = e.why == purpose::place;
  if (const auto* a = s_.ledger.find(f); !a || a->orphan) {
    // The job ended since, and may live again. A worker that has the attempt says when it is over; one that was to get
    // it never heard of it.
    s_.desk.skip(id);
    if (untold)
      close(f, now);
    return true;
  }
  const auto* at = s_.index.find(id);
  const bool early = at && at->due > now.wall && !planted(bug::early_start);
  if (!untold || !at || (!early && !at->has(job_flag::held)))
    return false;
  // Its time was changed (P4), or it is held: the slot is free again, and the job waits.
  s_.desk.skip(id);
  give_slot_back(id, f, at->state, now);
  return true;
}

void job_flow::pump(job_id id, const moment& now) {
  auto* e = s_.desk.about_to_give(id);
  // What was to follow from another job's event: that one is written by now, or failed.
  while (e && repeater_of(*e) == repeater::group && !s_.groups.is_open(e->group)) {
    s_.desk.skip(id);
    e = s_.desk.about_to_give(id);
  }
  if (!e)
    return;
  if ((e->why == purpose::place || e->why == purpose::adopt) && drop_outdated_slot(id, *e, now))
    return pump(id, now);
  if (may_end(e->why) && e->group == 0)
    choose_group(id, *e);
  auto c = s_.desk.next(id);
  c->now = now.wall;
  s_.port.tell_job(id, std::move(*c));
}

/// An event that may end a job for which others wait is written together with what it does to them.
void job_flow::choose_group(job_id id, errand& e) {
  if (planted(bug::dependants_apart))
    return;
  if (const auto mine = s_.groups.of(id); mine != 0) {
    // It is to be cancelled in a group: what ends it before belongs there, too. On its way to the disk: too late.
    e.group = s_.groups.is_open(mine) ? mine : 0;
  } else if (s_.index.graph().has_dependants(id) || s_.requests.has_unborn_dependants(id)) {
    e.group = s_.groups.open(id);
    e.heads_group = true;
  }
}

void job_flow::on(job_placed& x, const moment& now) {
  const job_id id{x.order->job};
  const fence_token f{x.order->fence};
  if (!s_.desk.take(id, x.token))
    return;
  const auto* a = s_.ledger.find(f);
  s_.ledger.set_preemptible(f, x.preemptible_after);
  if (a && a->orphan)
    close(f, now); // the job ended meanwhile, and the worker never heard of it
  else if (a && !a->ending && x.fan_out_job)
    fan_outs_.begin(x, now);
  else if (a && !a->ending && !x.results_of.empty())
    results_.begin(std::move(x));
  else if (a && !a->ending)
    send(std::move(*x.order));
  conclude(id, now);
}

void job_flow::on(job_note& n, const moment& now) {
  if (settle(n, now))
    conclude(n.job, now);
}

void job_flow::on_report(const commit_report& x) {
  ++s_.tally.commits;
  s_.tally.committed_records += x.failed ? 0 : x.records;
  s_.tally.commit_times.push_back(x.took);
  s_.counted = true;
  s_.store_error = x.failed;
}

void job_flow::on_written(job_note& n, const std::optional<error>& failed, const moment& now) {
  if (failed)
    setbacks_.on_failed_write(n, *failed, now);
  else if (n.refused)
    setbacks_.on_purged(n, now);
  else if (settle(n, now))
    written_.push_back(n.job);
}

void job_flow::go_on(const moment& now) {
  for (auto id : written_)
    conclude(id, now);
  written_.clear();
}

void job_flow::commit_if_complete(uint64_t group) {
  if (auto part = s_.groups.take_complete(group)) {
    part->boot = s_.boot;
    s_.port.commit(std::move(*part));
  }
}

/// False: nobody waits for the note any more.
bool job_flow::settle(job_note& n, const moment& now) {
  auto e = s_.desk.take(n.job, n.token);
  if (!e)
    return false;
  if (n.refused) {
    settle_refused(n, *e, now);
  } else {
    count(s_, n, *e);
    if (!repeats(s_, n, *e) && (!planted(bug::event_before_commit) || e->group == 0))
      tell_job(s_, n, e->why, e->worker, now);
    apply(n, *e, now);
  }
  after_groups(n.job, now);
  return true;
}

/// The event did not apply to the job as it is.
void job_flow::settle_refused(job_note& n, errand& e, const moment& now) {
  auto* seat_of = s_.ledger.find(e.worker);
  switch (e.why) {
  case purpose::finish:
  case purpose::lose:
    ++s_.tally.stale_refused;
    s_.counted = true;
    if (seat_of)
      s_.out.acknowledge(e.worker, {n.job.value, e.attempt.value});
    close(e.attempt, now);
    if (e.group != 0) {
      s_.groups.leave(e.group, n.job);
      commit_if_complete(e.group);
    }
    break;
  case purpose::checkpoint: // the attempt has ended since
    ++s_.tally.stale_refused;
    s_.counted = true;
    break;
  case purpose::adopt:
    // The attempt is over for the job: its worker stops it, and the job goes back to where it was.
    if (seat_of)
      s_.out.cancel(e.worker, {n.job.value, e.attempt.value});
    [[fallthrough]];
  case purpose::place:
    if (planted(bug::refused_placement_leaks))
      break;
    give_slot_back(n.job, e.attempt, n.after, now);
    break;
  default:
    setbacks_.refuse(n.job, e, *n.refused, now);
  }
}

void job_flow::close(fence_token f, const moment& now) {
  if (const auto freed = s_.ledger.close(f, now); freed && s_.index.let_go(*freed, now))
    arm(*freed, now);
}

void job_flow::end_untold(fence_token f, attempt_outcome o, const moment& now, std::optional<job_id> cached_from) {
  auto& a = *s_.ledger.find(f);
  a.ending = true;
  auto e = make_errand(purpose::lose, job_command::finish{f, std::move(o), s_.random(), {}, cached_from});
  e->attempt = f;
  e->worker = a.worker;
  s_.ledger.free_slot(f);
  give(a.job, std::move(e), now);
}

void job_flow::give_slot_back(job_id id, fence_token f, job_state state, const moment& now, duration pause) {
  const bool current = s_.ledger.of_job(id) == f;
  close(f, now);
  if (current && s_.index.find(id) && s_.index.unplace(id, state, pause, now))
    arm(id, now);
}

/// The job has changed, and it is true.
void job_flow::apply(job_note& n, errand& e, const moment& now) {
  if (e.why == purpose::checkpoint) // the index knows nothing of that
    return;
  if (e.why == purpose::adopt)
    s_.ledger.set_preemptible(e.attempt, n.preemptible_after);
  if (e.why == purpose::finish || e.why == purpose::lose) {
    end_attempt(n.job, e, now);
  } else if (is_terminal(n.after)) {
    if (const auto f = s_.ledger.orphan(n.job))
      if (const auto w = s_.ledger.find(*f)->worker; s_.ledger.find(w) != nullptr) // else nobody runs it any more
        s_.out.cancel(w, {n.job.value, f->value});
  }
  if (e.why == purpose::fan_out) {
    close(e.attempt, now);
    s_.index.wait_anew(n, now);
  } else if (e.why == purpose::create) {
    auto b = s_.requests.born(n, now);
    CB_INVARIANT(b.has_value(), "a job is born once");
    s_.tally.shed += b->sheds;
    if (const auto schedule = s_.schedules.on_job_written(n.job); !schedule.empty())
      tell_named(s_, event_kind::schedule_fired, schedule, {}, now, n.job);
    if (b->took)
      s_.tally.submit_times.push_back(*b->took);
    s_.look_at.insert(s_.look_at.end(), b->look_at.begin(), b->look_at.end());
    if (is_terminal(n.after)) {
      s_.index.release(b->cls);
    } else {
      if (s_.index.insert(n, b->cls, std::move(b->waits_for), now))
        arm(n.job, now);
    }
  } else if (is_terminal(n.after)) {
    ends_.finish(n, e.group, now);
  } else if (is_terminal(n.before)) {
    const auto& spec = n.view->spec;
    if (auto c = s_.index.acquire(spec.queue, spec.type, lane_key_of(spec), spec.resources, spec.preempts)) {
      // One that failed before it was its turn still waits for those that are not over.
      const bool awaits_former = s_.ledger.has_orphan(n.job) && !planted(bug::orphan_not_awaited);
      if (s_.index.insert(n, *c, {spec.rule, spec.dependencies}, now, awaits_former))
        arm(n.job, now);
    } else {
      s_.port.say(scheduler_port::tone::error, to_string(n.job) + " waits for a restart: " + c.err().message);
    }
  } else {
    if (s_.index.change(n, s_.ledger.of_job(n.job).has_value(), now))
      arm(n.job, now);
    if (n.after == job_state::running && n.before != job_state::running) {
      std::vector<job_id> to_arm;
      s_.index.begin(n.job, now, to_arm);
      for (auto id : to_arm)
        arm(id, now);
    }
  }
  if (e.reply && n.view)
    e.reply.deliver(n.view);
}

/// Its outcome, or its loss, is durable.
void job_flow::end_attempt(job_id id, const errand& e, const moment& now) {
  if (const auto* a = s_.ledger.find(e.attempt)) {
    // By the worker's time of day.
    if (a->placed_at != time_point{} && a->started_at != time_point{})
      s_.tally.deliver_times.push_back(std::max(duration{0}, a->started_at - a->placed_at));
    if (a->reported_at)
      s_.tally.settle_times.push_back(now.steady - *a->reported_at);
  }
  close(e.attempt, now);
  if (s_.ledger.find(e.worker))
    s_.out.acknowledge(e.worker, {id.value, e.attempt.value});
}

void job_flow::arm(job_id id, const moment& now) {
  give(id, make_errand(purpose::arm, job_command::arm{}), now);
}

/// What waited for the job's event goes on, and the job's actor gets its next one, or is not needed any more.
void job_flow::conclude(job_id id, const moment& now) {
  for (auto request : s_.requests.settled(id))
    s_.look_at.push_back(request);
  for (auto& call : s_.desk.settle(id))
    s_.port.read_job(id, std::move(call));
  pump(id, now);
  if (s_.desk.find(id) != job_desk::presence::idle)
    return;
  const auto* e = s_.index.find(id);
  if (!e || (!e->has(job_flag::placed) && s_.desk.size() > s_.settings.resident_max)) {
    s_.desk.forget(id);
    s_.port.drop_job(id);
  }
}

void job_flow::on_time(const moment& now) {
  if (s_.desk.resting() > 0 && now.steady >= s_.rests_until)
    s_.desk.wake_resting();
  bool more = false;
  const auto retry_turn = [&](uint16_t type) { return s_.limits.retry_slot(s_.index.types().name(type), now.steady); };
  for (const auto& late : s_.index.pop_due(now, timers_per_turn, retry_turn, more)) {
    const auto* conditions = s_.index.graph().conditions_of(late.id);
    job_command::miss_deadline event{late.at, conditions ? conditions->jobs : std::vector<dependency>{}};
    const bool goes_on = s_.index.find(late.id)->has(job_flag::goes_on_late);
    give(late.id, make_errand(goes_on ? purpose::run_late : purpose::miss_deadline, std::move(event)), now);
  }
}

void job_flow::load_wanted() {
  if (auto ids = s_.desk.take_wanted(); !ids.empty())
    s_.port.load_jobs(std::move(ids));
}

} // namespace callboard
