#include "http/api/for_each_reader.hpp"

#include "core/job/result_reference.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace callboard {

namespace {

using nlohmann::json;

constexpr std::string_view over_field = "forEach.over";

error wrong(std::string_view field, const std::string& why) {
  return {ec::invalid_value, std::string{field} + " " + why, std::string{field}};
}

/// One reference, and nothing beside it.
std::optional<error> read_over(const json& v, fan_out& f) {
  constexpr std::string_view form =
    "must be one reference to an array, such as ${jobs.KEY.result} or ${jobs.KEY.result.member}, not ";
  if (!v.is_string())
    return wrong(over_field, std::string{form} + shown_json(v));
  const auto& text = v.get_ref<const std::string&>();
  const auto found = find_result_references(text);
  if (!found || found->size() != 1 || found->front().begin != 0 || found->front().end != text.size())
    return wrong(over_field, std::string{form} + shown_json(v));
  f.over = found->front().key;
  f.path = found->front().path;
  return std::nullopt;
}

std::optional<error> read_max(const json& v, uint32_t max, fan_out& f) {
  const std::string allowed = "must be a whole number from 1 to " + std::to_string(max) + " (jobs.fan_out_max), not ";
  if (!v.is_number_integer())
    return wrong("forEach.max", allowed + shown_json(v));
  const bool good = v.is_number_unsigned() && v.get<uint64_t>() >= 1 && v.get<uint64_t>() <= max;
  if (!good)
    return error{ec::out_of_range, "forEach.max " + allowed + v.dump(), "forEach.max"};
  f.max = v.get<uint32_t>();
  return std::nullopt;
}

std::optional<error> read_member(const std::string& name, const json& v, uint32_t max, fan_out& f) {
  if (name == "over")
    return read_over(v, f);
  if (name == "max")
    return read_max(v, max, f);
  if (name == "collect") {
    if (!v.is_boolean())
      return wrong("forEach.collect", "must be true or false, not " + shown_json(v));
    f.collect = v.get<bool>();
    return std::nullopt;
  }
  if (name == "rule") {
    const auto rule =
      v.is_string() ? parse_dependency_rule(v.get_ref<const std::string&>()) : std::optional<dependency_rule>{};
    if (rule != dependency_rule::all && rule != dependency_rule::all_done)
      return wrong("forEach.rule", "must be one of all, all_done, not " + shown_json(v));
    f.rule = *rule;
    return std::nullopt;
  }
  return error{ec::unknown_field,
               "unknown field " + shown(std::string_view{name}) + "; known here are over, max, collect, rule",
               "forEach." + name.substr(0, http_limits::shown_bytes_max)};
}

} // namespace

std::optional<error> read_for_each(const api& a, const json& value, workflow_job_wish& job) {
  fan_out f;
  f.max = a.jobs.fan_out_max;
  if (value.is_string()) {
    if (auto e = read_over(value, f))
      return e;
  } else if (value.is_object()) {
    for (const auto& [name, v] : value.items())
      if (auto e = read_member(name, v, a.jobs.fan_out_max, f))
        return e;
    if (!value.contains("over"))
      return error{ec::missing_field, "forEach.over is required: which array, such as ${jobs.KEY.result}",
                   std::string{over_field}};
  } else {
    return wrong("forEach", "must be an object with over, or ${jobs.KEY.result} as a string, not " + shown_json(value));
  }
  job.spec.for_each = std::move(f);
  return std::nullopt;
}

std::optional<error> check_for_each(const workflow_job_wish& job) {
  const auto items = find_item_references(job.spec.payload.view());
  if (!items)
    return items.err();
  const auto& f = job.spec.for_each;
  if (!f) {
    if (items->empty())
      return std::nullopt;
    const auto& first = items->front();
    return error{ec::invalid_value,
                 "payload has '" + std::string{job.spec.payload.view().substr(first.begin, first.end - first.begin)} +
                   "', which is for a job with forEach, and this job has none",
                 "payload"};
  }
  std::string known;
  for (const auto& d : job.waits_for) {
    if (d.on != dependency_condition::success)
      continue;
    if (d.key == f->over)
      return std::nullopt;
    known += (known.empty() ? "" : ", ") + d.key;
  }
  return error{ec::unknown_dependency,
               "forEach.over names " + shown(std::string_view{f->over}) +
                 ", which this job does not depend on by success; it depends so on " + (known.empty() ? "none" : known),
               std::string{over_field}};
}

} // namespace callboard
