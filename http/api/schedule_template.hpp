#pragma once

#include "core/base/error.hpp"
#include "core/job/job_template.hpp"
#include "http/api/schedule_reader.hpp"
#include "http/api/template_content.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// A schedule whose job is to be made from a template.
struct schedule_template {
  std::string name;
  std::optional<uint32_t> version; ///< nothing: the present one
  template_request request;
  nlohmann::json schedule; ///< the body without `template`
};

/// Reads the member `template` of a schedule's body; nothing: it has none, or the body is one that the reader of
/// schedules refuses. Errors: invalid_value, missing_field, unknown_field, out_of_range with the field below
/// `template`.
result<std::optional<schedule_template>> read_schedule_template(const api& a, std::string_view text);

/// Fetches the template, fills it in, and reads the schedule with the job that came of it, which says where it is from.
/// Errors, besides those of `parse_schedule`: unknown_template, not_found, those of the parameters and invalid_value
/// for a template of a workflow, all below `template`; corrupt_record.
/// @param name  as of `parse_schedule`. @param done  called on the side thread, or before this returns.
void read_schedule_of_template(const api& a, schedule_template s, schedule_use use, std::string name,
                               std::function<void(result<schedule_definition>)> done);

} // namespace callboard
