#include "actors/runtime/log.hpp"
#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

manager::resident& manager::spawn_job(job_id id, std::shared_ptr<job_record> rec) {
  auto& r = residents_[id];
  // Lazy: its first turn is with its first message, in the runner. Hidden: the system's end does not wait for it, it
  // goes with its handle.
  r.handle =
    self_->spawn<caf::lazy_init + caf::hidden>(job, std::shared_ptr<const job_context>{context_}, std::move(rec));
  return r;
}

/// Lets the jobs that were told something act, in this turn.
void manager::run_jobs() {
  runner_.run(self_->context());
}

/// Gives a job an event: now, after the one it is busy with, or when it is loaded.
void manager::route(job_id id, job_command::event_type event, pending p, bool with_view, uint64_t group) {
  job_command c;
  c.event = std::move(event);
  c.with_view = with_view;
  c.group = group;
  if (!std::holds_alternative<job_command::place>(c.event))
    c.token = next_token();
  p.job = id;
  auto& r = residents_[id];
  if (r.handle && !r.busy && r.later.empty())
    return give(r, std::move(c), std::move(p));
  r.later.push_back({std::move(c), std::move(p)});
  if (!r.handle && r.later.size() == 1) // with the first command, which waits for it
    load_wanted_.push_back(id);
}

void manager::give(resident& r, job_command c, pending p) {
  c.now = now();
  if (c.token != 0) {
    r.busy = true;
    r.token = c.token;
    r.now_pending = std::move(p);
    ++busy_;
  }
  tell(r.handle, std::move(c));
}

void manager::send_next(resident& r) {
  while (r.handle && !r.busy && !r.later.empty()) {
    auto next = std::move(r.later.front());
    r.later.erase(r.later.begin());
    give(r, std::move(next.command), std::move(next.why));
  }
}

/// One read for all jobs that were wanted in this turn.
void manager::load_wanted() {
  if (load_wanted_.empty() || !reader_)
    return;
  auto ids = std::exchange(load_wanted_, {});
  read_request ask;
  ask.jobs = ids;
  self_->request(reader_, caf::infinite, std::move(ask))
    .then([this, ids](read_answer& x) { on_loaded(ids, x); },
          [this, ids](caf::error&) {
            read_answer none;
            none.failed = error{ec::storage_unavailable, "the store could not be read"};
            on_loaded(ids, none);
          });
}

void manager::on_loaded(const std::vector<job_id>& asked, read_answer& x) {
  for (auto& rec : x.jobs) {
    const auto id = rec.id;
    auto i = residents_.find(id);
    if (i == residents_.end() || i->second.handle)
      continue;
    auto& r = spawn_job(id, std::make_shared<job_record>(std::move(rec)));
    // An attempt of a job whose actor was dropped after a failed write: the record does not know it.
    if (auto p = placed_.find(id); p != placed_.end()) {
      const auto& slot = attempts_.at(p->second.value);
      const auto next_is = [&]<class Event>(const Event*) {
        return !r.later.empty() && std::holds_alternative<Event>(r.later.front().command.event);
      };
      if (!next_is(static_cast<job_command::place*>(nullptr)) && !next_is(static_cast<job_command::adopt*>(nullptr))) {
        job_command c;
        c.token = next_token();
        c.event = job_command::adopt{seats_.count(slot.worker) != 0 ? seats_.at(slot.worker).name
                                                                    : std::make_shared<const std::string>("?"),
                                     p->second, 0, slot.started_at};
        r.later.insert(r.later.begin(), {std::move(c), pending{.why = purpose::adopt, .job = id}});
      }
    }
    send_next(r);
  }
  for (auto id : asked) {
    auto i = residents_.find(id);
    if (i == residents_.end() || i->second.handle)
      continue;
    drop_resident(id,
                  x.failed ? *x.failed : error{ec::unknown_job, "no job " + to_string(id) + " is known here", "id"});
  }
  turn_over();
}

/// Forgets the actor (it is loaded again when needed) and refuses what waited for it.
void manager::drop_resident(job_id id, const error& why) {
  auto i = residents_.find(id);
  if (i == residents_.end())
    return;
  auto r = std::move(i->second);
  residents_.erase(i);
  if (r.busy)
    --busy_;
  if (r.token != 0)
    refuse(r.now_pending, why);
  for (auto& call : r.readers)
    call.reply.deliver(why);
  for (auto& [command, pending_of_it] : r.later) {
    if (command.token != 0) {
      refuse(pending_of_it, why);
      continue;
    }
    // A place: the slot was reserved for nothing.
    release_attempt(std::get<job_command::place>(command.event).proof);
    if (table_.find(id)) {
      log().error("{} could not be loaded and waits for a minute: {}", to_string(id), why.message);
      const auto again = steady() + std::chrono::minutes{1};
      table_.update(id, [&](job_entry& e) {
        e.set(job_flag::placed, false);
        e.ready_at = again;
        e.set(job_flag::backs_off, true);
      });
      index(id);
    }
  }
}

/// A command will have no effect: whoever waits for it is told.
void manager::refuse(const pending& p, const error& why) {
  if (p.group != 0)
    leave_group(p.group, p.job);
  switch (p.why) {
  case purpose::create: {
    auto u = unborn_.extract(p.job);
    const result<submit_answer> a{why};
    if (u) {
      forget_unborn(p.job, u.mapped());
      shapes_.release(u.mapped().shape);
      settle_key(u.mapped().key, a);
    }
    answer_submit(p.submit, p.position, a);
    break;
  }
  case purpose::finish:
    // Not acknowledged: the worker tells it again.
    if (auto s = attempts_.find(p.proof.value); s != attempts_.end())
      s->second.routed = false;
    break;
  default:
    p.reply.deliver(why);
  }
}

void manager::on(job_note& n) {
  settle(n);
  turn_over();
}

void manager::on(commit_report& x) {
  ++delta_.commits;
  delta_.committed_records += x.failed ? 0 : x.records;
  delta_.commit_times.push_back(x.took);
  delta_dirty_ = true;
  store_error_ = x.failed;
  for (auto& n : x.notes) {
    if (x.failed)
      settle_failed(n, *x.failed);
    else
      settle(n);
  }
  turn_over();
}

/// What was to be done at this note; nothing when nobody waits for it any more. The job stays busy until `after_note`.
std::optional<manager::pending> manager::take_pending(const job_note& n) {
  const auto i = residents_.find(n.job);
  if (i == residents_.end() || i->second.token != n.token)
    return std::nullopt;
  i->second.token = 0;
  return std::move(i->second.now_pending);
}

/// Nothing of it was written. The job's actor has applied it all the same: it is dropped, and what is stored counts.
void manager::settle_failed(job_note& n, const error& why) {
  if (!n.job) {
    members_in_flight_.erase(n.token);
    return;
  }
  auto taken = take_pending(n);
  if (!taken)
    return;
  auto p = std::move(*taken);
  p.group = 0;
  group_of_.erase(n.job);
  refuse(p, why);
  drop_resident(n.job, why);
  // Nobody else will tell these again.
  if (p.why == purpose::lose)
    owed_.push_back({n.job, job_command::lose{p.proof, "the worker was lost"}, std::move(p)});
  else if (p.why == purpose::miss_deadline)
    owed_.push_back({n.job, job_command::miss_deadline{}, std::move(p)});
  owed_at_ = steady() + config().store.probe_every;
}

void manager::pay_owed() {
  for (auto& o : std::exchange(owed_, {})) {
    if (!table_.find(o.job))
      continue;
    const auto group = group_for(o.job);
    o.why.group = group;
    route(o.job, std::move(o.event), std::move(o.why), false, group);
  }
}

/// Its shape stays acquired: for its entry, or to be released by whoever drops it.
void manager::forget_unborn(job_id id, const unborn& u) {
  for (auto dep : u.dependencies) {
    auto i = unborn_dependants_.find(dep);
    if (i == unborn_dependants_.end())
      continue;
    std::erase(i->second, id);
    if (i->second.empty())
      unborn_dependants_.erase(i);
  }
}

void manager::settle(job_note& n) {
  if (!n.job) {
    const auto written = members_in_flight_.extract(n.token);
    if (auto s = written ? seats_.find(written.mapped()) : seats_.end(); s != seats_.end()) {
      s->second.member_written = true;
      set_accepting(s->first, s->second);
    }
    return;
  }
  auto taken = take_pending(n);
  if (!taken)
    return;
  auto p = std::move(*taken);
  group_of_.erase(n.job);
  if (n.refused) {
    if (p.why == purpose::finish || p.why == purpose::lose) {
      ++delta_.stale_refused;
      release_attempt(p.proof);
      if (auto s = seats_.find(p.worker); s != seats_.end())
        s->second.orders.acknowledged.push_back({n.job.value, p.proof.value});
      if (p.group != 0)
        leave_group(p.group, n.job);
    } else if (p.why == purpose::adopt) {
      // The attempt is over for the job: its worker stops it, and the job goes back to where it was.
      if (auto s = seats_.find(p.worker); s != seats_.end())
        s->second.orders.cancelled.push_back({n.job.value, p.proof.value});
      release_attempt(p.proof);
      table_.update(n.job, [&](job_entry& e) {
        e.set(job_flag::placed, false);
        e.state = n.after;
      });
      index(n.job);
    } else {
      refuse(p, *n.refused);
    }
    return after_note(n.job);
  }
  count(n, p);
  if (p.why == purpose::finish || p.why == purpose::lose) {
    count_stages(p.proof);
    release_attempt(p.proof);
    if (auto s = seats_.find(p.worker); s != seats_.end())
      s->second.orders.acknowledged.push_back({n.job.value, p.proof.value});
  } else if (is_terminal(n.after)) {
    orphan_attempt(n.job);
  }

  if (p.why == purpose::create) {
    auto u = unborn_.extract(n.job);
    submit_answer a{.id = n.job,
                    .state = n.after,
                    .priority = n.priority,
                    .created_at = n.created_at,
                    .scheduled_at = n.due,
                    .estimated_execution = u.mapped().estimate,
                    .level = n.level};
    forget_unborn(n.job, u.mapped());
    if (is_terminal(n.after))
      shapes_.release(u.mapped().shape);
    else
      insert_created(n, u.mapped());
    settle_key(u.mapped().key, a);
    answer_submit(p.submit, p.position, a);
  } else if (is_terminal(n.after)) {
    remove_finished(n);
  } else if (is_terminal(n.before)) {
    insert_again(n, *n.view);
  } else {
    refresh(n);
  }
  if (p.reply && n.view)
    p.reply.deliver(n.view);
  after_note(n.job);
}

/// The job's actor is free for its next event, or not needed any more.
void manager::after_note(job_id id) {
  auto i = residents_.find(id);
  if (i == residents_.end())
    return;
  auto& r = i->second;
  if (std::exchange(r.busy, false))
    --busy_;
  for (auto& call : std::exchange(r.readers, {}))
    tell(r.handle, std::move(call));
  if (!r.later.empty())
    return send_next(r);
  const auto* e = table_.find(id);
  const bool idle = !e || !e->has(job_flag::placed);
  if (!e || (idle && residents_.size() > config().jobs.resident_max))
    residents_.erase(i); // without a handle to it the actor ends by itself
}

void manager::count(const job_note& n, const pending& p) {
  delta_dirty_ = true;
  if (p.why == purpose::create)
    ++delta_.submitted;
  if (n.wait_time)
    ++delta_.started;
  delta_.retried += n.charged && n.after == job_state::retrying;
  delta_.lost += n.lost;
  delta_.completed += n.after == job_state::completed;
  delta_.failed += n.after == job_state::failed;
  delta_.cancelled += n.after == job_state::cancelled;
  delta_.deadline_missed += p.why == purpose::miss_deadline;
  if (!n.wait_time && !n.run_time && !is_terminal(n.after))
    return;
  const auto* e = table_.find(n.job);
  if (!e)
    return;
  const auto& shape = shapes_.at(e->shape);
  metrics_delta::sample s{std::string{types_.name(shape.type)}, n.after, n.wait_time, n.run_time, n.charged};
  if (n.run_time) {
    estimator_.record_run(shape.type, *n.run_time);
    s.queue = queues_.name(e->queue);
    s.tags = n.tags;
    s.usage = n.usage;
    s.asked = shape.request;
  }
  delta_.samples.push_back(std::move(s));
}

/// Of an attempt whose outcome is durable.
void manager::count_stages(fence proof) {
  const auto i = attempts_.find(proof.value);
  if (i == attempts_.end())
    return;
  const auto& a = i->second;
  if (a.placed_at != time_point{} && a.started_at != time_point{})
    delta_.deliver_times.push_back(std::max(duration{0}, a.started_at - a.placed_at));
  if (a.reported_at != steady_point::min())
    delta_.settle_times.push_back(steady() - a.reported_at);
}

/// Ends the handling of a message: what it made possible is done once, not once per job.
void manager::turn_over() {
  dispatch();
  load_wanted();
  run_jobs();
  send_orders();
  set_alarm();
  if (std::exchange(delta_dirty_, false))
    self_->send(options_.metrics, std::exchange(delta_, {}));
  if (draining_ && busy_ == 0 && unborn_.empty())
    for (auto& promise : std::exchange(drain_waiters_, {}))
      promise.deliver(caf::ok_atom{});
}

void manager::on(job_crashed& x) {
  if (residents_.find(x.job) == residents_.end())
    return;
  log().error("the actor of {} stopped: {}", to_string(x.job), x.what);
  drop_resident(x.job, error{ec::internal_error, "the job's actor stopped; see the scheduler's log"});
  turn_over();
}

} // namespace callboard
