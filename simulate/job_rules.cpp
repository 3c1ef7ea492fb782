#include "simulate/job_rules.hpp"

#include "config/units.hpp"
#include "core/base/rfc3339.hpp"
#include "http/api/limit_reader.hpp"
#include "http/api/schedule_reader.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"

#include <array>

namespace callboard::simulate {

namespace {

/// A text as `90s` becomes a number of seconds; anything else stays as it is.
void take_unit(nlohmann::json& body, const char* name) {
  const auto i = body.find(name);
  if (i == body.end() || !i->is_string())
    return;
  if (const auto d = parse_duration(i->get_ref<const std::string&>()))
    *i = std::chrono::duration<double>(*d).count();
}

} // namespace

std::string job_rules::scripted_types::listed() const {
  return joined({names_.begin(), names_.end()});
}

job_rules::job_rules(const settings& s, std::set<std::string, std::less<>> types)
  : types_(std::move(types)), api_{.http = s.http,
                                   .jobs = s.jobs,
                                   .schedules = s.schedules,
                                   .back = nobody_,
                                   .types = types_,
                                   .version = "",
                                   .clock = nullptr} {
}

result<parsed_batch> job_rules::read_batch(const std::vector<nlohmann::json>& jobs, bool atomic, time_point now) const {
  return parse_batch(api_, nlohmann::json{{"atomic", atomic}, {"jobs", jobs}}.dump(), now);
}

result<parsed_workflow> job_rules::read_workflow(nlohmann::json body, const std::string& id, time_point now) const {
  if (const auto jobs = body.find("jobs"); jobs != body.end() && jobs->is_object())
    for (auto& job : *jobs)
      if (job.is_object())
        job = absolute_body(std::move(job), now);
  return callboard::read_workflow(api_, body.dump(), {}, now, id);
}

result<job_patch> job_rules::read_patch(const nlohmann::json& body, time_point now) const {
  static constexpr std::array<std::string_view, 3> known{"priority", "scheduleAt", "deadline"};
  const auto text = body.dump();
  auto fields = parse_flat_object(text, known, api_.http.json_depth_max);
  if (!fields)
    return std::move(fields).err();
  if (fields->empty())
    return error{ec::missing_field, "give at least one of priority, scheduleAt, deadline"};
  job_patch patch;
  if (const auto* v = fields->find("priority")) {
    const auto priority = read_integer(*v, "priority", priority_min, priority_max);
    if (!priority)
      return priority.err();
    patch.priority = static_cast<uint8_t>(*priority);
  }
  const auto ahead_max = api_.jobs.schedule_ahead_max;
  if (const auto* v = fields->find("scheduleAt")) {
    const auto at = read_time(*v, "scheduleAt");
    if (!at)
      return at.err();
    if (auto ok = check_schedule(*at, now, api_.jobs.past_grace, ahead_max); !ok)
      return std::move(ok).err();
    patch.schedule_at = *at;
  }
  if (const auto* v = fields->find("deadline")) {
    const auto at = read_time(*v, "deadline");
    if (!at)
      return at.err();
    if (auto ok = check_deadline(*at, now, patch.schedule_at ? &*patch.schedule_at : nullptr, ahead_max); !ok)
      return std::move(ok).err();
    patch.deadline = *at;
  }
  return patch;
}

result<schedule_definition> job_rules::read_schedule(const nlohmann::json& body, time_point now) const {
  auto at_now = api_;
  at_now.clock = [now] { return now; };
  auto read = parse_schedule(at_now, body.dump(), schedule_use::create, {});
  if (!read)
    return std::move(read).err();
  return std::move(read->definition);
}

result<done> job_rules::check_limit_target(const limit_target& t) const {
  if (auto read = read_limit_target(api_, t.kind, t.name, t.key); !read)
    return std::move(read).err();
  return done{};
}

result<limit_rule> job_rules::read_limit(limit_kind kind, const nlohmann::json& rule) const {
  return read_limit_rule(api_, kind, rule.dump());
}

nlohmann::json absolute_time(const nlohmann::json& v, time_point now) {
  if (!v.is_string() || !v.get_ref<const std::string&>().starts_with('+'))
    return v;
  const auto d = parse_duration(std::string_view{v.get_ref<const std::string&>()}.substr(1));
  if (!d)
    return v;
  const auto t = now + *d;
  auto text = to_rfc3339(t); // to the millisecond
  const auto micros = (t - std::chrono::floor<std::chrono::milliseconds>(t)).count();
  text.insert(text.size() - 1, std::to_string(1000 + micros).substr(1));
  return text;
}

nlohmann::json absolute_body(nlohmann::json body, time_point now) {
  for (const auto* name : {"scheduleAt", "deadline", "finishBy"})
    if (const auto i = body.find(name); i != body.end())
      *i = absolute_time(*i, now);
  take_unit(body, "timeout");
  take_unit(body, "softTimeout");
  if (const auto p = body.find("preemptible"); p != body.end() && p->is_object())
    take_unit(*p, "minRun");
  if (const auto u = body.find("unique"); u != body.end() && u->is_object())
    if (const auto c = u->find("onConflict"); c != u->end() && c->is_object())
      for (const auto* name : {"debounce", "max"})
        take_unit(*c, name);
  return body;
}

nlohmann::json absolute_schedule(nlohmann::json body, time_point now) {
  for (const auto* name : {"at", "anchor", "startAt", "endAt"})
    if (const auto i = body.find(name); i != body.end())
      *i = absolute_time(*i, now);
  for (const auto* name : {"every", "jitter", "startWithin"})
    take_unit(body, name);
  if (const auto job = body.find("job"); job != body.end() && job->is_object())
    *job = absolute_body(std::move(*job), now);
  return body;
}

nlohmann::json plain_limit(nlohmann::json rule) {
  for_each_rate(rule, [](nlohmann::json& rate, const std::string&) { take_unit(rate, "per"); });
  if (const auto c = rule.find("cache"); c != rule.end() && c->is_object())
    take_unit(*c, "for");
  return rule;
}

} // namespace callboard::simulate
