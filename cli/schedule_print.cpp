#include "cli/schedule_print.hpp"

#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"
#include "config/units.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// A number of seconds as `1h30min` or `1.5s`; empty when it is none or zero.
std::string seconds_member(const json& schedule, const char* name) {
  const auto v = schedule.find(name);
  if (v == schedule.end() || !v->is_number())
    return {};
  const auto d = duration_of_seconds(v->get<double>());
  return d && d->count() > 0 ? format_duration(*d) : std::string{};
}

std::string member(const json& object, const char* name) {
  return printable(member_text(object, name));
}

} // namespace

std::string when_text(const json& schedule) {
  if (schedule.contains("cron"))
    return member_text(schedule, "cron");
  if (schedule.contains("every"))
    return "every " + seconds_member(schedule, "every");
  return "at " + member_text(schedule, "at");
}

std::string next_fire_text(const json& answer) {
  const auto next = answer.find("next");
  if (next == answer.end() || !next->is_array() || next->empty() || !next->front().is_string())
    return {};
  return next->front().get<std::string>();
}

std::string schedule_state(const json& schedule) {
  if (!member_text(schedule, "fault").empty())
    return "fault";
  if (member_text(schedule, "paused") == "true")
    return "paused";
  return next_fire_text(schedule).empty() ? "over" : "active";
}

void print_schedule(std::ostream& out, const json& schedule, time_point now, const palette& colours) {
  member_lines m{out};
  m.line("name", member(schedule, "name"));
  m.line("state", colours.status(schedule_state(schedule)));
  m.line("fault", member(schedule, "fault"));
  m.line("trouble", member(schedule, "trouble"));
  m.line("when", printable(when_text(schedule)));
  m.line("zone", member(schedule, "timeZone"));
  m.line("anchor", time_text(schedule, "anchor", now));
  m.line("from", time_text(schedule, "startAt", now));
  m.line("until", time_text(schedule, "endAt", now));
  m.line("jitter", seconds_member(schedule, "jitter"));
  const auto at_most = member(schedule, "catchUpMax");
  m.line("catch up", member(schedule, "catchUp") + (at_most.empty() ? "" : ", at most " + at_most));
  m.line("overlap", member(schedule, "overlap"));
  m.line("start within", seconds_member(schedule, "startWithin"));
  m.line("version", member(schedule, "version"));
  m.line("changed", time_text(schedule, "changedAt", now));
  if (const auto next = schedule.find("next"); next != schedule.end() && next->is_array())
    for (size_t i = 0; i < next->size(); ++i) {
      const auto text = (*next)[i].is_string() ? (*next)[i].get<std::string>() : (*next)[i].dump();
      m.line(i == 0 ? "next" : "", printable(text) + "  (" + relative_time(text, now) + ")");
    }
  m.line("waits", time_text(schedule, "waiting", now));
  m.line("last", time_text(schedule, "lastFire", now));
  m.line("last job", member(schedule, "lastJobID"));
  m.line("fired", member(schedule, "fired"));
  m.line("missed", member(schedule, "missed"));
  m.line("skipped", member(schedule, "skipped"));
  m.line("unfinished", member(schedule, "unfinished"));
  m.line("job", value_lines(schedule, "job"));
}

void print_versions(std::ostream& out, const json& answer, const palette& colours) {
  const auto versions = answer.find("versions");
  if (versions == answer.end() || !versions->is_array())
    return;
  table t{{"VERSION", "CHANGED", "WHEN", "ZONE", "TYPE"}};
  for (const auto& v : *versions) {
    const auto job = v.find("job");
    t.add({member_text(v, "version"), member_text(v, "changedAt"), when_text(v), member_text(v, "timeZone"),
           job == v.end() ? std::string{} : member_text(*job, "jobType")});
  }
  t.flush(out, colours);
}

} // namespace callboard
