#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Reads `15s`, `100ms`, `7d`, `10min`, `1h30min`, `0.5s`, or a plain number of seconds. Units: us, ms, s, m or min, h,
/// d. Nothing for anything else, for negative values and for more than 100 years.
std::optional<duration> parse_duration(std::string_view text);

/// Seconds as a duration, rounded to microseconds; nothing for negative values and for more than 100 years.
std::optional<duration> duration_of_seconds(double seconds);

/// The shortest exact form that `parse_duration` reads: the largest unit of which `d` is a whole number.
std::string format_duration(duration d);

/// Reads `64MiB`, `1GB`, `512` or `1.5kB`: a number of bytes, with a decimal (kB, MB, GB, TB) or binary (KiB, MiB, GiB,
/// TiB) unit in upper or lower case. Nothing for anything else and for fractions of a byte.
std::optional<uint64_t> parse_bytes(std::string_view text);

/// `64MiB` where a binary unit fits exactly, else the plain number.
std::string format_bytes(uint64_t bytes);

} // namespace callboard
