#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

void manager::on(get_call& x) {
  if (auto e = closed_for(); e && !draining_)
    return x.reply.deliver(*e);
  if (auto r = residents_.find(x.job); r != residents_.end() && r->second.handle) {
    // While an event of the job is on its way to the disk, what its actor knows is not true yet.
    if (r->second.busy)
      r->second.readers.push_back(std::move(x));
    else
      tell(r->second.handle, std::move(x));
    return run_jobs();
  }
  fetch_request f{x.job, {}, std::move(x.reply)};
  if (const auto* e = table_.find(x.job))
    f.overlay = overlay(*e);
  self_->send(reader_, std::move(f));
}

live_overlay manager::overlay(const job_entry& e) const {
  live_overlay o;
  o.job = e.id;
  o.state = e.state;
  if (auto p = placed_.find(e.id); p != placed_.end()) {
    const auto& a = attempts_.at(p->second.value);
    o.proof = p->second;
    if (auto s = seats_.find(a.worker); s != seats_.end())
      o.worker = *s->second.name;
    if (a.started_at != time_point{})
      o.started_at = a.started_at;
  }
  return o;
}

void manager::on(list_call& x) {
  if (auto e = incomplete())
    return x.reply.deliver(*e);
  const auto& q = x.request;
  const auto type = types_.find(q.type);
  const auto queue = queues_.find(q.queue);
  page_request p{q, {}, {}, std::move(x.reply)};
  const bool any_live = q.states.empty() || !std::all_of(q.states.begin(), q.states.end(), is_terminal);
  if (any_live && (q.type.empty() || type) && (q.queue.empty() || queue)) {
    auto below = q.below;
    if (q.to && (!below || first_id_at(*q.to) < *below))
      below = first_id_at(*q.to);
    const auto from = q.from ? first_id_at(*q.from) : job_id{};
    constexpr size_t examine_max = 200'000;
    // Tags are in the records only, so a job with the right one has to be found among these.
    constexpr size_t records_max = 1000;
    const auto candidates = q.tag.empty() ? q.limit + 1u : std::max<size_t>(q.limit + 1u, records_max);
    auto page = table_.page(below, candidates, examine_max, [&](const job_entry& e) {
      return e.id >= from &&
             (q.states.empty() || std::find(q.states.begin(), q.states.end(), e.state) != q.states.end()) &&
             (q.type.empty() || type_of(e.shape) == *type) && (q.queue.empty() || e.queue == *queue) &&
             (!q.priority || e.priority == *q.priority);
    });
    for (auto id : page.ids)
      p.live.push_back(overlay(*table_.find(id)));
    if (page.examined_to && *page.examined_to >= from)
      p.live_examined_to = page.examined_to;
  }
  self_->send(reader_, std::move(p));
}

void manager::on(cancel_call& x) {
  if (put_off(x))
    return;
  const auto group = group_for(x.job);
  route(x.job, job_command::cancel{job_error_code::cancelled, x.reason.empty() ? "cancelled by a client" : x.reason},
        pending{.why = purpose::cancel, .job = x.job, .reply = std::move(x.reply), .group = group}, true, group);
  turn_over();
}

void manager::on(retry_call& x) {
  if (put_off(x))
    return;
  route(x.job, job_command::retry{}, pending{.why = purpose::retry, .job = x.job, .reply = std::move(x.reply)}, true);
  turn_over();
}

void manager::on(modify_call& x) {
  if (put_off(x))
    return;
  route(x.job, job_command::modify{x.patch}, pending{.why = purpose::modify, .job = x.job, .reply = std::move(x.reply)},
        true);
  turn_over();
}

// While jobs are still being read their numbers would be too low: whoever waits for a queue to become empty would be
// told so too early.

void manager::on(metrics_call& x) {
  if (auto e = incomplete())
    return x.reply.deliver(*e);
  x.view.by_state = table_.by_state();
  x.view.job_actors = residents_.size();
  x.view.store_writable = !store_error_;
  self_->send(reader_, std::move(x));
}

void manager::on(status_call& x) {
  if (auto e = incomplete())
    return x.reply.deliver(*e);
  auto& v = x.view;
  v.started_at = started_at_;
  v.by_state = table_.by_state();
  for (size_t i = 0; i < queues_.size(); ++i) {
    const auto q = static_cast<uint16_t>(i);
    queue_view view;
    view.name = queues_.name(q);
    const auto& states = table_.by_state(q);
    const auto in = [&](job_state s) { return states[static_cast<size_t>(s)]; };
    view.running = in(job_state::running);
    view.retrying = in(job_state::retrying);
    if (const auto* jobs = ready_.find(q)) {
      view.ready = jobs->size();
      for (uint8_t p = priority_min; p <= priority_max; ++p)
        view.ready_by_priority[p] = jobs->size(p);
      if (const auto since = jobs->oldest_ready())
        view.oldest_ready = now() - (steady() - *since);
    }
    const auto live = in(job_state::queued) + in(job_state::scheduled) + view.retrying;
    view.waiting = live > view.ready ? live - view.ready : 0;
    if (i < last_processed_.size())
      view.last_processed = last_processed_[i];
    v.queues.push_back(std::move(view));
  }
  self_->send(reader_, std::move(x));
}

/// Adds what only the ledger knows of the workers.
void manager::on(workers_call& x) {
  constexpr size_t running_max = 1000;
  const auto t = steady();
  std::map<std::string_view, worker_view*> by_name;
  for (auto& v : x.views)
    by_name[v.name] = &v;
  std::map<worker_id, worker_view*> by_id;
  for (const auto& [w, s] : seats_) {
    auto v = by_name.find(*s.name);
    if (v == by_name.end())
      continue;
    by_id[w] = v->second;
    v->second->late_refused = s.late;
    v->second->taken = fit_.taken(w);
    if (s.breaker) {
      v->second->breaker = s.breaker->state(t);
      v->second->breaker_trips = s.breaker->trips();
    }
  }
  for (const auto& [id, proof] : placed_) {
    const auto& a = attempts_.at(proof.value);
    if (auto v = by_id.find(a.worker); v != by_id.end() && v->second->running.size() < running_max)
      v->second->running.push_back(id);
  }
  for (auto& [w, v] : by_id)
    std::sort(v->running.begin(), v->running.end());
  x.reply.deliver(std::move(x.views));
}

queue_load manager::load() const {
  queue_load l;
  l.ready_jobs = ready_.size();
  for (size_t i = 0; i < ready_by_type_.size(); ++i) {
    const auto mean = estimator_.mean_run(static_cast<uint16_t>(i)).value_or(estimator::unknown_run);
    l.queued_work += mean * static_cast<int64_t>(std::min<uint64_t>(ready_by_type_[i], uint64_t{1} << 32));
  }
  for (const auto& [w, s] : seats_)
    l.busy_slots += std::min(s.in_flight, s.slots);
  return l;
}

actor_facts manager::facts() const {
  const auto n = [](auto x) { return std::to_string(x); };
  actor_facts f{{"boot", n(boot_)},
                {"recovered", recovered_ ? "true" : "false"},
                {"draining", draining_ ? "true" : "false"},
                {"liveJobs", n(table_.size())},
                {"readyJobs", n(ready_.size())},
                {"jobActors", n(residents_.size())},
                {"jobsBusy", n(busy_)},
                {"submitsUnderWay", n(unborn_.size())},
                {"attempts", n(attempts_.size())},
                {"groups", n(groups_.size())},
                {"shapes", n(shapes_.size())},
                {"timers", n(timers_.size())},
                {"backOffs", n(backoffs_.size())},
                {"eventsOwed", n(owed_.size())},
                {"workersAwaited", n(awaited_members_.size())},
                {"indexBytes", n(table_.memory_bytes() + ready_.memory_bytes() + backoffs_.memory_bytes())}};
  for (const auto& [w, s] : seats_)
    f.emplace_back("seat " + *s.name, n(s.in_flight) + " of " + n(s.slots) + " slots" +
                                        (s.accepts ? "" : ", takes nothing") +
                                        (s.member_written ? "" : ", membership being written"));
  return f;
}

void manager::on(health_call& x) {
  x.view.started_at = started_at_;
  x.view.components.push_back({"queue-manager", recovered_ && !draining_,
                               draining_    ? "shutting down"
                               : recovered_ ? std::to_string(table_.size()) + " live jobs"
                                            : "reading the store: " + std::to_string(table_.size()) + " jobs so far"});
  x.reply.deliver(std::move(x.view));
}

} // namespace callboard
