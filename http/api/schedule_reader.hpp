#pragma once

#include "core/calendar/schedule_definition.hpp"
#include "http/api/api.hpp"

#include <string_view>

namespace callboard {

/// No schedule has this name: `POST /api/schedules/preview` is something else, and so `GET` of it would be.
inline constexpr std::string_view reserved_schedule_name = "preview";

/// What the body of a schedule is for.
enum class schedule_use : uint8_t {
  create,
  replace, ///< its name is given elsewhere, and may be repeated
  preview, ///< needs neither name nor job, and may have `count` and `from`
};

struct parsed_schedule {
  schedule_definition definition;
  // Of a preview.
  uint32_t count = 0;
  time_point from{};
};

/// Reads a schedule as a client defines it, checked by everything that needs no scheduler. Field paths of its job
/// begin with `job`. Errors: malformed_json, invalid_value, out_of_range, missing_field, unknown_field, time_in_past;
/// for the job all those of a submit.
/// @param name  of a schedule that is replaced; it follows the rule.
result<parsed_schedule> parse_schedule(const api& a, std::string_view text, schedule_use use, std::string_view name);

} // namespace callboard
