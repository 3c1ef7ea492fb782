#pragma once

#include "core/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// A dependency of a job of a batch on another job of the same batch, by position.
struct batch_dependency {
  size_t job;
  size_t depends_on;
};

struct submit_request {
  std::vector<job_spec> jobs;
  /// A batch with such dependencies is atomic.
  std::vector<batch_dependency> inner;
  /// All or none.
  bool atomic = false;
};

struct list_request {
  /// Any state when empty.
  std::vector<job_state> states;
  std::string type, queue, tag;
  std::optional<uint8_t> priority;
  /// By creation; from is inclusive, to exclusive.
  std::optional<time_point> from, to;
  /// Jobs below this id, newest first.
  std::optional<job_id> below;
  uint32_t limit = 100;
};

} // namespace callboard
