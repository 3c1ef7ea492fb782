#include "tests/sim/unique_jobs.hpp"

#include <algorithm>

namespace callboard::sim {

using namespace std::chrono_literals;

namespace {

uint64_t boot_of(fence_token f) {
  return f.value >> 32;
}

/// When the first of its chain was accepted.
time_point first_of(const stored_facts& f) {
  return f.unique->since.value_or(f.created_at);
}

} // namespace

unique_rule draw_unique(world& w, const std::string& queue) {
  unique_rule u{"u" + std::to_string(w.below(4)), static_cast<unique_scope>(w.below(4))};
  if (u.scope == unique_scope::running) {
    u.key = queue + " " + u.key; // as clients' keys have their queue
    return u;
  }
  u.conflict = static_cast<on_unique_conflict>(w.below(4));
  if (u.conflict == on_unique_conflict::debounce) {
    u.scope = unique_scope::queued;
    u.quiet = w.between(10ms, 2s);
    if (w.chance(0.6))
      u.quiet_max = u.quiet + w.between(0ms, 3s);
  } else if (u.scope == unique_scope::window) {
    u.window = w.between(10ms, 3s);
  }
  return u;
}

void check_turns(const history& h) {
  std::map<std::string, std::vector<const attempt_run*>> by_key;
  for (const auto& a : h.attempts)
    if (const auto t = h.turns.find(a.fence); t != h.turns.end())
      by_key[t->second.key].push_back(&a);
  for (auto& [key, runs] : by_key) {
    std::stable_sort(runs.begin(), runs.end(), [](auto* a, auto* b) { return a->begun < b->begun; });
    for (size_t i = 0; i < runs.size(); ++i)
      for (size_t k = i + 1; k < runs.size() && (!runs[i]->ended || runs[k]->begun < *runs[i]->ended); ++k) {
        const auto [first, second] = std::minmax(runs[i]->fence, runs[k]->fence);
        if (runs[i]->job == runs[k]->job ||
            (boot_of(first) != boot_of(second) && h.turns.at(second).known.count(first) == 0))
          continue;
        throw violation("unique: " + to_string(runs[k]->job) + " runs on " + runs[k]->node + " while " +
                        to_string(runs[i]->job) + " runs on " + runs[i]->node + ", and both have the key " + key);
      }
  }
}

void check_replaced_never_ran(const history& h, const final_record& record) {
  for (const auto& a : h.attempts) {
    const auto r = h.replaced.find(a.job);
    // What an operator has brought back may have run before, as an attempt that was no more its own. Of one whose
    // worker is lost before its start is heard of nobody knows that it has run.
    if (r == h.replaced.end() || r->second != boot_of(a.fence) || h.retried.count(a.job) != 0 ||
        h.heard.count(a.fence) == 0)
      continue;
    const auto rec = record(a.job);
    if (rec && rec->error && rec->error->code == job_error_code::replaced)
      throw violation("unique: " + to_string(a.job) + " has run on " + a.node + ", and was replaced");
  }
}

void check_put_off(job_id fresh, const stored_facts& f, const stored_facts* replaced) {
  const auto& u = *f.unique;
  const auto* former =
    replaced && replaced->unique && replaced->unique->conflict == on_unique_conflict::debounce ? replaced : nullptr;
  const auto broken = [&](const std::string& why) {
    return violation("unique: " + to_string(fresh) + " is put off, and " + why);
  };
  if (former && first_of(f) > first_of(*former))
    throw broken("does not know the first of its chain");
  if (!former && u.since)
    throw broken("knows a first one of a chain that is not there");
  auto due = f.created_at + u.quiet;
  if (u.quiet_max > duration{0})
    due = std::min(due, first_of(f) + u.quiet_max);
  if (f.schedule_at != std::max(f.created_at, due))
    throw broken("starts at another time than after its quiet time, or its longest");
}

} // namespace callboard::sim
