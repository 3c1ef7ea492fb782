#pragma once

#include "core/calendar/schedule_definition.hpp"
#include "http/json/json_writer.hpp"
#include "http/json/redaction_book.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace callboard {

/// The names of the rules, in the order of `catch_up_rule` and `overlap_rule`.
inline constexpr std::array<std::string_view, 3> catch_up_names{"none", "last", "all"};
inline constexpr std::array<std::string_view, 4> overlap_names{"allow", "skip", "queue", "replace"};

/// Writes a schedule with where it stands, as `GET /api/schedules/{name}` shows it.
/// @param payload  lists leave it out. @param hidden  what is not shown of it.
void write_schedule(json_writer& w, const schedule_view& v, bool payload, const redaction_book& hidden);
/// Writes one version of a schedule: what a client has defined.
void write_schedule_version(json_writer& w, const schedule_definition& d, const redaction_book& hidden);

/// The members `next`, and of a cron schedule in a time zone `local`, without the braces around them: fire times, and
/// what the clocks of the zone show then.
void write_fire_times(json_writer& w, const std::vector<time_point>& times, const schedule_rules& r);

} // namespace callboard
