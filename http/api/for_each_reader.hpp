#pragma once

#include "http/api/workflow_dependencies.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace callboard {

/// Reads the `forEach` of a job of a workflow, which has been parsed, into its spec: an object, or only the reference
/// to the array. Field paths start at the job. Errors: invalid_value, out_of_range, missing_field, unknown_field.
std::optional<error> read_for_each(const api& a, const nlohmann::json& value, workflow_job_wish& job);

/// What `forEach` asks of the rest of the job: the job with the array is one that it waits for on success, and only
/// such a job has `${item}` and `${index}` in its payload. Errors: unknown_dependency of `forEach.over`, invalid_value
/// of `payload`.
std::optional<error> check_for_each(const workflow_job_wish& job);

} // namespace callboard
