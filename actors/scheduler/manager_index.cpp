#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

namespace {

ready_entry ready_key(const job_entry& e) {
  return {e.id, e.must_start_by, e.ready_seq, e.ready_at, e.shape, e.priority};
}

} // namespace

void manager::insert_created(const job_note& n, const unborn& u) {
  job_entry e;
  e.id = n.job;
  e.queue = u.queue;
  e.shape = u.shape;
  e.state = n.after;
  e.priority = n.priority;
  e.due = n.due.value_or(time_point{});
  e.must_start_by = n.must_start_by.value_or(time_point::max());
  e.set(job_flag::in_memory, n.level == durability::memory);
  std::vector<job_id> live;
  for (auto dep : u.dependencies)
    if (table_.find(dep))
      live.push_back(dep);
  e.set(job_flag::waits_for_jobs, !live.empty());
  table_.insert(e);
  if (!live.empty())
    graph_.add(n.job, live);
  index(n.job);
  if (!u.doomed.empty())
    route(n.job, job_command::cancel{job_error_code::upstream_failed, u.doomed},
          pending{.why = purpose::cancel, .job = n.job});
}

/// An operator's retry: a finished job lives again.
void manager::insert_again(const job_note& n, const job_record& rec) {
  const auto queue = queues_.intern(rec.spec.queue);
  const auto type = types_.intern(rec.spec.type);
  if (table_.find(n.job))
    return;
  job_entry e;
  e.id = n.job;
  e.queue = queue.value_or(0);
  e.shape = shapes_.acquire({type.value_or(0), rec.spec.resources}).value_or(0);
  e.state = n.after;
  e.priority = n.priority;
  e.due = n.due.value_or(time_point{});
  e.must_start_by = n.must_start_by.value_or(time_point::max());
  e.set(job_flag::in_memory, n.level == durability::memory);
  table_.insert(e);
  index(n.job);
}

/// The job lives on in another state, or with another priority or time.
void manager::refresh(const job_note& n) {
  const auto* old = table_.find(n.job);
  if (!old)
    return;
  const bool backed_off = old->has(job_flag::backs_off) && n.after == job_state::retrying;
  unindex(*old);
  auto shape = old->shape;
  if (n.resources) {
    // Acquired before the old one is released: it may be the same.
    const auto type = type_of(shape);
    shapes_.release(std::exchange(shape, shapes_.acquire({type, *n.resources}).value_or(shape)));
  }
  table_.update(n.job, [&](job_entry& e) {
    e.shape = shape;
    e.state = n.after;
    e.priority = n.priority;
    if (n.after != job_state::retrying || n.backoff || n.due)
      e.due = n.due.value_or(time_point{});
    if (n.backoff)
      e.ready_at = steady() + *n.backoff;
    // A back-off lasts until it is over; only a time that a client sets takes its place.
    e.set(job_flag::backs_off, n.backoff ? *n.backoff > duration{0} : backed_off && e.due == time_point{});
    e.must_start_by = n.must_start_by.value_or(time_point::max());
    e.set(job_flag::placed, placed_.count(n.job) != 0);
    if (n.after == job_state::retrying)
      e.ready_seq = 0;
  });
  index(n.job);
}

void manager::remove_finished(const job_note& n) {
  const auto* e = table_.find(n.job);
  if (!e)
    return; // failed -> cancelled: it was not live
  unindex(*e);
  if (e->queue >= last_processed_.size())
    last_processed_.resize(e->queue + 1u);
  last_processed_[e->queue] = now();
  shapes_.release(e->shape);
  table_.erase(n.job);
  if (n.after == job_state::completed) {
    for (auto id : graph_.completed(n.job)) {
      table_.update(id, [](job_entry& w) { w.set(job_flag::waits_for_jobs, false); });
      index(id);
    }
    return;
  }
  const auto reason = to_string(n.job) + " is " + std::string{to_string(n.after)};
  if (auto late = unborn_dependants_.find(n.job); late != unborn_dependants_.end())
    for (auto id : late->second)
      if (auto u = unborn_.find(id); u != unborn_.end())
        u->second.doomed = reason;
  // Jobs that came to wait for it after its group was closed.
  for (auto id : graph_.dependants(n.job))
    if (group_of_.find(id) == group_of_.end() && table_.find(id)) {
      const auto group = group_for(id);
      route(id, job_command::cancel{job_error_code::upstream_failed, reason},
            pending{.why = purpose::cancel, .job = id, .group = group}, false, group);
    }
  graph_.remove(n.job);
}

/// Takes it out of whatever order it is in; it stays in the table.
void manager::unindex(const job_entry& e) {
  if (e.has(job_flag::ready)) {
    ready_.remove(e.queue, ready_key(e));
    --ready_by_type_[type_of(e.shape)];
    ready_plain_ -= shapes_.at(e.shape).request.is_plain();
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
    x.set(job_flag::start_timer, false);
    x.set(job_flag::backs_off, false);
  });
}

/// Puts it where it belongs by its state: waiting for jobs, for a time, or in the line.
void manager::index(job_id id) {
  const auto* found = table_.find(id);
  if (!found)
    return;
  auto e = *found;
  const bool started = e.state == job_state::running;
  if (!started && e.must_start_by != time_point::max() && !e.has(job_flag::start_timer)) {
    timers_.add({e.must_start_by, id, timer_kind::start_deadline});
    e.set(job_flag::start_timer, true);
  }
  bool line = false, arms = false;
  if (!e.has(job_flag::placed) && !started && !e.has(job_flag::waits_for_jobs)) {
    if (e.has(job_flag::backs_off)) {
      backoffs_.add({e.ready_at, id});
    } else if (e.due > now()) {
      timers_.add({e.due, id, timer_kind::due});
      e.set(job_flag::due_timer, true);
      arms = e.state == job_state::queued;
    } else {
      line = true;
    }
  }
  table_.update(id, [&](job_entry& x) { x = e; });
  if (line)
    make_ready(id);
  if (arms)
    route(id, job_command::arm{}, pending{.why = purpose::arm, .job = id});
}

void manager::make_ready(job_id id) {
  table_.update(id, [&](job_entry& x) {
    x.set(job_flag::ready, true);
    if (x.ready_seq != 0)
      return; // it was in the line before and was handed back or changed: it keeps its place
    x.ready_at = steady();
    x.ready_seq = ++ready_seq_;
  });
  const auto& e = *table_.find(id);
  ready_.add(e.queue, ready_key(e));
  const auto type = type_of(e.shape);
  if (type >= ready_by_type_.size())
    ready_by_type_.resize(type + size_t{1});
  ++ready_by_type_[type];
  ready_plain_ += shapes_.at(e.shape).request.is_plain();
}

void manager::on_wake() {
  const auto t = steady();
  alarm_ = steady_point::max();
  wall_alarm_ = time_point::max();
  if (!owed_.empty() && t >= owed_at_)
    pay_owed();
  admit_again(t);
  for (const auto id : backoffs_.pop_over(t, 10'000)) {
    table_.update(id, [](job_entry& x) { x.set(job_flag::backs_off, false); });
    make_ready(id);
  }
  for (const auto& timer : timers_.pop_due(now(), 10'000)) {
    const auto* e = table_.find(timer.id);
    if (!e)
      continue;
    if (timer.kind == timer_kind::due) {
      table_.update(timer.id, [](job_entry& x) { x.set(job_flag::due_timer, false); });
      if (!e->has(job_flag::placed))
        make_ready(timer.id);
      continue;
    }
    table_.update(timer.id, [](job_entry& x) { x.set(job_flag::start_timer, false); });
    if (e->state == job_state::running)
      continue;
    const auto group = group_for(timer.id);
    route(timer.id, job_command::miss_deadline{},
          pending{.why = purpose::miss_deadline, .job = timer.id, .group = group}, false, group);
  }
  turn_over();
}

void manager::set_alarm() {
  const auto wall = timers_.next_deadline().value_or(time_point::max());
  auto next = backoffs_.next_end().value_or(steady_point::max());
  if (!owed_.empty())
    next = std::min(next, owed_at_);
  if (hold_until_)
    next = std::min(next, *hold_until_);
  next = std::min(next, next_probe());
  if (next >= alarm_ && wall >= wall_alarm_)
    return;
  alarm_ = std::min(alarm_, next);
  wall_alarm_ = std::min(wall_alarm_, wall);
  self_->send(options_.timekeeper, wake_request{alarm_, caf::actor_cast<caf::actor>(self_), wall_alarm_});
}

} // namespace callboard
