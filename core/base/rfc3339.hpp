#pragma once

#include "core/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Appends `2026-01-15T10:30:00.123Z`: UTC, milliseconds, rounded down.
void append_rfc3339(std::string& out, time_point t);
std::string to_rfc3339(time_point t);

/// Reads RFC 3339 with any offset and a fraction of 1 to 9 digits (rounded down to microseconds); `t`, `z` and a leap
/// second (`:60`, read as the second after it) are accepted. Nothing when it is anything else.
std::optional<time_point> parse_rfc3339(std::string_view text);

/// Appends `Thu, 15 Jan 2026 10:30:00 GMT`, the form of the Date header (RFC 9110, 5.6.7).
void append_http_date(std::string& out, time_point t);

} // namespace callboard
