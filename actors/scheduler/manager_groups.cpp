#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

// A group is a set of jobs whose next versions are written in one piece: the jobs of an atomic batch, or a job that
// fails or is cancelled together with everything that waits for it (P6). Its jobs send their parts here; when all are
// there, they go to the store as one. Two groups that meet in a job become one, so none waits for another.

uint64_t manager::open_group(job_id head, std::set<job_id> expected) {
  auto g = std::make_shared<write_group>();
  g->head = head;
  g->expected = std::move(expected);
  groups_.emplace(++group_number_, std::move(g));
  return group_number_;
}

/// The group for an event that may end a job: one if others wait for it, 0 if nobody does.
uint64_t manager::group_for(job_id id) {
  if (!graph_.has_dependants(id))
    return 0;
  if (auto i = group_of_.find(id); i != group_of_.end())
    return 0; // it is being cancelled in a group already; this event comes after that and will be refused
  const auto number = open_group(id, {id});
  group_of_[id] = number;
  return number;
}

void manager::on(group_part& x) {
  auto i = groups_.find(x.group);
  if (i == groups_.end())
    return;
  const auto g = i->second;
  const auto id = x.note.job;
  const bool ends_badly = x.note.after == job_state::failed || x.note.after == job_state::cancelled;
  const bool is_head = g->head == id;
  g->parts.push_back(std::move(x));
  if (is_head && ends_badly)
    widen(g, i->first);
  commit_if_complete(i->first);
  turn_over();
}

/// The head of the group failed or was cancelled: all that waits for it is cancelled with it.
void manager::widen(const group_ptr& g, uint64_t number) {
  const auto head = g->head;
  for (auto id : graph_.dependants_closure(head)) {
    if (g->expected.count(id) != 0)
      continue;
    if (auto other = group_of_.find(id); other != group_of_.end()) {
      const auto theirs = groups_.at(other->second);
      if (theirs != g) {
        for (auto member : theirs->expected)
          g->expected.insert(member);
        std::move(theirs->parts.begin(), theirs->parts.end(), std::back_inserter(g->parts));
        for (auto& [n, ptr] : groups_)
          if (ptr == theirs)
            ptr = g;
      }
      continue;
    }
    g->expected.insert(id);
    group_of_[id] = number;
    route(id, job_command::cancel{job_error_code::upstream_failed, to_string(head) + " did not complete"},
          pending{.why = purpose::cancel, .job = id, .group = number}, false, number);
  }
}

/// A job has nothing to write after all (it refused, or could not be loaded).
void manager::leave_group(uint64_t number, job_id id) {
  group_of_.erase(id);
  auto i = groups_.find(number);
  if (i == groups_.end())
    return;
  i->second->expected.erase(id);
  commit_if_complete(number);
}

void manager::commit_if_complete(uint64_t number) {
  auto i = groups_.find(number);
  if (i == groups_.end() || i->second->parts.size() < i->second->expected.size())
    return;
  const auto g = i->second;
  std::erase_if(groups_, [&](const auto& kv) { return kv.second == g; });
  if (g->parts.empty())
    return;
  // In id order, which has dependencies before who waits for them: the index meets their notes in this order, and the
  // jobs' actors have answered in any.
  std::sort(g->parts.begin(), g->parts.end(), [](const auto& a, const auto& b) { return a.note.job < b.note.job; });
  commit_part part;
  part.boot = boot_;
  part.level = durability::memory;
  for (auto& x : g->parts) {
    part.level = std::min(part.level, x.job.level); // fsync is the smallest
    part.jobs.push_back(std::move(x.job));
    part.notes.push_back(std::move(x.note));
  }
  self_->send(options_.keeper, std::move(part));
}

} // namespace callboard
