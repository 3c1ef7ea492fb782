#pragma once

#include "core/job/job.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// A dependency of a job of a batch on another job of the same batch, by position.
struct batch_dependency {
  size_t job;
  size_t depends_on;
  dependency_condition on = dependency_condition::success;
};

struct submit_request {
  std::vector<job_spec> jobs;
  /// A batch with such dependencies is atomic.
  std::vector<batch_dependency> inner;
  /// All or none.
  bool atomic = false;
  /// Of jobs that follow from one which was accepted: no queue is too full for them.
  bool past_bounds = false;
};

/// How many local workers there shall be: a fixed number, or bounds between which the autoscaler moves.
struct scale_request {
  std::optional<uint32_t> workers;
  std::optional<uint32_t> workers_min, workers_max;
};

/// A worker is to get no new job, finish what it has within the grace, and leave.
struct drain_request {
  std::string worker;
  duration grace{0};
};

struct list_request {
  /// Any state when empty.
  std::vector<job_state> states;
  std::string type, queue, tag;
  std::string key;                ///< of idempotency: at most one job has it
  std::string workflow;           ///< the id: its jobs
  bool first_of_workflow = false; ///< of each workflow the job that stands for it in lists
  std::optional<uint8_t> priority;
  std::optional<bool> held; ///< of `true` only unfinished jobs
  /// By creation; from is inclusive, to exclusive.
  std::optional<time_point> from, to;
  /// Jobs below this id, newest first.
  std::optional<job_id> below;
  uint32_t limit = 100;
  /// What to load besides the rest of a record.
  bool payload = false, result = false;
  /// A page that has more bytes of them ends early, but has one job.
  uint64_t bytes_max = UINT64_MAX;

  /// Whether the store finds the jobs by an index of keys, tags, queues and types. Where only live states are asked for
  /// those in memory are looked through instead, which is quicker unless the tag, which is not in memory, is rare.
  bool by_index() const {
    const bool live_only = !states.empty() && std::none_of(states.begin(), states.end(), is_terminal);
    return !key.empty() || !tag.empty() || !workflow.empty() || first_of_workflow ||
           (!live_only && (!queue.empty() || !type.empty()));
  }
};

} // namespace callboard
