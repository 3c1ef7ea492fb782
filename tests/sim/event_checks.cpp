#include "tests/sim/event_checks.hpp"

#include "core/job/job_machine.hpp"

#include <algorithm>

namespace callboard::sim {

namespace {

bool is_edge(job_state from, job_state to) {
  return std::any_of(job_edges.begin(), job_edges.end(), [&](const auto& e) { return e.from == from && e.to == to; });
}

violation broken(const scheduler_event& e, const std::string& why) {
  return violation("events: " + std::string{to_string(e.kind)} + " of " + to_string(e.job) + " (" +
                   std::string{to_string(e.before)} + " to " + std::string{to_string(e.state)} + ", \"" +
                   e.details().reason + "\"), and " + why);
}

bool is_move(const scheduler_event& e) {
  return e.before != e.state;
}

} // namespace

bool may_follow(job_state from, job_state to) {
  return is_edge(from, to) || (is_edge(from, job_state::scheduled) && is_edge(job_state::scheduled, to));
}

void event_watch::found(job_id id, job_state stored) {
  states_.emplace(id, stored);
}

void event_watch::step(const scheduler_event& e) {
  const auto i = states_.find(e.job);
  if (e.kind == event_kind::job_created) {
    if (i != states_.end())
      throw broken(e, "it was there already");
    states_.emplace(e.job, e.state);
    return;
  }
  // A job that had ended before this process is known from its first event on.
  const auto last = i == states_.end() ? e.before : i->second;
  if (i == states_.end() && !is_terminal(e.before))
    throw broken(e, "its birth was not told");
  if (!is_move(e)) {
    // A job that was loaded from the disk is as it was written: what it had come to without a write, it comes to anew.
    if (i != states_.end() && e.kind != event_kind::job_progress && !is_terminal(last))
      i->second = e.state;
    return;
  }
  // Neither that a start is armed nor that an attempt has begun is written: a job that was loaded in between comes to
  // both anew.
  const auto unwritten = [](job_state s) { return s == job_state::scheduled || s == job_state::running; };
  // Nor is that an attempt was handed back, which leaves its job retrying.
  const auto from = last == job_state::retrying && e.before == job_state::queued ? e.before : last;
  // One that takes the result of another job begins no attempt.
  const bool taken = e.state == job_state::completed && e.details().reason.starts_with("result of job_");
  const auto to = taken && last != job_state::running ? job_state::running : e.state;
  if (!(unwritten(last) && unwritten(e.state)) && !may_follow(from, to))
    throw broken(e, "it was told to be " + std::string{to_string(last)} + " before");
  states_[e.job] = e.state;
}

void event_watch::told(const std::vector<scheduler_event>& events, const final_state& stored) {
  std::map<job_id, const scheduler_event*> last;
  for (const auto& e : events)
    if (e.job && family_of(e.kind) == "job") {
      step(e);
      last[e.job] = &e;
    }
  for (const auto& [id, e] : last) {
    const auto there = stored(id);
    // What has ended may have been purged since; a running job is stored as it was before.
    if (!there && !is_terminal(e->state))
      throw broken(*e, "it is not stored");
    if (there && is_terminal(e->state) && *there != e->state)
      throw broken(*e, "it is stored as " + std::string{to_string(*there)});
  }
}

void event_watch::compare(const final_state& outcome) const {
  for (const auto& [id, state] : states_)
    if (const auto s = outcome(id); s && *s != state)
      throw violation("events: " + to_string(id) + " was told to be " + std::string{to_string(state)} +
                      " last, and is " + std::string{to_string(*s)});
}

} // namespace callboard::sim
