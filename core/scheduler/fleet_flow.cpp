#include "core/scheduler/fleet_flow.hpp"

#include "core/base/planted_bug.hpp"
#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <set>

namespace callboard {

namespace {

time_point from_wire(int64_t us) {
  return time_point{duration{us}};
}

resource_offer offer_of(const worker_registration& r) {
  return {r.slots, r.cpu_milli, r.memory_bytes, r.named, r.labels};
}

} // namespace

void fleet_flow::on(const worker_arrival& x, const moment& now) {
  const auto& r = x.registration;
  seat facts;
  facts.name = x.name;
  facts.slots = r.slots;
  facts.local = r.local;
  facts.boot_epoch = r.boot_epoch;
  facts.accepts = true;
  // A local worker dies with this process (lifeline), or is stopped by the next one before it opens its store.
  facts.member_written = r.local;
  for (size_t i = 0; i < r.types.size(); ++i)
    if (const auto t = s_.index.classes().acquire_type(r.types[i])) {
      facts.types.add(static_cast<uint16_t>(*t));
      facts.type_numbers.push_back(*t);
      if (i < r.versions.size())
        facts.versions.emplace(static_cast<uint16_t>(*t), r.versions[i]);
      if (i < r.cache_for_us.size() && r.cache_for_us[i] > 0)
        facts.cache_for.emplace(static_cast<uint16_t>(*t), duration{r.cache_for_us[i]});
    }
  if (const auto* before = s_.ledger.find(x.worker))
    for (auto number : before->type_numbers)
      s_.index.classes().release_type(number);
  auto& s = s_.ledger.join(x.worker, std::move(facts), offer_of(r), now);
  s_.out.forget(x.worker);
  tell_worker(s_, event_kind::worker_joined, x.name, {}, now);
  std::set<uint64_t> held;
  std::set<fence_token> refused;
  for (const auto& h : r.held) {
    held.insert(h.fence);
    const fence_token f{h.fence};
    if (!take_over(x.worker, h, members_.believes(*x.name, r, f), now)) {
      s_.out.cancel(x.worker, {h.job, h.fence});
      refused.insert(f);
    }
  }
  // What was on its way when the connection broke never arrived.
  for (auto f : s_.ledger.of_worker(x.worker))
    if (held.count(f.value) == 0)
      lose(f, "it was not with the worker when that joined again", false, now);
  if (!s.member_written || !(refused.empty() || s.local))
    members_.add(x.worker, std::move(refused));
}

/// An attempt that a node brings along: ours still, or of a scheduler before this one. False: it is not wanted any
/// more. It may run, or begin, until its worker has heard of that, so the job waits for its end, or will if it lives
/// again.
bool fleet_flow::take_over(worker_id w, const held_attempt& h, bool believed, const moment& now) {
  const job_id id{h.job};
  const fence_token f{h.fence};
  if (const auto* a = s_.ledger.find(f); a && a->job == id) {
    s_.ledger.move(f, w);
    return true;
  }
  if (planted(bug::adoption_forgotten))
    return true;
  // Of this scheduler, and not known any more: it was lost or has ended, and a later attempt may have been given out.
  const bool forgotten = h.fence >> 32 == s_.boot;
  const auto* e = s_.index.find(id);
  if (forgotten || (e && e->has(job_flag::placed)))
    return false;
  const auto& a = s_.ledger.open(f, slot_of(w, h, e, now), now);
  if (!e || !believed || !may_go_on(*e, a, now)) {
    s_.ledger.orphan(id);
    if (e)
      s_.index.await_former(id, now);
    return false;
  }
  // One that has not started is taken over as well: it may start at any moment, before a cancellation reaches the node.
  const bool started = a.started_at != time_point{};
  s_.index.place(id, started ? job_state::running : e->state == job_state::queued ? job_state::scheduled : e->state);
  auto x = make_errand(purpose::adopt, job_command::adopt{s_.ledger.find(w)->name, f, h.number, a.started_at});
  x->attempt = f;
  x->worker = w;
  jobs_.give(id, std::move(x), now);
  return true;
}

/// @param e  null: the job is not live
attempt_slot fleet_flow::slot_of(worker_id w, const held_attempt& h, const job_entry* e, const moment& now) const {
  attempt_slot a;
  a.job = job_id{h.job};
  a.worker = w;
  a.started_at = from_wire(h.started_at_us);
  if (a.started_at != time_point{})
    a.began = now.steady;
  if (e) {
    a.asked = s_.index.shapes().at(e->shape).request;
    if (!planted(bug::adopted_beside_limit))
      a.units = units_of(s_, s_.index.class_of(*e));
  }
  return a;
}

/// Whether the job can have this attempt still. A power failure may have undone what the job had waited for, and a
/// clock may have been set. A conditional job has begun all the same, even if what it waited for lives again.
bool fleet_flow::may_go_on(const job_entry& e, const attempt_slot& a, const moment& now) const {
  const bool waits =
    e.has(job_flag::awaits_former) || (e.has(job_flag::waits_for_jobs) && !s_.index.graph().conditions_of(e.id));
  return !waits && (a.started_at != time_point{} || e.due <= now.wall);
}

void fleet_flow::on(const worker_changed& x, const moment& now) {
  if (const auto* s = s_.ledger.find(x.worker); s && (s->accepts != x.accepts || x.drains))
    tell_worker(s_,
                x.accepts  ? event_kind::worker_ready
                : x.drains ? event_kind::worker_draining
                           : event_kind::worker_suspect,
                s->name, {}, now);
  s_.ledger.set_accepts(x.worker, x.accepts, now);
}

void fleet_flow::start(fence_token f, const attempt_slot& a, time_point at, const moment& now) {
  auto e = make_errand(purpose::start, job_command::start{f, at});
  e->attempt = f;
  e->worker = a.worker;
  jobs_.give(a.job, std::move(e), now);
}

void fleet_flow::on(worker_news& x, const moment& now) {
  auto* s = s_.ledger.find(x.worker);
  if (!s)
    return;
  for (const auto& started : x.started) {
    const fence_token f{started.fence};
    auto* a = s_.ledger.find(f);
    if (!a || a->job != job_id{started.job} || a->orphan)
      continue;
    a->started_at = from_wire(started.at_us);
    a->began = now.steady;
    if (std::exchange(a->if_waiting, false)) // it was faster
      a->preempted_for = {};
    start(f, *a, a->started_at, now);
  }
  for (auto& c : x.checkpoints)
    save(x.worker, c, now);
  for (auto& ended : x.ended)
    on_ended(x.worker, *s, ended, now);
  const auto own_attempt = [this](uint64_t fence) {
    const auto* a = s_.ledger.find(fence_token{fence});
    return a && !a->orphan ? a : nullptr;
  };
  for (auto& p : x.progress)
    if (const auto* a = own_attempt(p.fence)) {
      tell_progress(s_, *a, p, now);
      pass_on(a->job, {fence_token{p.fence}, std::min<uint8_t>(p.percent, 100), std::move(p.message), {}});
    }
  for (auto& l : x.logs)
    if (const auto* a = own_attempt(l.fence)) {
      tell_logged(s_, *a, now);
      pass_on(a->job, {fence_token{l.fence}, {}, {}, {l.first, std::move(l.lines)}});
    }
}

/// A job that is not loaded hears how its attempt went with its end.
void fleet_flow::pass_on(job_id id, job_progress x) {
  const auto there = s_.desk.find(id);
  if (there == job_desk::presence::idle || there == job_desk::presence::busy)
    s_.port.tell_job(id, std::move(x));
}

/// Of an attempt that is the job's own one, and has not ended.
void fleet_flow::save(worker_id w, worker_news::saved_checkpoint& x, const moment& now) {
  const fence_token f{x.attempt.fence};
  auto* a = s_.ledger.find(f);
  if (!a || a->job != job_id{x.attempt.job} || a->worker != w || a->orphan || a->ending) {
    ++s_.tally.stale_refused;
    s_.counted = true;
    return;
  }
  if (auto* waits = s_.desk.waiting_checkpoint(a->job, f)) {
    waits->text = std::move(x.text);
    return;
  }
  auto e = make_errand(purpose::checkpoint, job_command::checkpoint{f, std::move(x.text)});
  e->attempt = f;
  e->worker = w;
  jobs_.give(a->job, std::move(e), now);
}

void fleet_flow::on_ended(worker_id w, seat& s, worker_news::ended_attempt& x, const moment& now) {
  fence_token f{x.attempt.fence};
  if (planted(bug::repeat_ends_next) && !s_.ledger.find(f))
    f = s_.ledger.of_job(job_id{x.attempt.job}).value_or(f);
  auto* a = s_.ledger.find(f);
  if (!a || a->job != job_id{x.attempt.job} || a->worker != w) {
    ++s_.tally.stale_refused;
    s_.counted = true;
    ++s.late;
    return s_.out.acknowledge(w, x.attempt);
  }
  // What is handed back keeps its slot until it is in the line again, or a job behind it would pass it.
  const bool returned = x.outcome.kind == outcome_kind::returned;
  if (!returned)
    s_.ledger.free_slot(f);
  if (a->orphan) {
    s_.out.acknowledge(w, x.attempt);
    return jobs_.close(f, now);
  }
  if (planted(bug::ack_before_commit))
    s_.out.acknowledge(w, x.attempt);
  if (std::exchange(a->ending, true))
    return; // told twice; the first one is on its way to the disk
  if (x.outcome.started_at != time_point{})
    a->started_at = x.outcome.started_at;
  a->reported_at = now.steady;
  if (auto line = s_.ledger.judge(w, x.outcome.kind, now))
    s_.port.say(scheduler_port::tone::warning, *line);
  if (returned) {
    ++s_.tally.returned;
    s_.counted = true;
  }
  auto e =
    make_errand(purpose::finish, job_command::finish{f, std::move(x.outcome), s_.random(), a->cache_key, std::nullopt});
  e->attempt = f;
  e->worker = w;
  jobs_.give(a->job, std::move(e), now);
}

void fleet_flow::on(const worker_gone& x, const moment& now) {
  const auto* s = s_.ledger.find(x.worker);
  if (!s)
    return;
  const auto name = *s->name;
  const bool local = s->local;
  const auto types = s->type_numbers;
  // Starts are reported a moment late, so a job that kills its worker at once was never reported. A node starts its
  // attempts in order: those that had a slot of their own count as started, or a poison job would live for ever.
  auto presumed = s->slots;
  const auto lost = s_.ledger.of_worker(x.worker);
  const bool gives_back = !lost.empty();
  for (auto f : lost) {
    const auto* a = s_.ledger.find(f);
    const bool started = presumed > 0 && !a->orphan && !a->ending && !a->untold;
    if (started) {
      presumed -= std::min(presumed, a->asked.slots);
      s_.ledger.judge_loss(x.worker, now);
    }
    lose(f, x.reason, started, now);
  }
  if (!x.left) {
    ++s_.tally.workers_lost;
    s_.counted = true;
  }
  tell_worker(s_, x.left ? event_kind::worker_left : event_kind::worker_lost, s->name, x.reason, now);
  s_.ledger.leave(x.worker);
  s_.out.forget(x.worker);
  for (auto number : types)
    s_.index.classes().release_type(number);
  if (!local)
    members_.remove(name, gives_back);
}

void fleet_flow::lose(fence_token f, const std::string& reason, bool presumed_started, const moment& now) {
  auto* a = s_.ledger.find(f);
  if (a->orphan)
    return jobs_.close(f, now);
  if (a->ending)
    return; // its end is on its way to the disk
  if (presumed_started && a->started_at == time_point{})
    start(f, *a, now.wall, now);
  a->ending = true;
  auto e = make_errand(purpose::lose, job_command::lose{f, reason});
  e->attempt = f;
  e->worker = a->worker;
  jobs_.give(a->job, std::move(e), now);
}

} // namespace callboard
