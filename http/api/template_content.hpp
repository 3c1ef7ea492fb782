#pragma once

#include "core/job/job_template.hpp"
#include "http/api/template_parameters.hpp"
#include "http/api/workflow.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace callboard {

/// What a version of a template says.
struct template_content {
  std::string description;
  nlohmann::json parameters; ///< a JSON Schema; null: none
  template_kind kind = template_kind::job;
  nlohmann::json body; ///< of the submit that it makes, with placeholders
  std::vector<parameter_use> uses;

  /// Of the member that holds `body`, and of its fields in errors: `job` or `workflow`.
  std::string body_name() const {
    return std::string{to_string(kind)};
  }
};

/// What a client asks for with a template.
struct template_request {
  nlohmann::json parameters = nlohmann::json::object();
  nlohmann::json overrides = nlohmann::json::object(); ///< fields in place of those of the job
  std::string idempotency_key;                         ///< empty: the template's, if it has one
};

/// A submit that was made of a template.
struct template_job {
  nlohmann::json body; ///< as it would be submitted
  std::variant<job_spec, parsed_workflow> made;
};

/// Reads a definition as it was stored. Error: corrupt_record.
result<template_content> read_content(const template_version& v, uint32_t depth_max);

/// Fills in the parameters and lays the overrides over it. Errors: those of the parameters.
result<nlohmann::json> fill_template(const api& a, const template_content& t, const template_request& r);

/// The same, and reads it as a submit is read. Errors: those of the
/// parameters; those of a submit, with fields below `job`, `workflow` or `overrides`.
/// @param id  of the workflow that it may be.
result<template_job> make_from_template(const api& a, const template_content& t, const template_request& r,
                                        time_point now, std::string id);

/// What can be said of a definition before anybody gives values: all of it when there are samples of all values, else
/// those fields that need none. Errors as of a submit, with fields below `job` or `workflow`.
std::optional<error> check_without_values(const api& a, const template_content& t, time_point now);

} // namespace callboard
