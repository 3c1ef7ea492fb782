#include "core/index/dependency_graph.hpp"

#include <algorithm>
#include <unordered_map>

namespace callboard {

namespace {

size_t count_started(const prerequisites& p) {
  return static_cast<size_t>(
    std::count_if(p.jobs.begin(), p.jobs.end(), [](const auto& d) { return d.on == dependency_condition::started; }));
}

void learn(dependency& d, const prerequisite_end& e) {
  d.ended = e.how;
  d.began = d.began || e.began;
}

void learn(prerequisites& p, const prerequisite_end& e) {
  for (auto& d : p.jobs)
    if (d.job == e.job)
      learn(d, e);
}

} // namespace

std::vector<job_id> dependency_graph::targets(const edges& set, job_id from) {
  std::vector<job_id> found;
  for (auto it = set.lower_bound(edge{from, job_id{}}); it != set.end() && it->from == from; ++it)
    found.push_back(it->to);
  return found;
}

bool dependency_graph::any(const edges& set, job_id from) {
  const auto it = set.lower_bound(edge{from, job_id{}});
  return it != set.end() && it->from == from;
}

void dependency_graph::add(job_id job, std::span<const job_id> dependencies) {
  for (const auto dependency : dependencies) {
    CB_INVARIANT(dependency != job, "a job does not wait for itself");
    if (by_waiting_.insert(edge{job, dependency}))
      by_awaited_.insert(edge{dependency, job});
  }
}

void dependency_graph::add(job_id job, prerequisites p) {
  for (const auto& d : p.jobs) {
    CB_INVARIANT(d.job != job, "a job does not wait for itself");
    by_waiting_.insert(edge{job, d.job});
    by_awaited_.insert(edge{d.job, job});
  }
  started_edges_ += count_started(p);
  conditional_.emplace(job, std::move(p));
}

std::vector<job_id> dependency_graph::ended(const prerequisite_end& e) {
  std::vector<job_id> free;
  for (const auto waiting : dependants(e.job)) {
    if (const auto c = conditional_.find(waiting); c != conditional_.end()) {
      learn(c->second, e);
      if (prospect_of(c->second.rule, c->second.jobs) == prospect::runs)
        free.push_back(waiting);
    } else if (e.how == job_ending::completed) {
      by_awaited_.erase(edge{e.job, waiting});
      by_waiting_.erase(edge{waiting, e.job});
      if (!is_waiting(waiting))
        free.push_back(waiting);
    }
  }
  for (const auto job : free)
    remove(job);
  return free;
}

std::vector<job_id> dependency_graph::begun(job_id job) {
  std::vector<job_id> free;
  if (started_edges_ == 0)
    return free;
  for (const auto waiting : dependants(job))
    if (const auto c = conditional_.find(waiting); c != conditional_.end()) {
      for (auto& d : c->second.jobs)
        d.began = d.began || d.job == job;
      if (prospect_of(c->second.rule, c->second.jobs) == prospect::runs)
        free.push_back(waiting);
    }
  for (const auto waiting : free)
    remove(waiting);
  return free;
}

void dependency_graph::revived(job_id job) {
  if (conditional_.empty())
    return;
  for (const auto waiting : dependants(job))
    if (const auto c = conditional_.find(waiting); c != conditional_.end())
      for (auto& d : c->second.jobs)
        if (d.job == job)
          d.ended = job_ending::open;
}

size_t dependency_graph::remove(job_id job) {
  const auto awaited = targets(by_waiting_, job);
  for (const auto dependency : awaited) {
    by_waiting_.erase(edge{job, dependency});
    by_awaited_.erase(edge{dependency, job});
    if (watches_alone_ && !has_dependants(dependency))
      alone_.push_back(dependency);
  }
  if (const auto c = conditional_.extract(job)) {
    started_edges_ -= count_started(c.mapped());
    for (const auto& d : c.mapped().jobs)
      if (d.ended != job_ending::open)
        let_go_.push_back(d.job);
  }
  return awaited.size();
}

outlook dependency_graph::outlook_of(job_id job, const ends& known) const {
  const auto* c = conditions_of(job);
  // Of a plain job only an end that is not a success is of interest: it goes without its edges.
  prerequisites p = c ? *c : prerequisites{};
  if (!c)
    for (const auto awaited : targets(by_waiting_, job))
      p.jobs.emplace_back(awaited);
  for (auto& d : p.jobs)
    if (const auto k = known.find(d.job); k != known.end())
      learn(d, k->second);
  const auto is = p.jobs.empty() ? prospect::waits : prospect_of(p.rule, p.jobs);
  return {is, is == prospect::never ? refusal_of(p.rule, p.jobs) : refusal_to_run{}};
}

const prerequisites* dependency_graph::conditions_of(job_id job) const {
  const auto c = conditional_.find(job);
  return c == conditional_.end() ? nullptr : &c->second;
}

bool dependency_graph::is_waiting(job_id job) const {
  return any(by_waiting_, job);
}

std::vector<job_id> dependency_graph::waits_for(job_id job) const {
  const auto* c = conditions_of(job);
  if (!c)
    return targets(by_waiting_, job);
  std::vector<job_id> open;
  for (const auto& d : c->jobs)
    if (d.ended == job_ending::open)
      open.push_back(d.job);
  std::sort(open.begin(), open.end());
  return open;
}

bool dependency_graph::has_dependants(job_id job) const {
  return any(by_awaited_, job);
}

std::vector<job_id> dependency_graph::dependants(job_id job) const {
  return targets(by_awaited_, job);
}

void dependency_graph::sanity_check() const {
  by_waiting_.sanity_check();
  by_awaited_.sanity_check();
  CB_INVARIANT(by_waiting_.size() == by_awaited_.size(), "each edge is kept in both directions");
  for (const auto& e : by_waiting_)
    CB_INVARIANT(by_awaited_.contains(edge{e.to, e.from}), "each edge is kept in both directions");
  size_t started = 0;
  for (const auto& [job, p] : conditional_) {
    started += count_started(p);
    for (const auto& d : p.jobs) // two of them may be of one job
      CB_INVARIANT(by_waiting_.contains(edge{job, d.job}), "a conditional job keeps its edges");
    CB_INVARIANT(prospect_of(p.rule, p.jobs) != prospect::runs, "a job that may run has left");
  }
  CB_INVARIANT(started == started_edges_, "the conditions that a start meets are counted");
}

std::optional<std::vector<size_t>> find_cycle(size_t n, std::span<const std::pair<size_t, size_t>> edges) {
  // Edges grouped by where they start: those of i are next_of[first_of[i]] up to next_of[first_of[i + 1]].
  std::vector<size_t> first_of(n + 1, 0), next_of(edges.size());
  for (const auto& [from, to] : edges) {
    CB_INVARIANT(from < n && to < n, "an edge joins two jobs of the batch");
    ++first_of[from + 1];
  }
  for (size_t i = 0; i < n; ++i)
    first_of[i + 1] += first_of[i];
  std::vector<size_t> fill(first_of.begin(), first_of.end() - 1);
  for (const auto& [from, to] : edges)
    next_of[fill[from]++] = to;

  enum class mark : uint8_t { unseen, on_path, done };
  std::vector<mark> marks(n, mark::unseen);
  std::vector<size_t> at(first_of.begin(), first_of.end() - 1); // the next edge to follow
  std::vector<size_t> path;
  for (size_t root = 0; root < n; ++root) {
    if (marks[root] != mark::unseen)
      continue;
    path.push_back(root);
    marks[root] = mark::on_path;
    while (!path.empty()) {
      const size_t here = path.back();
      if (at[here] == first_of[here + 1]) {
        marks[here] = mark::done;
        path.pop_back();
        continue;
      }
      const size_t there = next_of[at[here]++];
      if (marks[there] == mark::on_path)
        return std::vector<size_t>(std::find(path.begin(), path.end(), there), path.end());
      if (marks[there] == mark::unseen) {
        marks[there] = mark::on_path;
        path.push_back(there);
      }
    }
  }
  return std::nullopt;
}

} // namespace callboard
