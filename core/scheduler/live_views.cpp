#include "core/scheduler/live_views.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace callboard {

live_overlay overlay_of(const scheduler_state& s, const job_entry& e) {
  live_overlay o;
  o.job = e.id;
  o.state = e.state;
  if (const auto f = s.ledger.of_job(e.id)) {
    const auto& a = *s.ledger.find(*f);
    o.fence = *f;
    if (const auto* at = s.ledger.find(a.worker))
      o.worker = *at->name;
    if (a.started_at != time_point{})
      o.started_at = a.started_at;
  }
  return o;
}

overlay_answer overlays_of(const scheduler_state& s, const std::vector<job_id>& jobs) {
  overlay_answer out;
  for (const auto id : jobs)
    if (const auto* e = s.index.find(id))
      out.live.push_back(overlay_of(s, *e));
  return out;
}

bool add_live_jobs(const scheduler_state& s, page_request& page, size_t examine_max) {
  const auto& q = page.request;
  const auto type = s.index.types().find(q.type);
  const auto queue = s.index.queues().find(q.queue);
  if ((!q.type.empty() && !type) || (!q.queue.empty() && !queue))
    return true;
  const auto in_state = [&](job_state x) {
    return q.states.empty() || std::find(q.states.begin(), q.states.end(), x) != q.states.end();
  };
  const auto from = q.from ? first_id_at(*q.from) : job_id{};
  const auto belongs = [&](const job_entry& e) {
    return e.id >= from && in_state(e.state) && (q.type.empty() || s.index.type_of(e.shape) == *type) &&
           (q.queue.empty() || e.queue == *queue) && (!q.priority || e.priority == *q.priority) &&
           (!q.held || e.has(job_flag::held) == *q.held);
  };
  // No more can come than there are of that queue and those states, so that the last few of millions need not be looked
  // for to the end.
  const auto& table = s.index.table();
  const auto& counts = q.queue.empty() ? table.by_state() : table.by_state(*queue);
  uint64_t left = 0;
  for (size_t i = 0; i < job_state_count; ++i)
    left += in_state(static_cast<job_state>(i)) ? counts[i] : 0;
  for (const auto& found : page.live)
    if (const auto* e = s.index.find(found.job); e && belongs(*e) && left > 0)
      --left;
  if (left == 0) {
    page.live_examined_to.reset();
    return true;
  }
  auto below = page.live_examined_to ? page.live_examined_to : q.below;
  if (q.to && (!below || first_id_at(*q.to) < *below))
    below = first_id_at(*q.to);
  // One more than fit tells whether there is another page.
  const auto wanted = q.limit + size_t{1} - page.live.size();
  const auto found = table.page(below, std::min<uint64_t>(wanted, left), examine_max, belongs);
  for (auto id : found.ids)
    page.live.push_back(overlay_of(s, *s.index.find(id)));
  page.live_examined_to = found.examined_to && *found.examined_to >= from ? found.examined_to : std::nullopt;
  const bool all_found = found.ids.size() == left;
  if (all_found)
    page.live_examined_to.reset();
  return !page.live_examined_to || page.live.size() > q.limit;
}

void fill(const scheduler_state& s, status_view& v, const moment& now) {
  v.by_state = s.index.table().by_state();
  s.index.queues().for_each([&](uint32_t number, std::string_view name) {
    queue_view view;
    view.name = name;
    const auto& states = s.index.table().by_state(number);
    const auto in = [&](job_state x) { return states[static_cast<size_t>(x)]; };
    view.running = in(job_state::running);
    view.retrying = in(job_state::retrying);
    if (const auto* jobs = s.index.line().find(number)) {
      view.ready = jobs->size();
      for (uint8_t p = priority_min; p <= priority_max; ++p)
        view.ready_by_priority[p] = jobs->size(p);
      if (const auto since = jobs->oldest_ready())
        view.oldest_ready = now.wall - (now.steady - *since);
    }
    const auto live = in(job_state::queued) + in(job_state::scheduled) + view.retrying;
    view.waiting = live > view.ready ? live - view.ready : 0;
    view.held = s.index.held().of_queue(number);
    view.last_processed = s.index.classes().last_processed(number);
    v.queues.push_back(std::move(view));
  });
}

void fill(const scheduler_state& s, std::vector<worker_view>& workers, const moment& now) {
  constexpr size_t running_max = 1000;
  std::map<std::string_view, worker_view*> by_name;
  for (auto& v : workers)
    by_name[v.name] = &v;
  for (const auto& [w, at] : s.ledger.seats()) {
    const auto i = by_name.find(*at.name);
    if (i == by_name.end())
      continue;
    auto& v = *i->second;
    v.late_refused = at.late;
    v.taken = s.ledger.fit().taken(w);
    if (at.breaker) {
      v.breaker = at.breaker->state(now.steady);
      v.breaker_trips = at.breaker->trips();
    }
    for (auto f : at.attempts)
      if (const auto* a = s.ledger.find(fence_token{f}); !a->orphan && v.running.size() < running_max)
        v.running.push_back(a->job);
    std::sort(v.running.begin(), v.running.end());
  }
}

queue_load load_of(const scheduler_state& s) {
  queue_load l;
  l.ready_jobs = s.index.line().size();
  auto ready = s.index.ready_by_type();
  // More workers would not help jobs that a limit keeps.
  s.index.line().for_each_closed([&](const job_queue& jobs) {
    l.ready_jobs -= jobs.size();
    for (const auto& [shape, n] : jobs.types().counts())
      ready[s.index.type_of(shape)] -= n;
  });
  for (auto type : s.dispatch.closed_types())
    if (type < ready.size())
      l.ready_jobs -= std::exchange(ready[type], 0);
  for (size_t i = 0; i < ready.size(); ++i) {
    const auto mean = s.dispatch.measured().usual_run(static_cast<uint16_t>(i));
    l.queued_work += mean * static_cast<int64_t>(std::min<uint64_t>(ready[i], uint64_t{1} << 32));
  }
  l.busy_slots = s.ledger.busy_slots();
  return l;
}

actor_facts facts_of(const scheduler& core) {
  const auto n = [](auto x) { return std::to_string(x); };
  const auto& s = core.state();
  actor_facts f{{"boot", n(s.boot)},
                {"recovered", core.is_recovered() ? "true" : "false"},
                {"draining", s.draining ? "true" : "false"},
                {"liveJobs", n(s.index.table().size())},
                {"readyJobs", n(s.index.line().size())},
                {"jobActors", n(s.desk.size())},
                {"jobsBusy", n(s.desk.busy())},
                {"jobsResting", n(s.desk.resting())},
                {"submitsUnderWay", n(s.requests.unborn())},
                {"requestsWaiting", n(s.requests.open_requests())},
                {"keysRemembered", n(s.requests.keys_remembered())},
                {"attempts", n(s.ledger.attempts())},
                {"groups", n(s.groups.size())},
                {"shapes", n(s.index.shapes().size())},
                {"queues", n(s.index.queues().size())},
                {"queuesWithReadyJobs", n(s.index.line().busy_queues())},
                {"timers", n(s.index.timers().size())},
                {"backOffs", n(s.index.backoffs().size())},
                {"heldJobs", n(s.index.held().size())},
                {"workersAwaited", n(core.members_awaited())},
                {"indexBytes", n(s.index.table().memory_bytes() + s.index.line().memory_bytes() +
                                 s.index.backoffs().memory_bytes())}};
  for (const auto& [w, at] : s.ledger.seats())
    f.emplace_back("seat " + *at.name, n(at.in_flight) + " of " + n(at.slots) + " slots" +
                                         (at.accepts ? "" : ", takes nothing") +
                                         (at.member_written ? "" : ", membership being written"));
  return f;
}

} // namespace callboard
