#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"
#include "http/api/api.hpp"
#include "http/api/query.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace callboard {

/// Jobs that were made from a template: `?template=NAME` or `?template=NAME@VERSION`.
struct template_filter {
  std::string name;
  std::optional<uint32_t> version; ///< nothing: any

  bool fits(const job_record& j) const;
};

/// Jobs that one request looks at for those of a template. A page may end for that with few jobs or none; its `next`
/// goes on.
inline constexpr uint32_t template_jobs_examined_max = 10'000;

/// Nothing: the query has no such filter. Errors: invalid_value, out_of_range.
result<std::optional<template_filter>> read_template_filter(const parsed_target& query);

/// The jobs of `r` that fit, newest first, found by looking at all of them: no index has the template. Ends after
/// `r.limit` jobs, after `template_jobs_examined_max` that were looked at, or after `r.bytes_max` of payloads and
/// results.
void list_of_template(const api& a, list_request r, template_filter f, reply<job_list> done);

} // namespace callboard
