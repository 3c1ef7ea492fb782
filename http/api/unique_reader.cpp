#include "http/api/unique_reader.hpp"

#include "core/base/seconds_text.hpp"
#include "core/job/unique_lane.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace callboard {

namespace {

using nlohmann::json;

error refused(const std::string& path, const std::string& allowed, const json& v) {
  return {ec::invalid_value, path + " must be " + allowed + ", not " + shown_json(v), path};
}

error unknown(const std::string& path, const std::string& name, const std::string& known) {
  return {ec::unknown_field, "unknown field " + shown(std::string_view{name}) + "; known here are " + known,
          path + name.substr(0, http_limits::shown_bytes_max)};
}

bool is_part(std::string_view text) {
  if (text == "type" || text == "queue" || text == "payload")
    return true;
  constexpr std::string_view below = "payload.";
  return text.starts_with(below) && text.find("..") == std::string_view::npos && !text.ends_with('.');
}

std::optional<error> read_by(const json& v, std::vector<std::string>& by) {
  const std::string path = "unique.by";
  if (!v.is_array())
    return refused(path, "an array of parts of the job", v);
  if (v.empty() || v.size() > http_limits::unique_parts_max)
    return error{ec::out_of_range,
                 path + " must have 1 to " + std::to_string(http_limits::unique_parts_max) + " entries, not " +
                   std::to_string(v.size()),
                 path};
  by.clear();
  for (const auto& part : v) {
    const auto at = path + "[" + std::to_string(by.size()) + "]";
    const auto* text = part.is_string() ? &part.get_ref<const std::string&>() : nullptr;
    if (text != nullptr && text->size() > http_limits::unique_part_bytes_max)
      return read_text(std::string_view{*text}, at, http_limits::unique_part_bytes_max).err();
    if (text == nullptr || !is_part(*text))
      return refused(at, "type, queue, payload, or a path in the payload such as payload.customer.id", part);
    if (std::find(by.begin(), by.end(), *text) != by.end())
      return error{ec::invalid_value, at + " is given twice: " + shown(std::string_view{*text}), at};
    by.push_back(*text);
  }
  return std::nullopt;
}

std::optional<error> read_time_of(const json& v, const std::string& path, duration& to) {
  json_scalar seconds;
  if (v.is_number_unsigned())
    seconds = {.is = json_scalar::type::natural, .natural = v.get<uint64_t>()};
  else if (v.is_number())
    seconds = {.is = json_scalar::type::real, .real = v.get<double>()};
  else
    return refused(path, "a number of seconds", v);
  auto r = read_seconds(seconds, path, http_limits::timeout_min, http_limits::unique_window_max);
  if (!r)
    return std::move(r).err();
  to = *r;
  return std::nullopt;
}

std::optional<error> read_while(const json& v, unique_rule& rule) {
  const std::string path = "unique.while";
  if (v.is_object()) {
    for (const auto& [name, value] : v.items())
      if (name != "for")
        return unknown(path + ".", name, "for");
    if (v.empty())
      return error{ec::missing_field, path + ".for is required; a number of seconds", path + ".for"};
    rule.scope = unique_scope::window;
    return read_time_of(v.front(), path + ".for", rule.window);
  }
  const auto scope = v.is_string() ? parse_unique_scope(v.get_ref<const std::string&>()) : std::nullopt;
  if (!scope || *scope == unique_scope::window) // which has a time
    return refused(path, "queued, unfinished, running, or an object such as {\"for\": 60}", v);
  rule.scope = *scope;
  return std::nullopt;
}

std::optional<error> read_debounce(const json& v, unique_rule& rule) {
  const std::string path = "unique.onConflict";
  bool has_time = false;
  for (const auto& [name, value] : v.items()) {
    if (name != "debounce" && name != "max")
      return unknown(path + ".", name, "debounce, max");
    has_time = has_time || name == "debounce";
    if (auto e = read_time_of(value, path + "." + name, name == "max" ? rule.quiet_max : rule.quiet))
      return e;
  }
  if (!has_time)
    return error{ec::missing_field, path + ".debounce is required; a number of seconds", path + ".debounce"};
  if (rule.quiet_max > duration{0} && rule.quiet_max < rule.quiet)
    return error{ec::out_of_range, path + ".max must not be below debounce", path + ".max"};
  rule.conflict = on_unique_conflict::debounce;
  return std::nullopt;
}

std::optional<error> read_conflict(const json& v, unique_rule& rule) {
  if (v.is_object())
    return read_debounce(v, rule);
  const auto conflict = v.is_string() ? parse_unique_conflict(v.get_ref<const std::string&>()) : std::nullopt;
  if (conflict == on_unique_conflict::debounce)
    return error{ec::invalid_value, "unique.onConflict debounce needs a time in seconds, as {\"debounce\": 5}",
                 "unique.onConflict"};
  if (!conflict)
    return refused("unique.onConflict", "one of reject, existing, replace, or an object such as {\"debounce\": 5}", v);
  rule.conflict = *conflict;
  return std::nullopt;
}

/// What the members say together.
std::optional<error> settle(unique_rule& rule, bool has_while, bool has_conflict) {
  if (rule.scope == unique_scope::running && has_conflict)
    return error{
      ec::invalid_value,
      "unique.onConflict is not for unique.while running, which keeps nobody out: each job waits for its turn",
      "unique.onConflict"};
  if (rule.conflict != on_unique_conflict::debounce)
    return std::nullopt;
  if (has_while && rule.scope != unique_scope::queued)
    return error{ec::invalid_value,
                 "unique.while must be queued, or left out, with unique.onConflict debounce: only a job that waits is "
                 "replaced",
                 "unique.while"};
  rule.scope = unique_scope::queued;
  return std::nullopt;
}

std::optional<error> check_running(const unique_request& r, const unique_surroundings& x) {
  if (std::find(r.by.begin(), r.by.end(), "queue") == r.by.end())
    return error{ec::invalid_value,
                 "unique.by must have queue with unique.while running: jobs have their turns within their queue",
                 "unique.by"};
  if (x.has_lane || x.type_has_lane)
    return error{ec::invalid_value,
                 std::string{"concurrencyKey"} + (x.has_lane ? "" : " (of the defaults of its type)") +
                   " does not go with unique.while running: a job has its turn by one key; leave one of them out, or "
                   "let the queue run one job per concurrencyKey (perKey)",
                 "concurrencyKey"};
  return std::nullopt;
}

std::optional<error> check_debounce(const unique_rule& rule, const unique_surroundings& x) {
  if (x.job.schedule_at)
    return error{ec::invalid_value,
                 "scheduleAt does not go with unique.onConflict debounce, which says when the job starts; leave one of "
                 "them out",
                 "scheduleAt"};
  if (rule.quiet > x.schedule_ahead_max)
    return error{ec::out_of_range,
                 "unique.onConflict.debounce must not be above " + seconds_text(x.schedule_ahead_max) +
                   " s (jobs.schedule_ahead_max)",
                 "unique.onConflict.debounce"};
  for (const auto& [latest, name] : {std::pair{x.job.deadline, "deadline"}, std::pair{x.job.finish_by, "finishBy"}})
    if (latest && *latest <= x.now + rule.quiet)
      return error{ec::invalid_value,
                   std::string{name} + " must be after the " + seconds_text(rule.quiet) +
                     " s for which unique.onConflict debounce puts the job off",
                   name};
  return std::nullopt;
}

} // namespace

std::optional<error> check_unique(const unique_request& r, const unique_surroundings& x) {
  if (!is_bound(r.rule))
    return check_running(r, x);
  return r.rule.conflict == on_unique_conflict::debounce ? check_debounce(r.rule, x) : std::nullopt;
}

result<unique_request> read_unique(const json& v) {
  if (!v.is_object())
    return refused("unique", "an object, true or false", v);
  unique_request r;
  bool has_while = false, has_conflict = false;
  for (const auto& [name, value] : v.items()) {
    std::optional<error> e;
    if (name == "by") {
      e = read_by(value, r.by);
    } else if (name == "while") {
      has_while = true;
      e = read_while(value, r.rule);
    } else if (name == "onConflict") {
      has_conflict = true;
      e = read_conflict(value, r.rule);
    } else {
      e = unknown("unique.", name, "by, while, onConflict");
    }
    if (e)
      return std::move(*e);
  }
  if (auto e = settle(r.rule, has_while, has_conflict))
    return std::move(*e);
  return r;
}

} // namespace callboard
