#include "core/job/commit_order.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

void put_in_order(commit_part& p) {
  p.leftovers.reset();
  const auto place = [](const job_note& n) { return std::pair{n.waits_anew != nullptr, n.job}; };
  // Jobs mostly answer in their order.
  if (std::is_sorted(p.notes.begin(), p.notes.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); }))
    return;
  std::vector<std::pair<std::pair<bool, job_id>, size_t>> order; // each job is moved once
  order.reserve(p.notes.size());
  for (size_t i = 0; i < p.notes.size(); ++i)
    order.emplace_back(place(p.notes[i]), i);
  std::sort(order.begin(), order.end());
  auto jobs = std::exchange(p.jobs, {});
  auto notes = std::exchange(p.notes, {});
  p.jobs.reserve(order.size());
  p.notes.reserve(order.size());
  for (const auto& [where, i] : order) {
    p.jobs.push_back(std::move(jobs[i]));
    p.notes.push_back(std::move(notes[i]));
  }
}

} // namespace callboard
