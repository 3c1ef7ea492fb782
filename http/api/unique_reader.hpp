#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// That there is to be one of a job at a time, as a client asks for it.
struct unique_request {
  /// Parts of the job that make its key: `type`, `queue`, `payload`, or a path as `payload.customer.id`.
  std::vector<std::string> by{"type", "queue", "payload"};
  unique_rule rule; ///< without its key
};

/// The rest of a job that says when it runs.
struct unique_surroundings {
  const job_spec& job;
  bool has_lane = false;      ///< it has a concurrency key of its own
  bool type_has_lane = false; ///< or one by the defaults of its type
  time_point now;
  duration schedule_ahead_max; ///< latest start, counted from now
};

/// Reads the `unique` of a submitted job: `by`, `while`, `onConflict`, each of which may be left out.
/// Errors: invalid_value, out_of_range, missing_field and unknown_field with the field (`unique.by[1]`).
result<unique_request> read_unique(const nlohmann::json& v);

/// What is wrong with it in that job. Errors: invalid_value and out_of_range with the field, of `unique` or of what
/// does not go with it.
std::optional<error> check_unique(const unique_request& r, const unique_surroundings& x);

} // namespace callboard
