#include "core/scheduler/limit_views.hpp"

#include <set>
#include <string>
#include <utility>

namespace callboard {

namespace {

std::string_view text_of(limit_scope::hold h) {
  switch (h) {
  case limit_scope::hold::none:
    return "";
  case limit_scope::hold::paused:
    return "paused";
  case limit_scope::hold::concurrency:
    return "concurrency";
  case limit_scope::hold::rate:
    return "rate";
  }
  return "";
}

void add_ready(limit_view& v, size_t ready, std::optional<steady_point> since, const moment& now) {
  v.ready = ready;
  if (since)
    v.oldest_ready = now.wall - (now.steady - *since);
}

void add_jobs_of_queue(limit_view& v, const scheduler_state& s, const moment& now) {
  const auto number = s.index.queues().find(v.target.name);
  if (!number)
    return;
  const auto& states = s.index.table().by_state(*number);
  const auto in = [&](job_state x) { return states[static_cast<size_t>(x)]; };
  v.running = in(job_state::running);
  v.retrying = in(job_state::retrying);
  if (const auto* lanes = s.index.line().find(*number)) {
    add_ready(v, lanes->size(), lanes->oldest_ready(), now);
    v.keys = lanes->keys();
  }
  const auto live = in(job_state::queued) + in(job_state::scheduled) + v.retrying;
  v.waiting = live > v.ready ? live - v.ready : 0;
  const auto counted = s.index.table().waiting(*number);
  v.waiting_jobs = static_cast<uint64_t>(counted.jobs);
  v.waiting_bytes = static_cast<uint64_t>(counted.bytes);
  v.last_processed = s.index.classes().last_processed(*number);
}

void add_jobs_of_key(limit_view& v, const scheduler_state& s, const moment& now) {
  const auto queue = s.index.queues().find(v.target.name);
  const auto lane = s.index.classes().find_lane(v.target.name, v.target.key);
  const auto* lanes = queue ? s.index.line().find(*queue) : nullptr;
  if (const auto* jobs = lanes && lane ? lanes->lane(*lane) : nullptr)
    add_ready(v, jobs->size(), jobs->oldest_ready(), now);
}

} // namespace

limit_view view_of(const scheduler_state& s, const limit_target& t, const moment& now) {
  limit_view v;
  v.target = t;
  v.rule = s.limits.rule_of(t);
  const auto scope = s.limits.find(t);
  if (scope) {
    v.under_way = scope->used;
    v.held = text_of(scope->held(now.steady));
  }
  switch (t.kind) {
  case limit_kind::queue:
    add_jobs_of_queue(v, s, now);
    break;
  case limit_kind::type: {
    const auto number = s.index.types().find(t.name);
    const auto& ready = s.index.ready_by_type();
    if (number && *number < ready.size())
      v.ready = ready[*number];
    break;
  }
  case limit_kind::key:
    v.inherited = !scope || scope->inherited;
    add_jobs_of_key(v, s, now);
  }
  return v;
}

limit_page page_of(const scheduler_state& s, const limits_call& x, const moment& now) {
  // The first names behind `after`, of those with jobs and those with a rule: a queue per user is normal use, so no
  // more of them are kept than the page has.
  std::set<std::string> names;
  const auto consider = [&](std::string_view name) {
    if (name <= x.after || (names.size() > x.limit && name >= *names.rbegin()))
      return;
    names.emplace(name);
    if (names.size() > x.limit + size_t{1})
      names.erase(std::prev(names.end()));
  };
  const auto& classes = s.index.classes();
  if (x.kind == limit_kind::key)
    classes.for_each_key(x.queue, consider);
  else
    (x.kind == limit_kind::queue ? classes.queues() : classes.types()).for_each([&](uint32_t, std::string_view name) {
      consider(name);
    });
  for (const auto& [name, scope] : s.limits.all(x.kind))
    if (x.kind != limit_kind::key || (scope->target.name == x.queue && scope->idle_since == 0))
      consider(x.kind == limit_kind::key ? scope->target.key : scope->target.name);
  limit_page page;
  for (const auto& name : names) {
    const limit_target t{x.kind, x.kind == limit_kind::key ? x.queue : name, x.kind == limit_kind::key ? name : ""};
    if (page.limits.size() == x.limit) {
      const auto& last = page.limits.back().target;
      page.next = x.kind == limit_kind::key ? last.key : last.name;
      break;
    }
    page.limits.push_back(view_of(s, t, now));
  }
  return page;
}

} // namespace callboard
