#include "core/scheduler/write_groups.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"

#include <algorithm>
#include <iterator>

namespace callboard {

uint64_t write_groups::open_batch(const std::vector<job_id>& members, facts bound) {
  auto& g = groups_[++last_];
  g.bound.insert(bound.begin(), bound.end());
  g.members.insert(members.begin(), members.end());
  g.atomic = true;
  for (auto id : members)
    of_[id] = last_;
  return last_;
}

uint64_t write_groups::open(job_id head) {
  groups_[++last_].members.insert(head);
  of_[head] = last_;
  return last_;
}

uint64_t write_groups::of(job_id id) const {
  const auto i = of_.find(id);
  return i == of_.end() ? 0 : i->second;
}

bool write_groups::is_open(uint64_t number) const {
  return groups_.count(root(number)) != 0;
}

/// Follows mergers: parts come with the number that was theirs.
uint64_t write_groups::root(uint64_t number) const {
  for (auto i = merged_.find(number); i != merged_.end(); i = merged_.find(number))
    number = i->second;
  return number;
}

bool write_groups::add(group_part part) {
  const auto i = groups_.find(root(part.group));
  if (i == groups_.end())
    return false;
  auto& g = i->second;
  const auto& n = part.note;
  const auto id = n.job;
  const bool is_end = is_terminal(n.after) && !is_terminal(n.before);
  if (is_end)
    g.ended.insert_or_assign(id, prerequisite_end{id, n.ending, n.began});
  g.delivered.insert(id);
  if (!planted(bug::weakest_level))
    g.level = std::min(g.level, part.job.level); // fsync is the smallest
  g.jobs.push_back(std::move(part.job));
  g.notes.push_back(std::move(part.note));
  return is_end;
}

const write_groups::ends& write_groups::ends_of(uint64_t number) const {
  return groups_.at(root(number)).ended;
}

void write_groups::add_fact(uint64_t number, std::string name, std::string value) {
  groups_.at(root(number)).bound.insert_or_assign(std::move(name), std::move(value));
}

void write_groups::merge(uint64_t from, uint64_t into) {
  auto met = std::move(groups_.at(from));
  groups_.erase(from);
  auto& g = groups_.at(into);
  merged_[from] = into;
  for (auto id : met.members)
    of_[id] = into;
  for (auto id : met.waits_for) {
    awaited_by_[id].erase(from);
    awaited_by_[id].insert(into);
  }
  g.members.merge(met.members);
  g.delivered.merge(met.delivered);
  g.ended.merge(met.ended);
  g.bound.merge(met.bound);
  g.level = std::min(g.level, met.level);
  g.atomic = g.atomic || met.atomic;
  g.waits_for.merge(met.waits_for);
  // What one has waited for in the other is its own now.
  std::erase_if(g.waits_for, [&](job_id id) {
    if (g.members.count(id) == 0)
      return false;
    const auto w = awaited_by_.find(id);
    w->second.erase(into);
    if (w->second.empty())
      awaited_by_.erase(w);
    return true;
  });
  std::move(met.jobs.begin(), met.jobs.end(), std::back_inserter(g.jobs));
  std::move(met.notes.begin(), met.notes.end(), std::back_inserter(g.notes));
}

bool write_groups::waits_for(uint64_t number, uint64_t other) const {
  std::vector<uint64_t> open{number};
  std::set<uint64_t> seen{number};
  while (!open.empty()) {
    const auto& g = groups_.at(open.back());
    open.pop_back();
    for (auto id : g.waits_for) {
      const auto next = of(id);
      if (next == other)
        return true;
      if (next != 0 && is_open(next) && seen.insert(next).second)
        open.push_back(next);
    }
  }
  return false;
}

uint64_t write_groups::waited_for_in_a_circle(uint64_t number) const {
  for (auto id : groups_.at(number).waits_for)
    if (const auto next = of(id); next != 0 && is_open(next) && waits_for(next, number))
      return next;
  return 0;
}

void write_groups::await(uint64_t number, job_id id) {
  groups_.at(number).waits_for.insert(id);
  awaited_by_[id].insert(number);
}

write_groups::joining write_groups::join(uint64_t number, job_id id, bool written_alone) {
  const auto into = root(number);
  const auto theirs = of(id);
  if (theirs == into)
    return joining::already;
  const bool apart = theirs != 0 && is_open(theirs) && groups_.at(theirs).atomic && !waits_for(theirs, into);
  if (apart || (theirs != 0 ? !is_open(theirs) : written_alone)) {
    await(into, id);
    return joining::awaited;
  }
  if (theirs != 0) {
    merge(theirs, into);
    while (const auto next = waited_for_in_a_circle(into))
      merge(next, into);
    return joining::already;
  }
  groups_.at(into).members.insert(id);
  of_[id] = into;
  return joining::joined;
}

bool write_groups::link(uint64_t number, job_id id, bool written_alone) {
  const auto theirs = of(id);
  if (theirs == 0 && !written_alone)
    return false;
  return join(number, id, written_alone) == joining::already && theirs != root(number);
}

std::vector<job_id> write_groups::leave(uint64_t number, job_id id) {
  const auto into = root(number);
  const auto i = groups_.find(into);
  if (i == groups_.end() || i->second.delivered.count(id) != 0 || i->second.members.erase(id) == 0)
    return {};
  of_.erase(id);
  if (!i->second.atomic)
    return {};
  std::vector<job_id> cannot(i->second.members.begin(), i->second.members.end());
  for (auto member : cannot)
    of_.erase(member);
  groups_.erase(i);
  return cannot;
}

void write_groups::forget_mergers(uint64_t number) {
  std::vector<uint64_t> gone;
  for (const auto& [from, into] : merged_)
    if (root(from) == number)
      gone.push_back(from);
  for (auto from : gone)
    merged_.erase(from);
}

std::optional<commit_part> write_groups::take_complete(uint64_t number) {
  const auto into = root(number);
  const auto i = groups_.find(into);
  if (i == groups_.end() || !i->second.waits_for.empty() || i->second.delivered.size() < i->second.members.size())
    return std::nullopt;
  commit_part out;
  auto g = std::make_shared<group>(std::move(i->second));
  groups_.erase(i);
  out.jobs = std::move(g->jobs);
  out.notes = std::move(g->notes);
  if (!merged_.empty())
    forget_mergers(into);
  if (out.jobs.empty())
    return std::nullopt;
  // What is a fact of the store must not be forgotten, whatever becomes of the job.
  out.level = g->bound.empty() ? g->level : durability::fsync;
  out.facts_bound = !planted(bug::tick_apart_from_job);
  out.meta.assign(g->bound.begin(), g->bound.end());
  out.leftovers = std::move(g);
  return out;
}

std::vector<uint64_t> write_groups::settled(job_id id) {
  // It may be a member of an open group, and is yet to be told: then it stays one.
  if (const auto mine = of_.find(id); mine != of_.end() && !is_open(mine->second))
    of_.erase(mine);
  const auto w = awaited_by_.extract(id);
  std::vector<uint64_t> out;
  if (w)
    for (auto number : w.mapped())
      if (const auto i = groups_.find(number); i != groups_.end()) {
        i->second.waits_for.erase(id);
        out.push_back(number);
      }
  return out;
}

void write_groups::sanity_check() const {
  for (const auto& [number, g] : groups_) {
    CB_INVARIANT(!g.members.empty(), "a group has members");
    for (auto id : g.members)
      CB_INVARIANT(of(id) == number, "a member's group is this one");
    for (auto id : g.delivered)
      CB_INVARIANT(g.members.count(id) != 0, "a part is of a member");
    for (auto id : g.waits_for)
      CB_INVARIANT(awaited_by_.count(id) != 0 && awaited_by_.at(id).count(number) != 0, "who is awaited knows it");
  }
  for (const auto& [from, into] : merged_)
    CB_INVARIANT(groups_.count(root(into)) != 0, "a merged group is part of an open one");
}

} // namespace callboard
