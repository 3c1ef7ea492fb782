#pragma once

#include "core/job/job.hpp"
#include "http/api/api.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What the ids of jobs begin with, and the keys of jobs in a workflow do not: so an entry of `dependencies` is one or
/// the other by its looks.
inline constexpr std::string_view job_id_prefix = "job_";

/// A job of a workflow as a client asks for it.
struct workflow_job_wish {
  /// It waits for the job with this key.
  struct dependency_wish {
    std::string key;
    dependency_condition on = dependency_condition::success;
    std::string field; ///< where it stands in the job
  };
  std::string key;
  job_spec spec;
  std::vector<dependency_wish> waits_for;
};

/// Reads the `dependencies` of a job, which have been parsed: ids into its spec, keys into `waits_for`. Field paths
/// start at the job. Errors: invalid_value, out_of_range, missing_field, unknown_field.
std::optional<error> read_workflow_dependencies(const api& a, const nlohmann::json& list, workflow_job_wish& job);

/// A payload may stand for results (`${jobs.KEY.result}`) of jobs that this one depends on by their keys. Errors, of
/// the field `payload`: invalid_value, unknown_dependency.
std::optional<error> check_result_references(const workflow_job_wish& job);

} // namespace callboard
