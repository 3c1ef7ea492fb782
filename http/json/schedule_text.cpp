#include "http/json/schedule_text.hpp"

#include "core/base/rfc3339.hpp"
#include "http/json/job_text.hpp"

#include <cstdio>

namespace callboard {

namespace {

void write_when(json_writer& w, const schedule_definition& d) {
  if (!d.expression.empty())
    w.key("cron").text(d.expression).key("timeZone").text(d.zone.empty() ? "UTC" : std::string_view{d.zone});
  else if (const auto* e = std::get_if<fire_every>(&d.rules.when))
    w.key("every").seconds(e->period).key("anchor").time(e->anchor);
  else if (const auto* o = std::get_if<fire_once>(&d.rules.when))
    w.key("at").time(o->at);
}

void write_definition(json_writer& w, const schedule_definition& d, bool payload, const redaction_book& hidden) {
  const auto& r = d.rules;
  w.key("name").text(d.name).key("version").number(d.version).key("changedAt").time(d.changed_at);
  write_when(w, d);
  if (r.starts_at)
    w.key("startAt").time(*r.starts_at);
  if (r.ends_at)
    w.key("endAt").time(*r.ends_at);
  w.key("jitter").seconds(r.jitter);
  w.key("catchUp").text(catch_up_names[static_cast<size_t>(r.missed)]);
  if (r.missed == catch_up_rule::all)
    w.key("catchUpMax").number(r.catch_up_max);
  w.key("overlap").text(overlap_names[static_cast<size_t>(r.when_unfinished)]);
  if (d.start_within)
    w.key("startWithin").seconds(*d.start_within);
  if (d.job.from_template)
    write_template_origin(w, *d.job.from_template);
  w.key("job").open('{');
  w.key("jobType").text(d.job.type).key("priority").number(unsigned{d.job.priority});
  write_spec(w, d.job, {.payload = payload, .dependencies = false}, hidden);
  w.close('}');
  if (!d.fault.empty())
    w.key("fault").text(d.fault);
}

/// `2026-03-29T03:00:00+02:00`
std::string local_text(time_point t, const zone_rules& zone) {
  using namespace std::chrono;
  const auto offset = zone.at(floor<seconds>(t)).offset;
  auto text = to_rfc3339(t + offset);
  text.resize(std::string_view{"2026-03-29T03:00:00"}.size());
  const auto minutes = duration_cast<std::chrono::minutes>(abs(offset)).count();
  char tail[32];
  const auto n = std::snprintf(tail, sizeof tail, "%c%02d:%02d", offset.count() < 0 ? '-' : '+',
                               static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text.append(tail, static_cast<size_t>(n));
}

} // namespace

void write_fire_times(json_writer& w, const std::vector<time_point>& times, const schedule_rules& r) {
  w.key("next").open('[');
  for (const auto t : times)
    w.time(t);
  w.close(']');
  if (!r.zone)
    return;
  w.key("local").open('[');
  for (const auto t : times)
    w.text(local_text(t, *r.zone));
  w.close(']');
}

void write_schedule(json_writer& w, const schedule_view& v, bool payload, const redaction_book& hidden) {
  const auto& p = v.progress;
  w.open('{');
  write_definition(w, *v.definition, payload, hidden);
  w.key("paused").boolean(p.paused);
  write_fire_times(w, v.next, v.definition->rules);
  if (p.waiting)
    w.key("waiting").time(*p.waiting);
  if (p.last_fire)
    w.key("lastFire").time(*p.last_fire);
  if (p.last_job)
    w.key("lastJobID").text(to_string(p.last_job));
  w.key("fired").number(p.fired).key("missed").number(p.missed).key("skipped").number(p.skipped);
  w.key("unfinished").number(v.unfinished);
  if (!v.trouble.empty())
    w.key("trouble").text(v.trouble);
  w.close('}');
}

void write_schedule_version(json_writer& w, const schedule_definition& d, const redaction_book& hidden) {
  w.open('{');
  write_definition(w, d, true, hidden);
  w.close('}');
}

} // namespace callboard
