#include "core/index/dependency_graph.hpp"

#include <algorithm>
#include <unordered_map>

namespace callboard {

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

std::vector<job_id> dependency_graph::completed(job_id job) {
  std::vector<job_id> free;
  for (const auto waiting : dependants(job)) {
    by_awaited_.erase(edge{job, waiting});
    by_waiting_.erase(edge{waiting, job});
    if (!is_waiting(waiting))
      free.push_back(waiting);
  }
  return free;
}

std::vector<job_id> dependency_graph::dependants_closure(job_id job) const {
  // Kahn's algorithm on the part that can be reached: first how many edges lead to each, then whoever has none left.
  std::unordered_map<job_id, size_t> edges_left;
  std::vector<job_id> open{job};
  while (!open.empty()) {
    const job_id from = open.back();
    open.pop_back();
    for (const auto to : dependants(from))
      if (edges_left[to]++ == 0)
        open.push_back(to);
  }
  std::vector<job_id> order;
  order.reserve(edges_left.size());
  const auto settle = [&](job_id from) {
    for (const auto to : dependants(from))
      if (--edges_left[to] == 0)
        order.push_back(to);
  };
  settle(job);
  for (size_t i = 0; i < order.size(); ++i)
    settle(order[i]);
  CB_INVARIANT(order.size() == edges_left.size(), "dependencies have no cycle");
  return order;
}

size_t dependency_graph::remove(job_id job) {
  const auto awaited = waits_for(job);
  for (const auto dependency : awaited) {
    by_waiting_.erase(edge{job, dependency});
    by_awaited_.erase(edge{dependency, job});
  }
  return awaited.size();
}

bool dependency_graph::is_waiting(job_id job) const {
  return any(by_waiting_, job);
}

std::vector<job_id> dependency_graph::waits_for(job_id job) const {
  return targets(by_waiting_, job);
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
