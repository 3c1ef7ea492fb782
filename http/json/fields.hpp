#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "http/json/json_source.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Readers of single values that come from outside, each with a message that says what is allowed and what came.
/// `field` is the path that the error names.

/// A client's value as an error may repeat it: quoted, cut to `shown_bytes_max`.
std::string shown(std::string_view text);
std::string shown(const json_scalar& v);
/// The same of a value of any kind: of an array or an object only that it is one.
std::string shown_json(const nlohmann::json& v);

/// Free text, as in `core/base/name.hpp`. Errors: invalid_value, out_of_range.
result<std::string> read_text(const json_scalar& v, std::string_view field, size_t bytes_max);
/// As `read_text`, of a text that is no JSON.
result<std::string> read_text(std::string_view v, std::string_view field, size_t bytes_max);
/// Errors: invalid_value when it is no integer, out_of_range.
result<uint32_t> read_integer(const json_scalar& v, std::string_view field, uint32_t min, uint32_t max);
result<uint32_t> read_integer(std::string_view v, std::string_view field, uint32_t min, uint32_t max);
/// A number of seconds, fractions allowed, rounded to microseconds.
result<duration> read_seconds(const json_scalar& v, std::string_view field, duration min, duration max);
result<bool> read_boolean(const json_scalar& v, std::string_view field);
result<time_point> read_time(const json_scalar& v, std::string_view field);
result<time_point> read_time(std::string_view v, std::string_view field);

/// Checks a `scheduleAt`: not further in the past than the grace, not too far ahead.
result<done> check_schedule(time_point at, time_point now, duration past_grace, duration ahead_max);
/// Checks a `deadline` against now and, if there is one, the start.
result<done> check_deadline(time_point deadline, time_point now, const time_point* schedule_at, duration ahead_max);
/// The same of a `finishBy`.
result<done> check_finish_by(time_point finish_by, time_point now, const time_point* schedule_at, duration ahead_max);

/// The error of a part as one of the whole: its field is below `path`.
error within(error e, const std::string& path);

/// `a, b, c`
std::string joined(const std::vector<std::string>& names);

} // namespace callboard
