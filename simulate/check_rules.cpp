#include "simulate/check_expectations.hpp"

// What is expected of schedules, and of what has limits.

namespace callboard::simulate {

namespace {

/// A moment of the wall clock, as if that was never set.
run_stamp stamp_of(time_point t, const run_view& run) {
  return {t - run.start, t};
}

void compare(const std::string& path, const std::optional<expected_maybe>& expected, std::optional<time_point> was,
             const run_view& run, unmet_list& unmet) {
  if (!expected)
    return;
  if (expected->when)
    unmet.compare(path, expected->when, was ? std::optional{stamp_of(*was, run)} : std::nullopt);
  else if (was)
    unmet.add(path, "none", run_stamp_text(stamp_of(*was, run)));
}

std::vector<run_stamp> fires_of(const std::string& schedule, const run_view& run) {
  std::vector<run_stamp> out;
  for (const auto* job : run.names.meant_by(jobs_of_schedule(schedule)))
    out.push_back(stamp_of(run.story.find(job->id)->now.spec.origin->fire, run));
  return out;
}

} // namespace

void check_schedule(const schedule_expectation& x, const run_view& run, unmet_list& unmet) {
  unmet.compare(x.path + ".error", x.error, run.story.refusal_of(about_schedule(x.schedule)));
  unmet.compare(x.path + ".fires", x.fires, fires_of(x.schedule, run));
  const auto v = run.host.schedule(x.schedule);
  if (x.none || !v) {
    if (x.none && v)
      unmet.add(x.path, "no such schedule", "there is one");
    else if (!x.none && x.stands)
      unmet.add(x.path, "a schedule", "there is no such schedule");
    return;
  }
  const auto& p = v->progress;
  unmet.compare(x.path + ".version", x.version, v->definition->version);
  unmet.compare(x.path + ".paused", x.paused, p.paused);
  unmet.compare(x.path + ".fired", x.fired, p.fired);
  unmet.compare(x.path + ".missed", x.missed, p.missed);
  unmet.compare(x.path + ".skipped", x.skipped, p.skipped);
  unmet.compare(x.path + ".unfinished", x.unfinished, v->unfinished);
  unmet.compare_part(x.path + ".trouble", x.trouble, v->trouble);
  compare(x.path + ".waiting", x.waiting, p.waiting, run, unmet);
  compare(x.path + ".next", x.next, v->next.empty() ? std::nullopt : std::optional{v->next.front()}, run, unmet);
}

void check_limit(const limit_expectation& x, const run_view& run, unmet_list& unmet) {
  unmet.compare(x.path + ".error", x.error, run.story.refusal_of(about_limit(x.target)));
  const auto v = run.host.limit(x.target);
  if (!v)
    return unmet.add(x.path, "what a scheduler tells", "no scheduler is running");
  unmet.compare(x.path + ".held", x.held, v->held);
  unmet.compare(x.path + ".underWay", x.under_way, v->under_way);
  unmet.compare(x.path + ".ready", x.ready, v->ready);
  unmet.compare(x.path + ".waiting", x.waiting, v->waiting);
  unmet.compare(x.path + ".running", x.running, v->running);
  unmet.compare(x.path + ".retrying", x.retrying, v->retrying);
  unmet.compare(x.path + ".keys", x.keys, v->keys);
  unmet.compare(x.path + ".inherited", x.inherited, v->inherited);
}

} // namespace callboard::simulate
