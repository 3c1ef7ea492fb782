#pragma once

#include "cli/format.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace callboard {

/// A member of a JSON object as text for people; empty when it is missing or null. Strings come without quotes.
std::string member_text(const nlohmann::ordered_json& object, const char* name);
/// A number; 0 when there is none.
double member_number(const nlohmann::ordered_json& object, const char* name);
/// A count; 0 when there is none, or it is negative.
uint64_t member_count(const nlohmann::ordered_json& object, const char* name);

/// All of a job, a line per member.
void print_job(std::ostream& out, const nlohmann::ordered_json& job, time_point now, const palette& colours);

/// The `history` of a job as a table.
void print_history(std::ostream& out, const nlohmann::ordered_json& job, const palette& colours);

/// `running on worker-1, attempt 2, 40% resizing`, without colours: what is going on with a job, in one line.
std::string job_line(const nlohmann::ordered_json& job, time_point now);

} // namespace callboard
