#include "core/scheduler/job_ends.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/scheduler/job_flow.hpp"
#include "core/scheduler/tell_events.hpp"

#include <utility>

namespace callboard {

namespace {

errand_ptr cancellation(refusal_to_run why, uint64_t group) {
  auto e = make_errand(purpose::cancel, job_command::cancel{why.code, std::move(why.reason)});
  e->group = group;
  return e;
}

} // namespace

void job_ends::on(group_part& x, const moment& now) {
  const auto number = x.group;
  const auto id = x.note.job;
  const bool completed = x.note.after == job_state::completed;
  if (planted(bug::event_before_commit) && !x.note.refused)
    tell_job(s_, x.note, s_.requests.has_unborn(id) ? purpose::create : purpose::cancel, {}, now);
  if (s_.groups.add(std::move(x))) {
    for (auto other : s_.index.graph().dependants(id))
      if (!completed || s_.index.graph().conditions_of(other))
        consider(other, number, now);
    // One that is just being written is looked at when it is there.
    for (const auto& other : s_.requests.unborn_dependants(id))
      if (!completed || other.conditional)
        s_.groups.link(number, other.job, true);
  }
  flow_.commit_if_complete(number);
}

bool job_ends::is_written_alone(job_id id) const {
  return s_.requests.has_unborn(id) || s_.desk.ends_alone(id);
}

/// What the ends in a group do to a job that waits: it is cancelled with them if it will never run now.
void job_ends::consider(job_id id, uint64_t group, const moment& now) {
  const auto& graph = s_.index.graph();
  const auto& ends = s_.groups.ends_of(group);
  auto x = graph.outlook_of(id, ends);
  if (x.is == prospect::never) {
    if (s_.groups.join(group, id, is_written_alone(id)) == write_groups::joining::joined)
      flow_.give(id, cancellation(std::move(x.why), group), now);
    return;
  }
  const auto* conditions = x.is == prospect::waits ? graph.conditions_of(id) : nullptr;
  if (!conditions)
    return;
  bool merged = false;
  for (const auto& d : conditions->jobs)
    if (const auto e = ends.find(d.job); e != ends.end())
      remember_end(e->second, id, group);
    else if (conditions->rule == dependency_rule::any && d.ended == job_ending::open && !planted(bug::ends_apart))
      // Each of two that end at the same time would leave the job to the other.
      merged = s_.groups.link(group, d.job, is_written_alone(d.job)) || merged;
  if (merged) // each time there is one group less
    consider(id, group, now);
}

/// A job goes on waiting under conditions for others than this one, which may be purged meanwhile.
void job_ends::remember_end(const prerequisite_end& end, job_id waits, uint64_t group) {
  if (s_.index.find(waits)->has(job_flag::in_memory) || planted(bug::end_not_remembered))
    return;
  s_.index.remember_end(end);
  if (group != 0)
    return s_.groups.add_fact(group, ended_job_key(end.job), to_text(end));
  commit_part p;
  p.boot = s_.boot;
  p.meta.emplace_back(ended_job_key(end.job), to_text(end));
  s_.port.commit(std::move(p));
}

void job_ends::forget() {
  const auto gone = s_.index.take_forgotten_ends();
  if (gone.empty())
    return;
  commit_part p;
  p.boot = s_.boot;
  p.level = durability::os; // one that comes back with the power is removed at the next start
  for (auto id : gone)
    p.meta_removed.push_back(ended_job_key(id));
  s_.port.commit(std::move(p));
}

void job_ends::replace(job_id former, refusal_to_run why, uint64_t group, const moment& now) {
  if (planted(bug::replaced_apart))
    return flow_.give(former, cancellation(std::move(why), 0), now);
  const auto how = s_.groups.join(group, former, is_written_alone(former));
  CB_INVARIANT(how == write_groups::joining::joined, "what is replaced is in no group");
  flow_.give(former, cancellation(std::move(why), group), now);
}

void job_ends::finish(job_note& n, uint64_t group, const moment& now) {
  std::vector<job_id> to_arm;
  const prerequisite_end end{n.job, n.ending, n.began};
  // One that had failed and is discarded has ended before.
  const auto waiting = is_terminal(n.before) ? std::vector<job_id>{} : s_.index.graph().dependants(n.job);
  s_.index.finish(end, now, to_arm);
  s_.schedules.on_job_ended(n.job);
  // What the end does to those that wait is in the same write, but for a job that an operator has just brought back.
  for (auto id : waiting) {
    if (s_.groups.of(id) != 0 || !s_.index.find(id))
      continue;
    if (auto x = s_.index.graph().outlook_of(id, {{n.job, end}}); x.is == prospect::never)
      flow_.give(id, cancellation(std::move(x.why), 0), now);
    else if (group == 0 && x.is == prospect::waits && s_.index.graph().conditions_of(id))
      remember_end(end, id, 0);
  }
  for (auto id : to_arm)
    flow_.arm(id, now);
}

void job_ends::after_groups(job_id id, const moment& now) {
  for (auto group : s_.groups.settled(id)) {
    if (s_.groups.is_open(group) && s_.index.find(id))
      consider(id, group, now);
    for (auto other : s_.index.graph().dependants(id))
      if (s_.groups.is_open(group) && s_.index.graph().conditions_of(other))
        consider(other, group, now);
    flow_.commit_if_complete(group);
  }
}

} // namespace callboard
