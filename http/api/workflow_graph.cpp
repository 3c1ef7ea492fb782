#include "http/api/workflow_graph.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

constexpr size_t nobody = SIZE_MAX;

/// For each job the others at its edges.
std::vector<std::vector<size_t>> neighbours(size_t jobs, const std::vector<workflow_edge>& edges,
                                            size_t workflow_edge::*of, size_t workflow_edge::*other) {
  std::vector<std::vector<size_t>> out(jobs);
  for (const auto& e : edges)
    out[e.*of].push_back(e.*other);
  return out;
}

} // namespace

std::vector<size_t> topological_order(size_t jobs, const std::vector<workflow_edge>& edges) {
  const auto waiters = neighbours(jobs, edges, &workflow_edge::from, &workflow_edge::to);
  std::vector<size_t> open(jobs), out;
  for (const auto& e : edges)
    ++open[e.to];
  out.reserve(jobs);
  for (size_t j = 0; j < jobs; ++j)
    if (open[j] == 0)
      out.push_back(j);
  for (size_t at = 0; at < out.size(); ++at)
    for (const auto w : waiters[out[at]])
      if (--open[w] == 0)
        out.push_back(w);
  return out;
}

std::vector<size_t> find_circle(size_t jobs, const std::vector<workflow_edge>& edges) {
  const auto order = topological_order(jobs, edges);
  if (order.size() == jobs)
    return {};
  std::vector<bool> left(jobs, true);
  for (const auto j : order)
    left[j] = false;
  // Whoever is left waits for somebody who is left: following that long enough runs in a circle.
  const auto waits_for = neighbours(jobs, edges, &workflow_edge::to, &workflow_edge::from);
  const auto step = [&](size_t j) {
    return *std::find_if(waits_for[j].begin(), waits_for[j].end(), [&](size_t d) { return left[d]; });
  };
  auto at = static_cast<size_t>(std::find(left.begin(), left.end(), true) - left.begin());
  for (size_t i = 0; i < jobs; ++i)
    at = step(at);
  std::vector<size_t> out{at};
  for (auto next = step(at); next != at; next = step(next))
    out.push_back(next);
  std::rotate(out.begin(), std::min_element(out.begin(), out.end()), out.end());
  return out;
}

workflow_chain longest_chain(const std::vector<workflow_edge>& edges, const std::vector<duration>& lengths) {
  const auto jobs = lengths.size();
  const auto waits_for = neighbours(jobs, edges, &workflow_edge::to, &workflow_edge::from);
  using reach = std::pair<duration, size_t>; // time, and number of jobs
  std::vector<reach> up_to(jobs);
  std::vector<size_t> before(jobs, nobody);
  size_t last = nobody;
  for (const auto j : topological_order(jobs, edges)) {
    reach best{duration{0}, 0};
    for (const auto d : waits_for[j])
      if (up_to[d] > best) {
        best = up_to[d];
        before[j] = d;
      }
    up_to[j] = {best.first + lengths[j], best.second + 1};
    if (last == nobody || up_to[j] > up_to[last])
      last = j;
  }
  workflow_chain out;
  if (last == nobody)
    return out;
  out.length = up_to[last].first;
  for (auto j = last; j != nobody; j = before[j])
    out.jobs.push_back(j);
  std::reverse(out.jobs.begin(), out.jobs.end());
  return out;
}

} // namespace callboard
