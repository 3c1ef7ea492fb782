#include "core/scheduler/job_index.hpp"

#include "core/base/planted_bug.hpp"

#include <utility>

namespace callboard {

namespace {

job_entry entry_of(const job_note& n, const job_class& c) {
  job_entry e;
  e.id = n.job;
  e.queue = c.queue & queues_max;
  e.shape = c.shape;
  e.state = n.after;
  e.priority = n.priority & 15u;
  e.payload_bytes = n.payload_bytes;
  e.due = n.due.value_or(time_point{});
  e.must_start_by = n.must_start_by.value_or(time_point::max());
  e.set(job_flag::in_memory, n.level == durability::memory);
  e.set(job_flag::begun, n.began);
  e.set(job_flag::goes_on_late, n.goes_on_late);
  e.set(job_flag::held, n.hold != nullptr);
  e.set(job_flag::may_be_shed, n.may_be_shed);
  return e;
}

} // namespace

job_index::job_index(duration aging_step, bool inherits_urgency) : ready_(aging_step), inherits_(inherits_urgency) {
}

ready_entry job_index::ready_key(const job_entry& e) const {
  const auto u = urgency_of(e);
  return {e.id, u.must_start_by, e.ready_seq, e.ready_at, e.shape, u.priority, class_of(e).lane};
}

void job_index::set_lane(job_entry& e, uint32_t lane) {
  e.set(job_flag::keyed, lane != 0);
  if (lane != 0)
    lane_of_.insert_or_assign(e.id, lane);
}

bool job_index::insert(const job_note& n, const job_class& c, prerequisites p, const moment& now, bool awaits_former) {
  auto e = entry_of(n, c);
  set_lane(e, c.lane);
  held_.set(n.job, e.queue, n.hold);
  e.set(job_flag::awaits_former, awaits_former);
  e.set(job_flag::waits_for_jobs, !n.began && enter_graph(n.job, std::move(p), is_terminal(n.before)));
  enter_queue(e.queue);
  const bool fresh = table_.insert(e);
  CB_INVARIANT(fresh, "a job is inserted once");
  if (is_terminal(n.before)) {
    graph_.revived(n.job);
    perhaps_forgotten_.push_back(n.job);
    look_at_dependants(n.job);
  }
  look_at_urgency(n.job);
  return put_in(n.job, now);
}

/// Dependencies are older than who waits for them, so they come first; but for those of fan-out jobs (`recovered`).
void job_index::recover(const recovered_job& f, const job_class& c, bool by_turn, const moment& now) {
  job_entry e;
  e.id = f.id;
  e.queue = c.queue & queues_max;
  e.shape = c.shape;
  e.state = f.state;
  e.priority = f.priority & 15u;
  // What is left of a back-off can only be told by the time of day; a time that a client has set stays one.
  if (f.retry_at && f.retry_at != f.schedule_at) {
    e.ready_at = now.steady + std::max(duration{0}, *f.retry_at - now.wall);
    e.set(job_flag::backs_off, *f.retry_at > now.wall || by_turn);
  } else if (f.schedule_at) {
    e.due = *f.schedule_at;
  }
  if (f.deadline && f.attempt == 0)
    e.must_start_by = *f.deadline;
  set_lane(e, c.lane);
  e.set(job_flag::in_memory, f.level == durability::memory);
  e.set(job_flag::begun, f.attempt > 0);
  e.set(job_flag::goes_on_late, f.goes_on_late);
  e.set(job_flag::held, f.hold != nullptr);
  e.set(job_flag::may_be_shed, f.may_be_shed);
  e.payload_bytes = f.payload_bytes;
  held_.set(f.id, e.queue, f.hold);
  const bool waits =
    find_fanned_out(f) || (f.attempt == 0 && enter_graph(f.id, f.waits_for, f.state == job_state::retrying));
  e.set(job_flag::waits_for_jobs, waits);
  e.set(job_flag::backs_off, e.has(job_flag::backs_off) && !waits);
  if (e.state == job_state::queued && !waits && e.due > now.wall)
    e.state = job_state::scheduled; // armed: its job hears of it when it is loaded
  enter_queue(e.queue);
  table_.insert(e);
  look_at_urgency(f.id);
  std::swap(next_place_, next_recovered_);
  put_in(f.id, now);
  std::swap(next_place_, next_recovered_);
}

bool job_index::change(const job_note& n, bool placed, const moment& now) {
  const auto* old = table_.find(n.job);
  if (!old)
    return false;
  if (placed)
    wait_no_more(*old);
  const bool backed_off = old->has(job_flag::backs_off);
  const auto urgent_before = urgency_of(*old);
  take_out(*old);
  auto shape = old->shape;
  if (n.resources) {
    // Acquired before the old one is released: it may be the same. When the table is full it stays what it was.
    if (const auto other = classes_.shapes().acquire({type_of(shape), *n.resources, shapes().at(shape).preempts_in}))
      classes_.shapes().release(std::exchange(shape, *other));
  }
  table_.update(n.job, [&](job_entry& e) {
    const auto former = e;
    const bool retries = n.after == job_state::retrying;
    e = entry_of(n, {former.queue, shape, 0});
    e.set(job_flag::keyed, former.has(job_flag::keyed));
    if (retries && !n.backoff && !n.due)
      e.due = former.due;
    e.ready_at = n.backoff ? now.steady + *n.backoff : former.ready_at;
    // A back-off lasts until it is over; only a time that a client sets takes its place.
    e.set(job_flag::retry_slot, former.has(job_flag::retry_slot) && !n.backoff);
    e.set(job_flag::backs_off, n.backoff ? *n.backoff > duration{0} : backed_off && retries && !n.due);
    // Who is held or released keeps its place, whatever it waits for.
    e.ready_seq = retries && e.has(job_flag::held) == former.has(job_flag::held) ? 0 : former.ready_seq;
    e.set(job_flag::waits_for_jobs, former.has(job_flag::waits_for_jobs));
    e.set(job_flag::awaits_former, former.has(job_flag::awaits_former));
    e.set(job_flag::placed, placed);
    e.set(job_flag::released, former.has(job_flag::released) && !n.backoff);
    e.set(job_flag::owes_turn, former.has(job_flag::owes_turn) && retries && !n.backoff && !n.due);
    if (former.has(job_flag::held) && !n.hold)
      release_into(e, now);
  });
  held_.set(n.job, table_.find(n.job)->queue, n.hold);
  look_at_urgency(n.job);
  if (!urgency_of(*table_.find(n.job)).covers(urgent_before))
    look_at_dependants(n.job);
  return put_in(n.job, now);
}

/// It is not held any more: one that would have had its turn among the retries meanwhile has it now.
void job_index::release_into(job_entry& e, const moment& now) const {
  e.set(job_flag::released, true);
  if (!e.has(job_flag::owes_turn))
    return;
  e.set(job_flag::owes_turn, false);
  e.set(job_flag::backs_off, true);
  e.ready_at = now.steady;
}

void job_index::take(const ready_queues::pick& p) {
  ready_.take(p);
  count_ready(*table_.find(p.entry.id), false);
  table_.update(p.entry.id, [](job_entry& e) {
    e.set(job_flag::ready, false);
    e.set(job_flag::placed, true);
    if (e.state == job_state::queued)
      e.state = job_state::scheduled;
  });
  look_at_shedding(p.entry.id);
}

bool job_index::wait_again(job_id id, const moment& now) {
  const auto* e = table_.find(id);
  if (e->due <= now.wall || planted(bug::early_start))
    return false;
  take_out(*e);
  put_in(id, now);
  return true;
}

void job_index::place(job_id id, job_state state) {
  const auto* e = table_.find(id);
  if (!e)
    return;
  wait_no_more(*e);
  if (e->has(job_flag::ready)) {
    ready_.remove(e->queue, ready_key(*e));
    count_ready(*e, false);
  }
  if (e->has(job_flag::due_timer))
    timers_.remove({e->due, e->id, timer_kind::due});
  if (e->has(job_flag::backs_off))
    backoffs_.remove({e->ready_at, e->id});
  if (state == job_state::running && e->has(job_flag::start_timer))
    timers_.remove({e->must_start_by, e->id, timer_kind::start_deadline});
  table_.update(id, [&](job_entry& x) {
    x.set(job_flag::ready, false);
    x.set(job_flag::due_timer, false);
    x.set(job_flag::backs_off, false);
    x.set(job_flag::owes_turn, false);
    if (state == job_state::running)
      x.set(job_flag::start_timer, false);
    x.set(job_flag::placed, true);
    x.state = state;
  });
  look_at_shedding(id);
}

bool job_index::unplace(job_id id, job_state state, duration pause, const moment& now) {
  const bool known = table_.update(id, [&](job_entry& e) {
    e.set(job_flag::placed, false);
    e.state = state;
    if (pause > duration{0}) {
      e.ready_at = now.steady + pause;
      e.ready_seq = 0;
      e.set(job_flag::backs_off, true);
      e.set(job_flag::retry_slot, true); // no failure of its own
    }
  });
  return known && put_in(id, now);
}

void job_index::await_former(job_id id, const moment& now) {
  take_out(*table_.find(id));
  table_.update(id, [](job_entry& x) { x.set(job_flag::awaits_former, true); });
  put_in(id, now);
}

bool job_index::let_go(job_id id, const moment& now) {
  const auto* e = table_.find(id);
  if (!e || !e->has(job_flag::awaits_former))
    return false;
  table_.update(id, [](job_entry& x) { x.set(job_flag::awaits_former, false); });
  return put_in(id, now);
}

void job_index::finish(const prerequisite_end& end, const moment& now, std::vector<job_id>& to_arm) {
  const auto* e = table_.find(end.job);
  if (!e)
    return; // failed -> cancelled: it was not live
  take_out(*e);
  classes_.set_processed(e->queue, now.wall);
  held_.set(end.job, e->queue, nullptr);
  release(class_of(*e));
  lane_of_.erase(end.job);
  inherited_.forget(end.job);
  unspread_.erase(end.job);
  fanned_out_.erase(end.job);
  table_.erase(end.job);
  graph_.remove(end.job);
  go_on(graph_.ended(end), now, to_arm);
}

/// Takes it out of whatever order it is in; it stays in the table.
void job_index::take_out(const job_entry& e) {
  shed_.remove(e);
  if (e.has(job_flag::ready)) {
    ready_.remove(e.queue, ready_key(e));
    count_ready(e, false);
  }
  if (e.has(job_flag::due_timer))
    timers_.remove({e.due, e.id, timer_kind::due});
  if (e.has(job_flag::backs_off))
    backoffs_.remove({e.ready_at, e.id});
  if (e.has(job_flag::start_timer))
    timers_.remove({e.must_start_by, e.id, timer_kind::start_deadline});
  table_.update(e.id, [](job_entry& x) {
    x.set(job_flag::ready, false);
    x.set(job_flag::due_timer, false);
    x.set(job_flag::backs_off, false);
    x.set(job_flag::start_timer, false);
  });
}

/// Puts it where it belongs by its state: waiting for jobs, for a time, or in the line. True: it is to be armed.
bool job_index::put_in(job_id id, const moment& now) {
  auto e = *table_.find(id);
  const bool started = e.state == job_state::running;
  if (!started && e.must_start_by != time_point::max() && !e.has(job_flag::start_timer)) {
    timers_.add({e.must_start_by, id, timer_kind::start_deadline});
    e.set(job_flag::start_timer, true);
  }
  bool line = false, arms = false;
  constexpr uint32_t elsewhere =
    job_flag::placed | job_flag::waits_for_jobs | job_flag::awaits_former | job_flag::ready | job_flag::due_timer;
  if (!started && !e.has(elsewhere)) {
    if (e.has(job_flag::backs_off)) {
      backoffs_.add({e.ready_at, id});
    } else if (e.due > now.wall && !planted(bug::early_start)) {
      timers_.add({e.due, id, timer_kind::due});
      e.set(job_flag::due_timer, true);
      arms = e.state == job_state::queued;
    } else {
      line = true;
    }
  }
  table_.update(id, [&](job_entry& x) { x = e; });
  look_at_shedding(id);
  if (line)
    line_up(id, now);
  return arms;
}

/// A held job gets its place, and waits beside the line.
void job_index::line_up(job_id id, const moment& now) {
  table_.update(id, [&](job_entry& x) {
    x.set(job_flag::ready, !x.has(job_flag::held));
    if (x.ready_seq != 0)
      return; // it was in the line before and was handed back or changed: it keeps its place
    x.ready_at = now.steady;
    x.ready_seq = ++next_place_;
  });
  const auto& e = *table_.find(id);
  if (e.has(job_flag::held))
    return;
  ready_.add(e.queue, ready_key(e));
  count_ready(e, true);
}

void job_index::count_ready(const job_entry& e, bool more) {
  const auto& shape = shapes().at(e.shape);
  if (ready_by_type_.size() <= shape.type)
    ready_by_type_.resize(shape.type + size_t{1});
  ready_by_type_[shape.type] += more ? 1u : ~uint64_t{0};
  if (shape.request.is_plain())
    plain_ready_ += more ? 1u : ~uint64_t{0};
}

void job_index::sanity_check() const {
  table_.sanity_check();
  classes_.sanity_check();
  ready_.sanity_check();
  timers_.sanity_check();
  graph_.sanity_check();
  backoffs_.sanity_check();
  check_urgency();
  check_shedding();
  uint64_t ready = 0, timers = 0, plain = 0, pauses = 0, held_ones = 0;
  for (const auto& e : table_.entries()) {
    const bool placed = e.has(job_flag::placed), waits = e.has(job_flag::waits_for_jobs | job_flag::awaits_former);
    const bool in_line = e.has(job_flag::ready), timed = e.has(job_flag::due_timer),
               pauses_now = e.has(job_flag::backs_off);
    CB_INVARIANT(placed + waits + in_line + timed + pauses_now <= 1 + (placed && waits),
                 "a live job waits in one order");
    const bool held = e.has(job_flag::held);
    CB_INVARIANT(placed || waits || in_line || timed || pauses_now || held || e.state == job_state::running,
                 "a live job is somewhere");
    CB_INVARIANT(!(held && in_line) && held == (held_.find(e.id) != nullptr), "a held job is not in the line");
    CB_INVARIANT(!in_line || ready_.find(e.queue), "a job of the line is in its queue");
    ready += in_line;
    plain += in_line && shapes().at(e.shape).request.is_plain();
    timers += timed + e.has(job_flag::start_timer);
    pauses += pauses_now;
    held_ones += held;
  }
  size_t keyed = 0;
  for (const auto& e : table_.entries())
    keyed += e.has(job_flag::keyed);
  CB_INVARIANT(keyed == lane_of_.size(), "the lanes are those of live jobs");
  CB_INVARIANT(held_ones == held_.size(), "the held jobs are live");
  CB_INVARIANT(ready == ready_.size() && plain == plain_ready_, "the line holds the jobs that are ready");
  CB_INVARIANT(timers == timers_.size(), "the timers are those of live jobs");
  CB_INVARIANT(pauses == backoffs_.size(), "the back-offs are those of live jobs");
}

} // namespace callboard
