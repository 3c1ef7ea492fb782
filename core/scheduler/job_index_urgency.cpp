#include "core/base/planted_bug.hpp"
#include "core/scheduler/job_index.hpp"

// Urgency that jobs have from those that wait for them.

namespace callboard {

urgency job_index::urgency_of(const job_entry& e) const {
  const urgency own{e.priority, e.must_start_by};
  const auto* share = inherited_.find(e.id);
  return share ? joined(own, share->of) : own;
}

/// `each(job)` for the live jobs that keep it from running. Not one whose failure it waits for: that one's work is not
/// what it needs.
template <class Each>
void job_index::for_each_blocker(job_id id, Each&& each) const {
  if (const auto* c = graph_.conditions_of(id)) {
    for (const auto& d : c->jobs)
      if (d.ended == job_ending::open && d.on != dependency_condition::failure)
        if (const auto* e = table_.find(d.job))
          each(*e);
    return;
  }
  for (const auto blocker : graph_.waits_for(id))
    if (const auto* e = table_.find(blocker))
      each(*e);
}

/// A job that waits is new, or more urgent than it was.
void job_index::look_at_urgency(job_id id) {
  const auto* e = inherits_ ? table_.find(id) : nullptr;
  if (!e || !e->has(job_flag::waits_for_jobs))
    return;
  const auto u = urgency_of(*e);
  bool more = false;
  for_each_blocker(id, [&](const job_entry& blocker) { more = more || !urgency_of(blocker).covers(u); });
  if (more)
    unspread_.insert(id);
}

/// A job is less urgent than it was, or lives again: those that wait for it may be more urgent.
void job_index::look_at_dependants(job_id id) {
  if (inherits_)
    for (const auto waiting : graph_.dependants(id))
      look_at_urgency(waiting);
}

bool job_index::spread_urgency(size_t max, const std::function<duration(uint16_t)>& mean_run) {
  for (; !unspread_.empty() && max > 0; --max) {
    // Whoever waits is newer than what it waits for, a fan-out job apart: so a job is dealt with after all that wait
    // for it, and once.
    const auto id = *unspread_.rbegin();
    unspread_.erase(id);
    const auto* e = table_.find(id);
    if (!e || !e->has(job_flag::waits_for_jobs))
      continue;
    const auto u = urgency_of(*e);
    for_each_blocker(id, [&](const job_entry& blocker) {
      auto passed = u;
      if (passed.must_start_by != time_point::max())
        passed.must_start_by -= mean_run(type_of(blocker.shape));
      inherit(blocker, passed, id);
    });
  }
  return !unspread_.empty();
}

void job_index::inherit(const job_entry& e, const urgency& u, job_id from) {
  if (urgency_of(e).covers(u))
    return;
  const bool in_line = e.has(job_flag::ready);
  if (in_line)
    ready_.remove(e.queue, ready_key(e));
  inherited_.raise(e.id, u, from);
  if (in_line)
    ready_.add(e.queue, ready_key(e));
  if (!planted(bug::urgency_stays))
    unspread_.insert(e.id);
}

void job_index::check_urgency() const {
  if (!inherits_ || !unspread_.empty())
    return;
  for (const auto& e : table_.entries())
    if (e.has(job_flag::waits_for_jobs))
      for_each_blocker(e.id, [&](const job_entry& blocker) {
        CB_INVARIANT(urgency_of(blocker).covers(urgency_of(e)), "what a job waits for is as urgent as the job");
      });
}

} // namespace callboard
