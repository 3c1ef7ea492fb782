#pragma once

#include "core/job/job.hpp"
#include "core/job/outcome.hpp"
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
  fence_token fence;
  std::string node;
  duration begun{0};
  std::optional<duration> ended;
  std::optional<outcome_kind> how; ///< as its handler ended; none: it was stopped, or died with its node
};

/// When an attempt was claimed over HTTP, and what it is given: its timeout, or the soft one if it has that.
struct claimed_run {
  duration at{0};
  duration may_run{0};
};

/// Something that a client was told of a job, and what has happened since that may undo it.
struct promise {
  durability level = durability::fsync;
  bool process_ended_since = false;
  bool power_failed_since = false;

  /// P1: the levels, and what each survives.
  bool may_be_undone() const {
    return (level == durability::memory && process_ended_since) || (level != durability::fsync && power_failed_since);
  }
};

/// What a client knows of a submit.
struct accepted_job {
  promise kept;
  duration answered{0};
  std::string key;
};

/// A worker's lease was over, for the scheduler or for the worker itself.
struct lapsed_lease {
  std::string node;
  std::string who;         ///< decided that it is over
  duration over{0};        ///< decided at
  duration renewed{0};     ///< by what counts for that side
  duration disturbed{0};   ///< until then its connection, process or scheduler had a fault; zero: never had
  bool clock_step = false; ///< a wall clock was set since it was renewed
};

/// Of all types of the node `w1`, `w2` and so on.
inline std::string version_of_types(const std::string& node) {
  return "1." + std::to_string(std::stoi(node.substr(1)) - 1) + ".0";
}

/// Of the log of a job, and of the lines that a node keeps of an attempt's log: so little that lines are lost.
inline constexpr uint64_t log_bytes_max = 300;
inline constexpr size_t log_lines_max = 12;

/// An attempt of a job that is unique while it runs.
struct given_turn {
  std::string key;             ///< of its queue
  std::set<fence_token> known; ///< attempts of former schedulers that the scheduler knew of when it gave the turn
};

/// All that was observed from outside: what clients were told, and what really ran.
struct history {
  std::map<job_id, accepted_job> accepted;
  std::vector<attempt_run> attempts;
  std::set<job_id> begun;       ///< jobs of the attempts
  std::set<std::string> asleep; ///< nodes that are stopped, or whose machine is: what they run may turn out to be over
  std::set<fence_token> heard;  ///< attempts of whose start a scheduler has heard
  std::map<fence_token, claimed_run> claimed;
  std::map<fence_token, job_id> timed_out; ///< the scheduler itself has ended them: their workers over HTTP did not
  std::map<job_id, promise> cancelled;     ///< cancels that were answered with success
  std::map<job_id, promise> held;     ///< holds that were answered with success, of which no release was sent since
  std::map<std::string, job_id> keys; ///< answered
  std::set<job_id> retried;           ///< an operator asked for it: its dependencies may have failed
  std::map<fence_token, given_turn> turns;
  std::map<job_id, uint64_t> replaced; ///< by their unique key: the boot in which that was tried last
  std::vector<lapsed_lease> lapsed;
  std::vector<job_id> elements;                  ///< jobs into which others were to fan out; some were not written
  std::map<job_id, std::set<std::string>> saved; ///< checkpoints, by attempts of the job
  std::map<fence_token, uint64_t> logged;        ///< lines that an attempt has written
  duration clock_set{-1};                        ///< when a wall clock was set the last time; negative: never

  /// The scheduler's process has ended. @param power  with its machine
  void process_ended(bool power) {
    const auto note = [power](promise& p) {
      p.process_ended_since = true;
      p.power_failed_since = p.power_failed_since || power;
    };
    for (auto& [id, a] : accepted)
      note(a.kept);
    for (auto* promises : {&cancelled, &held})
      for (auto& [id, p] : *promises)
        note(p);
  }
};

} // namespace callboard::sim
