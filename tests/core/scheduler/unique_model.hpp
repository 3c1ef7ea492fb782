#pragma once

#include "core/job/job.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace callboard::test {

/// What the docs say of one job, and nothing else.
struct model_job {
  unique_rule rule;
  time_point accepted;
  bool live = true;
  bool begun = false;
  bool given = false;       ///< to the worker that is here
  uint64_t closed = 0;      ///< fence of its last attempt that is over
  job_state ended_as{};     ///< when it is not live
  bool is_replaced = false; ///< by another one
  time_point first{};       ///< of a debounce: when the first of its chain was accepted
  time_point due{};         ///< and when it may start
};

/// What a submit is to be answered.
struct expected {
  enum class answer : uint8_t { fresh, known, twin, refused } is = answer::fresh;
  job_id owner;           ///< the one that holds the key
  bool replaces = false;  ///< that one
  size_t twin_of = 0;     ///< place in the request
  bool names_one = false; ///< the refusal names the owner
};

/// Unique jobs by the words of docs/scheduling.md: a map from each key to the job that took it last, and what a client
/// and a worker see of each job. It knows no store, no index and no writes.
struct unique_model {
  std::map<job_id, model_job> jobs;
  std::map<std::string, job_id> holders; ///< who took the key last

  static bool meets(const job_spec& s) {
    return s.unique && s.unique->scope != unique_scope::running;
  }
  static bool waits(const model_job& j) {
    return j.live && !j.begun && !j.given;
  }
  /// By the table of docs/scheduling.md.
  static bool holds(const model_job& j, time_point now) {
    switch (j.rule.scope) {
    case unique_scope::queued:
      return waits(j);
    case unique_scope::unfinished:
      return j.live;
    case unique_scope::window:
      return now < j.accepted + j.rule.window;
    case unique_scope::running:
      break;
    }
    return false;
  }

  /// How the jobs of a request are to be answered, each for itself.
  std::vector<expected> judge(const std::vector<job_spec>& specs, time_point now) const {
    std::vector<expected> out;
    std::map<std::string, size_t> here;
    for (const auto& s : specs) {
      expected e;
      if (meets(s)) {
        const auto& key = s.unique->key;
        const auto conflict = s.unique->conflict;
        const auto held = holders.find(key);
        if (const auto first = here.find(key); first != here.end()) {
          e.is = conflict == on_unique_conflict::existing ? expected::answer::twin : expected::answer::refused;
          e.twin_of = first->second;
        } else if (held != holders.end() && holds(jobs.at(held->second), now)) {
          e.owner = held->second;
          if (conflict == on_unique_conflict::existing)
            e.is = expected::answer::known;
          else if ((conflict == on_unique_conflict::replace || conflict == on_unique_conflict::debounce) &&
                   waits(jobs.at(e.owner)))
            e.replaces = true;
          else
            e.is = expected::answer::refused;
          e.names_one = e.is == expected::answer::refused;
        }
        if (e.is == expected::answer::fresh)
          here[key] = out.size();
      }
      out.push_back(e);
    }
    return out;
  }
};

} // namespace callboard::test
