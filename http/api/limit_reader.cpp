#include "http/api/limit_reader.hpp"

#include "core/base/name.hpp"
#include "core/base/seconds_text.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 4> fields{"paused", "concurrency", "rate", "weight"};
constexpr std::array<std::string_view, 3> rate_fields{"jobs", "per", "burst"};

bool is_utf8(std::string_view text) {
  try {
    // Written for its errors only.
    [[maybe_unused]] const auto written = nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

template <class T>
std::optional<error> set(T& into, result<T> r) {
  if (!r)
    return std::move(r).err();
  into = std::move(*r);
  return std::nullopt;
}

error missing(const std::string& field, const std::string& what) {
  return {ec::missing_field, field + " is required: " + what, field};
}

std::optional<error> check_burst(const rate_limit& r) {
  const auto needed = static_cast<double>(r.period.count()) / r.jobs * r.burst;
  if (needed <= static_cast<double>(http_limits::burst_time_max.count()))
    return std::nullopt;
  return error{ec::out_of_range,
               "rate.burst must come in within " + seconds_text(http_limits::burst_time_max) + " s; " +
                 std::to_string(r.burst) + " jobs take longer at this rate",
               "rate.burst"};
}

result<rate_limit> read_rate(std::string_view text, uint32_t depth_max) {
  auto body = parse_flat_object(text, rate_fields, depth_max);
  if (!body)
    return within(std::move(body).err(), "rate");
  rate_limit r;
  const auto* jobs = body->find("jobs");
  if (jobs == nullptr)
    return missing("rate.jobs", "how many jobs may start per period");
  if (auto e = set(r.jobs, read_integer(*jobs, "rate.jobs", 1, http_limits::limit_max)))
    return std::move(*e);
  const auto* per = body->find("per");
  if (per == nullptr)
    return missing("rate.per", "the period in seconds");
  if (auto e =
        set(r.period, read_seconds(*per, "rate.per", http_limits::rate_period_min, http_limits::rate_period_max)))
    return std::move(*e);
  if (const auto* burst = body->find("burst"))
    if (auto e = set(r.burst, read_integer(*burst, "rate.burst", 1, http_limits::limit_max)))
      return std::move(*e);
  if (auto e = check_burst(r))
    return std::move(*e);
  return r;
}

} // namespace

result<std::string> read_limit_name(const api& a, limit_kind kind, std::string_view text) {
  if (kind == limit_kind::type) {
    if (is_name(name_kind::job_type, text))
      return std::string{text};
    return error{ec::invalid_value, name_rule(name_kind::job_type) + ", not " + shown(text), "name"};
  }
  // The queue of a job has come as JSON.
  if (!is_utf8(text))
    return error{ec::invalid_value, "name must be UTF-8, as the queue of a job is", "name"};
  return read_text(text, "name", a.jobs.tag_bytes_max);
}

result<limit_rule> read_limit_rule(const api& a, limit_kind kind, std::string_view text) {
  auto body = parse_flat_object(text, fields, a.http.json_depth_max, "rate", null_inner::is_none);
  if (!body)
    return std::move(body).err();
  limit_rule r;
  if (const auto* v = body->find("paused"))
    if (auto e = set(r.paused, read_boolean(*v, "paused")))
      return std::move(*e);
  if (const auto* v = body->find("concurrency"); v != nullptr && v->is != json_scalar::type::null)
    if (auto e = set(r.concurrency, read_integer(*v, "concurrency", 1, http_limits::limit_max)))
      return std::move(*e);
  if (!body->inner().empty())
    if (auto e = set(r.rate.emplace(), read_rate(body->inner(), a.http.json_depth_max)))
      return std::move(*e);
  const auto* weight = body->find("weight");
  if (weight != nullptr && kind == limit_kind::type)
    return error{ec::invalid_value, "weight is for queues, which share the slots by it; a job type has none", "weight"};
  if (weight != nullptr)
    if (auto e = set(r.weight, read_integer(*weight, "weight", 1, weight_max)))
      return std::move(*e);
  return r;
}

} // namespace callboard
