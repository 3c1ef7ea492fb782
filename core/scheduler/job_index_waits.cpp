#include "core/scheduler/job_index.hpp"

#include <algorithm>
#include <utility>

// Jobs that wait for other jobs: how they enter the graph, and when they leave it.

namespace callboard {

/// True: it waits for other jobs. One that is not live and of which nothing is known has completed: with one that
/// failed its dependants were cancelled in the same write, and for conditional ones the end was written down.
bool job_index::enter_graph(job_id id, prerequisites p, bool brought_back) {
  if (p.jobs.empty())
    return false;
  if (!is_conditional(p.rule, p.jobs)) {
    const auto waits = plain_waits(p);
    graph_.add(id, waits);
    stay_for(p);
    return !waits.empty();
  }
  for (auto& d : p.jobs) {
    if (const auto* live = table_.find(d.job)) {
      d.ended = job_ending::open;
      d.began = live->has(job_flag::begun);
    } else if (const auto known = ends_.find(d.job); known != ends_.end()) {
      d.ended = known->second.how;
      d.began = known->second.began;
    } else if (d.ended == job_ending::open) {
      if (!brought_back)
        return false; // it had ceased to wait before that one ended
      // That one ended while this one was over: as for a plain job, it does not keep an operator's retry waiting.
      d.ended = d.on == dependency_condition::failure ? job_ending::failed : job_ending::completed;
      d.began = true;
    }
  }
  if (prospect_of(p.rule, p.jobs) != prospect::waits)
    return false;
  graph_.add(id, p);
  stay_for(p);
  return true;
}

std::vector<job_id> job_index::plain_waits(const prerequisites& p) const {
  std::vector<job_id> live;
  for (const auto& d : p.jobs)
    if (table_.find(d.job))
      live.push_back(d.job);
  return live;
}

/// What has a worker waits for no job any more, whatever becomes of those: a restart may have found it waiting.
void job_index::wait_no_more(const job_entry& e) {
  if (!e.has(job_flag::waits_for_jobs))
    return;
  graph_.remove(e.id);
  look_at_alone();
  table_.update(e.id, [](job_entry& x) { x.set(job_flag::waits_for_jobs, false); });
}

void job_index::begin(job_id id, const moment& now, std::vector<job_id>& to_arm) {
  go_on(graph_.begun(id), now, to_arm);
}

void job_index::wait_anew(const job_note& n, const moment& now) {
  if (!table_.find(n.job))
    return;
  table_.update(n.job, [&](job_entry& e) {
    e.set(job_flag::placed, false);
    e.state = n.after;
  });
  take_out(*table_.find(n.job));
  const auto& p = *n.waits_anew;
  fanned_out_[n.job] = p.jobs.size();
  const bool waits = enter_graph(n.job, p, false);
  table_.update(n.job, [&](job_entry& e) {
    e.must_start_by = n.must_start_by.value_or(time_point::max());
    e.set(job_flag::waits_for_jobs, waits);
  });
  look_at_urgency(n.job);
  look_at_dependants(n.job); // its deadline is met
  put_in(n.job, now);
}

/// True: it is a fan-out job, and its elements come behind it.
bool job_index::find_fanned_out(const recovered_job& f) {
  const auto& all = f.waits_for.jobs;
  if (std::none_of(all.begin(), all.end(), [&](const auto& d) { return f.id < d.job; }))
    return false;
  fanned_out_[f.id] = all.size();
  found_waiting_.emplace_back(f.id, f.waits_for);
  return true;
}

void job_index::recovered(const moment& now) {
  std::swap(next_place_, next_recovered_);
  for (auto& [id, p] : std::exchange(found_waiting_, {})) {
    if (!table_.find(id))
      continue;
    if (enter_graph(id, std::move(p), false)) {
      look_at_urgency(id);
    } else {
      table_.update(id, [](job_entry& x) { x.set(job_flag::waits_for_jobs, false); });
      put_in(id, now);
    }
  }
  std::swap(next_place_, next_recovered_);
}

void job_index::recover_ends(const std::vector<prerequisite_end>& ends) {
  for (const auto& e : ends) {
    remember_end(e);
    perhaps_forgotten_.push_back(e.job);
  }
}

std::vector<job_id> job_index::take_forgotten_ends() {
  std::vector<job_id> gone;
  auto look_at = std::exchange(perhaps_forgotten_, {});
  for (auto id : graph_.take_let_go())
    look_at.push_back(id);
  for (auto id : look_at)
    if ((table_.find(id) || !graph_.has_dependants(id)) && ends_.erase(id) != 0)
      gone.push_back(id);
  return gone;
}

void job_index::go_on(const std::vector<job_id>& free, const moment& now, std::vector<job_id>& to_arm) {
  for (auto next : free) {
    const auto known = table_.update(next, [](job_entry& w) { w.set(job_flag::waits_for_jobs, false); });
    CB_INVARIANT(known, "who waits for a job is live");
    if (put_in(next, now))
      to_arm.push_back(next);
  }
  look_at_alone();
}

} // namespace callboard
