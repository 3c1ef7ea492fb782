#include "tests/sim/checkers.hpp"

#include <algorithm>
#include <cstdlib>

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
    if (a.level != durability::fsync && a.power_failed_since)
      continue;
    if (!state(id))
      throw violation("P1: " + to_string(id) + ", accepted at " + at(a.answered) + ", is gone");
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
      if (after.proof <= before.proof)
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
  for (auto id : h.cancelled)
    if (const auto s = state(id); s != job_state::cancelled)
      throw violation("a cancel of " + to_string(id) + " was confirmed, but it is " +
                      (s ? std::string{to_string(*s)} : "gone"));
}

void check_dependants_are_settled(const stored_world& s) {
  for (const auto& [id, f] : s) {
    // What is `retrying` had its turn, or was brought back by an operator.
    if (is_terminal(f.state) || f.state == job_state::retrying)
      continue;
    for (auto dep : f.dependencies)
      if (const auto d = s.find(dep);
          d != s.end() && (d->second.state == job_state::failed || d->second.state == job_state::cancelled))
        throw violation("P6: " + to_string(id) + " is " + std::string{to_string(f.state)} + " on the disk, and " +
                        to_string(dep) + ", which it waits for, is " + std::string{to_string(d->second.state)});
  }
}

void check_keys_are_unique(const stored_world& s) {
  std::map<std::string, job_id> owners;
  for (const auto& [id, f] : s)
    if (!f.key.empty())
      if (const auto [o, fresh] = owners.emplace(f.key, id); !fresh)
        throw violation("the key " + f.key + " names " + to_string(o->second) + " and " + to_string(id));
}

void check_batches_are_whole(const stored_world& s) {
  std::map<uint64_t, std::pair<uint64_t, uint64_t>> found; // batch -> jobs there, jobs it has
  for (const auto& [id, f] : s)
    if (const auto batch = number_in(f.payload, "batch")) {
      ++found[batch].first;
      found[batch].second = number_in(f.payload, "of");
    }
  for (const auto& [batch, n] : found)
    if (n.first != n.second)
      throw violation("atomic batch " + std::to_string(batch) + ": " + std::to_string(n.first) + " of " +
                      std::to_string(n.second) + " jobs are on the disk");
}

} // namespace callboard::sim
