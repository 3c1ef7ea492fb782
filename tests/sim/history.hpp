#pragma once

#include "core/job/job.hpp"
#include "tests/sim/world.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace callboard::sim {

/// One attempt as it really was.
struct attempt_run {
  job_id job;
  fence proof;
  std::string node;
  duration begun{0};
  std::optional<duration> ended;
};

/// What a client knows of a submit.
struct accepted_job {
  durability level = durability::fsync;
  duration answered{0};
  bool power_failed_since = false;
  std::string key;
};

/// All that was observed from outside: what clients were told, and what really ran.
struct history {
  std::map<job_id, accepted_job> accepted;
  std::vector<attempt_run> attempts;
  std::set<job_id> cancelled; ///< cancels that were answered with success, of jobs that a power loss cannot undo
  std::map<std::string, job_id> keys; ///< answered
  std::set<job_id> retried;           ///< an operator asked for it: its dependencies may have failed
};

} // namespace callboard::sim
