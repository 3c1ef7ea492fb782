#pragma once

#include "config/settings.hpp"
#include "core/error.hpp"
#include "http/backend.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Checks a payload against its type. Called on the threads of the REST interface, on several at once.
/// Errors: invalid_payload with the field (`payload.to`), unknown_job_type.
using payload_check = std::function<result<done>(std::string_view type, const nlohmann::json& payload)>;

/// What the routes need to do their work. Constant once the server runs.
struct api {
  http_settings http;
  job_settings jobs;
  backend& back;
  /// The job types that can be submitted.
  std::vector<std::string> types;
  payload_check check;
  std::string version;
  /// The time of day.
  std::function<time_point()> clock;
  /// Bound of POST /api/workers/scale (workers.count_max).
  uint32_t workers_max = worker_settings{}.count_max;
  /// For the jobs of a worker that is drained without a deadline (scheduler.shutdown_grace).
  duration drain_grace = scheduler_settings{}.shutdown_grace;
};

} // namespace callboard
