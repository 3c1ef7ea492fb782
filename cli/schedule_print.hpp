#pragma once

#include "cli/format.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>

namespace callboard {

/// `30 2 * * *`, `every 10min` or `at 2026-01-15T10:30:00.000Z`: when a schedule fires.
std::string when_text(const nlohmann::ordered_json& schedule);

/// `active`, `paused`, `over` or `fault`.
std::string schedule_state(const nlohmann::ordered_json& schedule);

/// The next fire time of an answer that has some in `next`, as RFC 3339; empty: there is none.
std::string next_fire_text(const nlohmann::ordered_json& answer);

/// All of a schedule, a line per member.
void print_schedule(std::ostream& out, const nlohmann::ordered_json& schedule, time_point now, const palette& colours);

/// Its versions as a table.
void print_versions(std::ostream& out, const nlohmann::ordered_json& answer, const palette& colours);

} // namespace callboard
