#pragma once

#include "core/job/requests.hpp"
#include "http/api/api.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A workflow as a client asks for it.
struct parsed_workflow {
  std::string id, name;
  /// Of its jobs, in the order of `request.jobs`: each behind those that it waits for.
  std::vector<std::string> keys;
  /// One atomic batch; the first job is the one by which lists find the workflow.
  submit_request request;
  /// Empty: none. That of a job is this, a slash and its key.
  std::string idempotency_key;
  boxed<template_origin> from_template;
};

/// Reads the body of `POST /api/workflows`. Errors: malformed_json, those of a job with fields as
/// `jobs.download.priority`, unknown_dependency, dependency_cycle.
/// @param key_header  the Idempotency-Key header, which counts when the body has none.
result<parsed_workflow> read_workflow(const api& a, std::string_view text, std::string_view key_header, time_point now,
                                      std::string id);

/// Checks the fields of a workflow some of which are not known yet, each by itself; for one that would be read with
/// `read_workflow` when they are. Errors as of that.
std::optional<error> parse_workflow_fields(const api& a, std::string_view text, time_point now);

} // namespace callboard
