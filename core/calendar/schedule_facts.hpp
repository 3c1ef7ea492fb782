#pragma once

#include "core/calendar/schedule_definition.hpp"
#include "core/job/job_note.hpp"

#include <string>
#include <string_view>

namespace callboard {

// Schedules are facts (`meta`) of the store: `schedule/NAME` holds the present version, `schedule-progress/NAME` where
// it stands (schedule_progress), `schedule-version/NAME/NUMBER` each version that is kept.

inline constexpr std::string_view schedule_prefix = "schedule/";
inline constexpr std::string_view schedule_progress_prefix = "schedule-progress/";
/// Of all versions of the schedule, in their order.
std::string schedule_version_prefix(std::string_view name);

/// What is written with a new version. @param record  the version as it is stored.  @param versions_max  that are kept
commit_part facts_of_version(const schedule_definition& d, const std::string& record, const schedule_progress& p,
                             uint32_t versions_max);
/// What is written when a schedule stands elsewhere.
commit_part facts_of_progress(std::string_view name, const schedule_progress& p);
/// What is written when a schedule goes, with its versions.
commit_part facts_of_removal(const schedule_definition& d, uint32_t versions_max);

} // namespace callboard
