#include "tests/sim/checkers.hpp"

#include "core/base/version_range.hpp"
#include "core/job/unique_lane.hpp"
#include "tests/sim/cache_checks.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>

namespace callboard::sim {

namespace {

std::string at(duration t) {
  return std::to_string(t.count()) + " us";
}

/// The number behind `"name":` in a payload; 0: none.
uint64_t number_in(const std::string& payload, const std::string& name) {
  const auto found = payload.find('"' + name + "\":");
  return found == std::string::npos ? 0 : std::strtoull(payload.c_str() + found + name.size() + 3, nullptr, 10);
}

} // namespace

void check_nothing_lost(const history& h, const final_state& state) {
  for (const auto& [id, a] : h.accepted) {
    if (!a.kept.may_be_undone() && !state(id))
      throw violation("P1: " + to_string(id) + ", accepted at " + at(a.answered) + " with level " +
                      std::string{to_string(a.kept.level)} + ", is gone");
  }
}

void check_one_attempt_at_a_time(const history& h) {
  std::map<job_id, std::vector<const attempt_run*>> by_job;
  for (const auto& a : h.attempts)
    by_job[a.job].push_back(&a);
  for (auto& [id, runs] : by_job) {
    std::stable_sort(runs.begin(), runs.end(), [](auto* a, auto* b) { return a->begun < b->begun; });
    for (size_t i = 1; i < runs.size(); ++i) {
      const auto& before = *runs[i - 1];
      const auto& after = *runs[i];
      if (!before.ended || *before.ended > after.begun)
        throw violation("P2: " + to_string(id) + " runs on " + after.node + " from " + at(after.begun) +
                        " while it runs on " + before.node + " since " + at(before.begun));
      if (after.fence <= before.fence)
        throw violation("P2: " + to_string(id) + ": the fence of the attempt at " + at(after.begun) +
                        " is not above that of the one before");
    }
  }
}

void check_all_over(const history& h, const final_state& state) {
  for (const auto& [id, a] : h.accepted)
    if (const auto s = state(id); s && !is_terminal(*s))
      throw violation("P3: " + to_string(id) + ", accepted at " + at(a.answered) + ", is still " +
                      std::string{to_string(*s)});
}

void check_cancels_hold(const history& h, const final_state& state) {
  for (const auto& [id, p] : h.cancelled)
    if (const auto s = state(id); !p.may_be_undone() && s != job_state::cancelled)
      throw violation("a cancel of " + to_string(id) + " was confirmed, but it is " +
                      (s ? std::string{to_string(*s)} : "gone"));
}

void check_outcomes_count_once(const history& h, const final_record& record) {
  struct ends {
    uint32_t succeeded = 0, failed = 0;
    fence_token last; ///< that began
  };
  std::map<job_id, ends> by_job;
  for (const auto& a : h.attempts) {
    by_job[a.job].last = a.fence;
    if (a.how) {
      by_job[a.job].succeeded += *a.how == outcome_kind::succeeded;
      by_job[a.job].failed += *a.how == outcome_kind::failed_retryable || *a.how == outcome_kind::failed_final ||
                              *a.how == outcome_kind::timed_out;
    }
  }
  for (const auto& [f, job] : h.timed_out)
    ++by_job[job].failed;
  for (const auto& [id, a] : h.accepted) {
    const auto rec = record(id);
    if (!rec)
      continue;
    const auto& real = by_job[id];
    const auto& f = rec->spec.for_each;
    if (f && f->stage != fan_out_stage::element)
      continue; // no worker runs it
    if (rec->cached_from)
      continue; // nor this one
    if (rec->state == job_state::completed && real.succeeded == 0)
      throw violation("P2: " + to_string(id) + " is completed, and no attempt of it has succeeded");
    if (rec->state == job_state::completed && rec->result.view() != result_of_attempt(id, real.last))
      throw violation("P2: " + to_string(id) + " is completed with " + std::string{rec->result.view()} +
                      ", and the attempt that began last is " + std::to_string(real.last.value));
    // One whose results are missing fails before a worker hears of it.
    if (rec->retry_count > real.failed && !rec->spec.workflow)
      throw violation("P2: " + to_string(id) + " is charged " + std::to_string(rec->retry_count) + " retries, and " +
                      std::to_string(real.failed) + " attempts of it have failed");
  }
}

void check_versions(const history& h, const final_record& record) {
  for (const auto& a : h.attempts) {
    const auto rec = record(a.job);
    if (!rec || rec->spec.resources.type_version.empty())
      continue;
    const auto version = version_of_types(a.node);
    if (!in_version_range(version, rec->spec.resources.type_version))
      throw violation(to_string(a.job) + " ran on version " + version + " of its type, and asks for " +
                      rec->spec.resources.type_version);
  }
}

void check_leases_outlast_clocks(const history& h) {
  for (const auto& l : h.lapsed)
    if (l.disturbed < l.renewed)
      throw violation("P2: the lease of " + l.node + " is over for " + l.who + " at " + at(l.over) +
                      ", and since it was renewed at " + at(l.renewed) + " it had no fault" +
                      (l.clock_step ? " but a clock that was set" : ""));
}

void check_preemption(job_id other, const observed_preemption& p) {
  const auto broken = [&](const std::string& why) {
    return violation("preemption: " + to_string(p.victim.job) + " is stopped for " + to_string(other) + " at " +
                     at(p.at) + ", and " + why);
  };
  if (!p.of_other.preempts)
    throw broken("that does not preempt");
  if (!p.of_victim.preemptible_after)
    throw broken("it may not be stopped");
  if (p.of_victim.priority >= p.of_other.priority)
    throw broken("it has priority " + std::to_string(p.of_victim.priority) + ", the other one " +
                 std::to_string(p.of_other.priority));
  // Clocks go wrong by 2 % at most.
  if (!p.if_waiting && p.at - p.victim.begun < *p.of_victim.preemptible_after * 9 / 10)
    throw broken("has run since " + at(p.victim.begun) + " only");
}

allowed allowed_by(const prerequisites& p, const stored_ends& ends, const std::function<bool(job_id)>& begun) {
  size_t yes = 0, no = 0, failures = 0;
  allowed out;
  for (const auto& d : p.jobs) {
    const auto i = ends.find(d.job);
    const bool over = i != ends.end() && is_terminal(i->second.state);
    out.unclear = out.unclear || (i != ends.end() && i->second.changed);
    if (!over) {
      yes += d.on == dependency_condition::started && begun(d.job);
      continue;
    }
    const auto& e = i->second;
    // Its start may have been enough, before it failed.
    out.unclear =
      out.unclear || (p.rule == dependency_rule::none_failed && e.began && d.on == dependency_condition::started);
    const bool failed =
      e.state == job_state::failed || (e.state == job_state::cancelled && e.code == job_error_code::upstream_failed);
    failures += failed;
    const bool good = d.on == dependency_condition::success    ? e.state == job_state::completed
                      : d.on == dependency_condition::failure  ? failed
                      : d.on == dependency_condition::finished ? true
                                                               : e.began;
    (good ? yes : no) += 1;
  }
  const auto n = p.jobs.size();
  switch (p.rule) {
  case dependency_rule::all:
    out.run = yes == n;
    out.ever = no == 0;
    break;
  case dependency_rule::any:
    out.run = yes > 0 || n == 0;
    out.ever = no < n || n == 0;
    break;
  case dependency_rule::all_done:
    out.run = yes + no == n;
    break;
  case dependency_rule::none_failed:
    out.run = yes + no == n && failures == 0;
    out.ever = failures == 0;
  }
  return out;
}

std::string in_words(const prerequisites& p, const stored_ends& ends) {
  std::string text{to_string(p.rule)};
  for (const auto& d : p.jobs) {
    text += ", " + std::string{to_string(d.on)} + " of " + to_string(d.job);
    if (const auto i = ends.find(d.job); i != ends.end())
      text +=
        " (" + std::string{to_string(i->second.state)} + " " + i->second.code + (i->second.began ? " begun" : "") + ")";
  }
  return text;
}

void check_dependants_are_settled(const stored_world& s, const stored_ends& ends, const std::set<job_id>& begun) {
  for (const auto& [id, f] : s) {
    // What is `retrying` had its turn, or was brought back by an operator.
    if (f.waits_for.jobs.empty() || is_terminal(f.state) || f.state == job_state::retrying || begun.count(id) != 0)
      continue;
    // What had begun is of no interest: with it the job may run, and need not be cancelled.
    const auto may = allowed_by(f.waits_for, ends, [](job_id) { return false; });
    if (!may.ever && !may.unclear)
      throw violation("P6: " + to_string(id) + " is " + std::string{to_string(f.state)} +
                      " on the disk, and will never run by what it depends on: " + in_words(f.waits_for, ends));
  }
}

void check_fan_outs(const stored_world& s, const stored_ends& ends, const std::set<job_id>& fresh,
                    const std::set<job_id>& completed, const std::set<job_id>& brought_back) {
  std::set<job_id> owned;
  for (auto id : fresh) {
    const auto& f = s.at(id).for_each;
    if (!f || f->stage != fan_out_stage::expanded)
      continue;
    const auto& elements = s.at(id).waits_for.jobs;
    if (elements.size() != f->count || elements.empty())
      throw violation("fan-out: " + to_string(id) + " has " + std::to_string(elements.size()) + " elements and says " +
                      std::to_string(f->count));
    for (uint32_t i = 0; i < f->count; ++i) {
      const auto e = s.find(elements[i].job);
      if (e == s.end() || fresh.count(e->first) == 0 || !e->second.for_each ||
          e->second.for_each->stage != fan_out_stage::element || e->second.for_each->count != i)
        throw violation("fan-out: element " + std::to_string(i) + " of " + to_string(id) + ", " +
                        to_string(elements[i].job) + ", is not born in the write in which that fans out");
      owned.insert(e->first);
    }
  }
  for (auto id : fresh)
    if (const auto& f = s.at(id).for_each; f && f->stage == fan_out_stage::element && owned.count(id) == 0)
      throw violation("fan-out: " + to_string(id) + " is born without the job that fans out into it");
  for (auto id : completed) {
    const auto& job = s.at(id);
    if (!job.for_each || job.for_each->stage != fan_out_stage::expanded)
      continue;
    for (const auto& d : job.waits_for.jobs)
      if (const auto e = ends.find(d.job);
          brought_back.count(d.job) == 0 && (e == ends.end() || !is_terminal(e->second.state)))
        throw violation("fan-out: " + to_string(id) + " completes before its element " + to_string(d.job));
  }
}

void check_workflows_are_kept(const stored_world& s, const stored_facts& purged) {
  if (purged.workflow.empty())
    return;
  for (const auto& [id, f] : s)
    if (f.workflow == purged.workflow && !is_terminal(f.state))
      throw violation("retention: a job of the workflow " + f.workflow + " was purged, and " + to_string(id) +
                      " of it is " + std::string{to_string(f.state)});
}

void check_keys_are_unique(const stored_world& s) {
  std::map<std::string, job_id> owners;
  for (const auto& [id, f] : s)
    if (!f.key.empty())
      if (const auto [o, fresh] = owners.emplace(f.key, id); !fresh)
        throw violation("the key " + f.key + " names " + to_string(o->second) + " and " + to_string(id));
}

void check_unique(const stored_world& s, const stored_world& purged, const stored_ends& ends, job_id fresh) {
  const auto& mine = s.at(fresh);
  if (!mine.unique || !is_bound(*mine.unique) || is_terminal(mine.state))
    return;
  // The key is bound to the latest.
  const stored_world::value_type* former = nullptr;
  for (const auto* all : {&s, &purged})
    for (const auto& x : *all)
      if (x.first != fresh && x.second.unique && is_bound(*x.second.unique) &&
          x.second.unique->key == mine.unique->key && (!former || x.first > former->first))
        former = &x;
  if (!former || former->second.revived || s.count(former->first) == 0)
    return;
  const auto& [id, f] = *former;
  if (const auto e = ends.find(id);
      e != ends.end() && (e->second.code == job_error_code::replaced || e->second.code == job_error_code::shed))
    return;
  // Whether one of scope `queued` was with a worker is not on the disk.
  const bool holds = f.unique->scope == unique_scope::unfinished
                       ? !is_terminal(f.state)
                       : f.unique->scope == unique_scope::window && mine.created_at < f.created_at + f.unique->window;
  if (holds)
    throw violation("unique: " + to_string(fresh) + " is written while " + to_string(id) + " holds the key " +
                    mine.unique->key + " (" + std::string{to_string(f.unique->scope)} + ", " +
                    std::string{to_string(f.state)} + ")");
}

void check_shed(const std::vector<job_record>& together, const std::set<job_id>& fresh,
                const std::set<job_id>& running) {
  const auto is_shed = [](const job_record& r) { return r.error && r.error->code == job_error_code::shed; };
  for (const auto& victim : together) {
    if (!is_shed(victim))
      continue;
    const auto broken = [&](const std::string& why) {
      return violation("shedding: " + to_string(victim.id) + " is shed from " + victim.spec.queue + ", and " + why);
    };
    if (victim.attempt > 0)
      throw broken("has begun");
    if (running.count(victim.id) != 0)
      throw broken("runs");
    if (victim.spec.workflow || victim.spec.for_each)
      throw broken("is part of a workflow");
    const auto next = std::find_if(together.begin(), together.end(), [&](const auto& r) {
      return fresh.count(r.id) == 1 && victim.error->message.find(to_string(r.id)) != std::string::npos;
    });
    if (next == together.end())
      throw broken("nobody takes its place in that write: " + victim.error->message);
    if (next->spec.queue != victim.spec.queue)
      throw broken(to_string(next->id) + " goes to " + next->spec.queue);
    if (next->spec.priority <= victim.spec.priority)
      throw broken("has priority " + std::to_string(victim.spec.priority) + ", " + to_string(next->id) + " has " +
                   std::to_string(next->spec.priority));
    if (next->spec.level == durability::memory && victim.spec.level != durability::memory)
      throw broken(to_string(next->id) + " does not survive a restart");
  }
}

batch_of_job batch_of(const stored_facts& f) {
  return {number_in(f.payload, "batch"), number_in(f.payload, "of")};
}

void check_batches_are_whole(const stored_world& s, const batch_losses& gone) {
  std::map<uint64_t, std::pair<uint64_t, uint64_t>> found; // batch -> jobs there, jobs it has
  for (const auto& [id, f] : s)
    if (const auto b = batch_of(f); b.number != 0) {
      ++found[b.number].first;
      found[b.number].second = b.jobs;
    }
  for (const auto& [batch, n] : found) {
    const auto lost = gone.find(batch);
    if (n.first + (lost == gone.end() ? 0 : lost->second) != n.second)
      throw violation("atomic batch " + std::to_string(batch) + ": " + std::to_string(n.first) + " of " +
                      std::to_string(n.second) + " jobs are in the store");
  }
}

void check_fire_times(const std::vector<stored_schedule>& schedules, const std::vector<schedule_origin>& served) {
  std::set<std::tuple<std::string, uint32_t, time_point>> fires;
  std::map<std::string, uint64_t> jobs;
  for (const auto& o : served) {
    ++jobs[o.name];
    if (!fires.emplace(o.name, o.version, o.fire).second)
      throw violation("schedule " + o.name + ": the fire time " + at(o.fire.time_since_epoch()) + " has two jobs");
  }
  for (const auto& [d, p] : schedules) {
    if (p.fired != jobs[d.name])
      throw violation("schedule " + d.name + " has fired " + std::to_string(p.fired) + " times and has " +
                      std::to_string(jobs[d.name]) + " jobs");
    if (d.version != 1)
      continue; // those of former versions cannot be told any more
    uint64_t passed = 0;
    for (auto t = next_fire(d.rules, d.changed_at); t && *t <= p.handled; t = next_fire(d.rules, *t))
      ++passed;
    if (passed != p.fired + p.missed + p.skipped + p.waiting.has_value())
      throw violation("schedule " + d.name + ": " + std::to_string(passed) + " fire times have passed; " +
                      std::to_string(p.fired) + " have fired, " + std::to_string(p.missed) + " were missed, " +
                      std::to_string(p.skipped) + " skipped");
  }
}

} // namespace callboard::sim
