#include "core/calendar/schedule_step.hpp"

#include <algorithm>

namespace callboard {

namespace {

void fire(schedule_step& s, time_point t) {
  s.fire = s.after.last_fire = t;
  ++s.after.fired;
}

} // namespace

std::optional<schedule_step> next_step(const schedule_definition& d, const schedule_progress& p, time_point now,
                                       const std::function<bool(job_id)>& lives) {
  if (p.paused || !d.fault.empty())
    return std::nullopt;
  schedule_step s;
  s.after = p;
  std::erase_if(s.after.unfinished, [&](job_id id) { return !lives(id); });
  if (p.waiting && s.after.unfinished.empty()) {
    fire(s, *std::exchange(s.after.waiting, std::nullopt));
    return s;
  }
  const auto due = fires_due(d.rules, d.name, p.handled, now);
  if (due.handled == p.handled)
    return std::nullopt;
  s.after.missed += due.missed;
  for (auto t : due.serve) {
    s.after.handled = t;
    switch (decide_fire(d.rules.when_unfinished, s.after.unfinished.size())) {
    case fire_decision::submit:
      fire(s, t);
      return s;
    case fire_decision::cancel_others_and_submit:
      s.cancel = s.after.unfinished;
      fire(s, t);
      return s;
    case fire_decision::skip:
      ++s.after.skipped;
      break;
    case fire_decision::wait:
      s.after.skipped += s.after.waiting.has_value();
      s.after.waiting = t;
      break;
    }
  }
  s.after.handled = due.handled;
  return s;
}

std::optional<time_point> next_due(const schedule_definition& d, const schedule_progress& p) {
  const auto next = upcoming_fires(d, p, 1);
  return next.empty() ? std::nullopt : std::optional{next.front()};
}

std::vector<time_point> upcoming_fires(const schedule_definition& d, const schedule_progress& p, size_t count) {
  std::vector<time_point> out;
  if (p.paused || !d.fault.empty())
    return out;
  for (auto t = next_fire(d.rules, p.handled); t && out.size() < count; t = next_fire(d.rules, *t))
    out.push_back(*t + jitter_of(d.rules, d.name, *t));
  return out;
}

void add_job(schedule_progress& p, job_id id) {
  p.last_job = id;
  p.unfinished.insert(p.unfinished.begin(), id);
  if (p.unfinished.size() > schedule_unfinished_max)
    p.unfinished.pop_back();
}

schedule_progress progress_of_version(const schedule_definition& d, const schedule_progress* former) {
  schedule_progress p;
  if (former)
    p = *former;
  p.handled = d.changed_at;
  p.waiting.reset();
  return p;
}

} // namespace callboard
