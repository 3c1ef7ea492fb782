#pragma once

#include "core/base/error.hpp"
#include "core/job/unique_rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace callboard {

/// That there is to be one of a job at a time, as a client asks for it.
struct unique_request {
  /// Parts of the job that make its key: `type`, `queue`, `payload`, or a path as `payload.customer.id`.
  std::vector<std::string> by{"type", "queue", "payload"};
  unique_rule rule; ///< without its key
};

/// Reads the `unique` of a submitted job: `by`, `while`, `onConflict`, each of which may be left out.
/// Errors: invalid_value, out_of_range, missing_field and unknown_field with the field (`unique.by[1]`).
result<unique_request> read_unique(const nlohmann::json& v);

} // namespace callboard
