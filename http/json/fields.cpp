#include "http/json/fields.hpp"

#include "core/base/name.hpp"
#include "core/base/rfc3339.hpp"
#include "core/base/seconds_text.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace callboard {

namespace {

error wrong(std::string_view field, std::string_view allowed, std::string_view came) {
  return {ec::invalid_value, std::string{field} + " must be " + std::string{allowed} + ", not " + std::string{came},
          std::string{field}};
}

error outside(std::string_view field, std::string_view allowed, std::string_view came) {
  return {ec::out_of_range, std::string{field} + " must be " + std::string{allowed} + ", not " + std::string{came},
          std::string{field}};
}

/// Checks a latest time: not passed, behind the start, not too far ahead.
result<done> check_latest(const std::string& field, const std::string& rule, time_point at, time_point now,
                          const time_point* schedule_at, duration ahead_max) {
  if (at <= now)
    return error{ec::time_in_past, field + " " + to_rfc3339(at) + " has passed: it is " + to_rfc3339(now) + "; " + rule,
                 field};
  if (schedule_at != nullptr && at <= *schedule_at)
    return error{ec::invalid_value,
                 field + " " + to_rfc3339(at) + " must be after scheduleAt " + to_rfc3339(*schedule_at), field};
  if (at > now + ahead_max)
    return outside(field, "before " + to_rfc3339(now + ahead_max) + " (jobs.schedule_ahead_max)", to_rfc3339(at));
  return done{};
}

} // namespace

std::string shown(std::string_view text) {
  if (text.size() <= http_limits::shown_bytes_max)
    return "\"" + std::string{text} + "\"";
  // Not in the middle of a character: its tail bytes would be no UTF-8.
  size_t n = http_limits::shown_bytes_max;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0u) == 0x80u)
    --n;
  return "\"" + std::string{text.substr(0, n)} + "...\" (" + std::to_string(text.size()) + " bytes)";
}

std::string shown_json(const nlohmann::json& v) {
  if (v.is_string())
    return shown(std::string_view{v.get_ref<const std::string&>()});
  if (v.is_structured())
    return v.is_array() ? "an array" : "an object";
  return v.dump();
}

std::string shown(const json_scalar& v) {
  switch (v.is) {
  case json_scalar::type::null:
    return "null";
  case json_scalar::type::boolean:
    return v.boolean ? "true" : "false";
  case json_scalar::type::integer:
    return std::to_string(v.integer);
  case json_scalar::type::natural:
    return std::to_string(v.natural);
  case json_scalar::type::real: {
    char buf[32];
    return {buf, std::to_chars(buf, buf + sizeof buf, v.real).ptr};
  }
  case json_scalar::type::text:
    break;
  }
  return shown(std::string_view{*v.text});
}

result<std::string> read_text(std::string_view v, std::string_view field, size_t bytes_max) {
  if (v.empty() || v.size() > bytes_max)
    return outside(field, free_text_rule(bytes_max), std::to_string(v.size()) + " bytes");
  if (const auto c = control_character_in(v))
    return wrong(field, free_text_rule(bytes_max), "text with byte " + std::to_string(static_cast<int>(*c)));
  return std::string{v};
}

result<std::string> read_text(const json_scalar& v, std::string_view field, size_t bytes_max) {
  if (v.is != json_scalar::type::text)
    return wrong(field, "a string", shown(v));
  return read_text(std::string_view{*v.text}, field, bytes_max);
}

result<uint32_t> read_integer(const json_scalar& v, std::string_view field, uint32_t min, uint32_t max) {
  if (v.is == json_scalar::type::natural && v.natural >= min && v.natural <= max)
    return static_cast<uint32_t>(v.natural);
  const auto allowed = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  if (v.is == json_scalar::type::integer || v.is == json_scalar::type::natural)
    return outside(field, allowed, shown(v));
  // 1e30 is an integer for people; what is wrong with it is its size.
  if (v.is == json_scalar::type::real && std::abs(v.real) > 1e18)
    return outside(field, allowed, shown(v));
  return wrong(field, allowed, shown(v));
}

result<uint32_t> read_integer(std::string_view v, std::string_view field, uint32_t min, uint32_t max) {
  const auto allowed = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  int64_t value = 0;
  const auto [end, code] = std::from_chars(v.data(), v.data() + v.size(), value);
  if (end != v.data() + v.size() || (code != std::errc{} && code != std::errc::result_out_of_range))
    return wrong(field, allowed, shown(v));
  if (code != std::errc{} || value < static_cast<int64_t>(min) || value > static_cast<int64_t>(max))
    return outside(field, allowed, shown(v));
  return static_cast<uint32_t>(value);
}

result<duration> read_seconds(const json_scalar& v, std::string_view field, duration min, duration max) {
  const auto allowed = [&] { return "a number of seconds from " + seconds_text(min) + " to " + seconds_text(max); };
  double seconds = 0;
  switch (v.is) {
  case json_scalar::type::natural:
    seconds = static_cast<double>(v.natural);
    break;
  case json_scalar::type::integer:
    seconds = static_cast<double>(v.integer);
    break;
  case json_scalar::type::real:
    seconds = v.real;
    break;
  default:
    return wrong(field, allowed(), shown(v));
  }
  const auto micros = seconds * 1e6;
  if (!(micros >= static_cast<double>(min.count())) || !(micros <= static_cast<double>(max.count())))
    return outside(field, allowed(), shown(v));
  return duration{std::llround(micros)};
}

result<bool> read_boolean(const json_scalar& v, std::string_view field) {
  if (v.is != json_scalar::type::boolean)
    return wrong(field, "true or false", shown(v));
  return v.boolean;
}

result<time_point> read_time(std::string_view v, std::string_view field) {
  const auto t = parse_rfc3339(v);
  if (!t)
    return wrong(field, "a time as in RFC 3339, such as 2026-01-15T10:30:00Z", shown(v));
  return *t;
}

result<time_point> read_time(const json_scalar& v, std::string_view field) {
  if (v.is != json_scalar::type::text)
    return wrong(field, "a time as in RFC 3339, such as \"2026-01-15T10:30:00Z\"", shown(v));
  return read_time(std::string_view{*v.text}, field);
}

result<done> check_schedule(time_point at, time_point now, duration past_grace, duration ahead_max) {
  if (at < now - past_grace)
    return error{ec::time_in_past,
                 "scheduleAt " + to_rfc3339(at) + " lies in the past: it is " + to_rfc3339(now) + ", and at most " +
                   seconds_text(past_grace) + " s are forgiven (jobs.past_grace)",
                 "scheduleAt"};
  if (at > now + ahead_max)
    return outside("scheduleAt", "before " + to_rfc3339(now + ahead_max) + " (jobs.schedule_ahead_max)",
                   to_rfc3339(at));
  return done{};
}

result<done> check_deadline(time_point deadline, time_point now, const time_point* schedule_at, duration ahead_max) {
  return check_latest("deadline", "a job must start before its deadline", deadline, now, schedule_at, ahead_max);
}

result<done> check_finish_by(time_point finish_by, time_point now, const time_point* schedule_at, duration ahead_max) {
  return check_latest("finishBy", "a job must have time to end by then", finish_by, now, schedule_at, ahead_max);
}

error within(error e, const std::string& path) {
  e.field = e.field.empty() ? path : path + "." + e.field;
  return e;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty())
      out += ", ";
    out += name;
  }
  return out;
}

} // namespace callboard
