#include "core/alerts/alert_rule.hpp"

#include "core/base/enum_names.hpp"

namespace callboard {

namespace {

using enum alert_severity;

constexpr std::array<alert_rule_row, alert_rule_count> rows{{
  {"failures_above_usual", warning, "ratio", "far more jobs fail than usually; share of the last 10 minutes",
   "Run callboard dead summary to see which types and errors, and pause a queue or type that only fails."},
  {"most_jobs_fail", critical, "ratio", "most jobs fail; share of the last 10 minutes",
   "Run callboard dead summary to see which types and errors, and pause a queue or type that only fails."},
  {"dead_letters_grow", warning, "jobs", "many jobs have failed for good; more than an hour ago",
   "Run callboard dead summary, then callboard dead redrive or callboard dead discard."},
  {"queue_waits", warning, "seconds", "jobs wait too long; the oldest ready one for",
   "Run callboard explain for one of its jobs; add workers, or raise the limits of the queue."},
  {"queue_full", warning, "ratio", "the queue is nearly full; share of its bound",
   "Above its bound submits are refused or jobs shed. Add workers, or raise the bound."},
  {"jobs_nearly_full", critical, "ratio", "there are nearly as many jobs as there may be; share of jobs.waiting_max",
   "Add workers, cancel what nobody needs, or raise jobs.waiting_max."},
  {"no_workers", critical, "jobs", "jobs wait and no worker is there; ready",
   "Run callboard workers, look at the logs of the workers, and start some."},
  {"workers_lost", warning, "workers", "workers have died or were not heard of; within 10 minutes",
   "Run callboard workers and look at the logs of the worker and of its machine. Its jobs run elsewhere, unless they "
   "were lost too often."},
  {"wait_burns_fast", critical, "times", "jobs start too late for the objective of the queue; burn rate of 1 hour",
   "Jobs wait longer than the objective allows. Add workers, raise the limits of the queue or its weight."},
  {"wait_burns_slow", warning, "times", "jobs start too late for the objective of the queue; burn rate of 6 hours",
   "Jobs wait longer than the objective allows. Add workers, raise the limits of the queue or its weight."},
  {"success_burns_fast", critical, "times", "too many jobs fail for the objective of the queue; burn rate of 1 hour",
   "Run callboard dead summary --queue with its name to see which errors there are."},
  {"success_burns_slow", warning, "times", "too many jobs fail for the objective of the queue; burn rate of 6 hours",
   "Run callboard dead summary --queue with its name to see which errors there are."},
  {"store_not_writable", critical, "", "the store takes no writes, so submits get 503",
   "Look at the health of the disk and at its space; the scheduler goes on by itself."},
  {"commit_slow", warning, "seconds",
   "one in a hundred commits is slow, and each submit waits for one; 99th percentile",
   "Look at what else writes to that disk."},
  {"disk_nearly_full", warning, "ratio", "the disk of the store is nearly full; share that is free",
   "Make room, or keep finished jobs for a shorter time (store.retain_for)."},
  {"schedule_late", warning, "seconds", "a schedule should have fired; late by",
   "Look at callboard_store_writable and at the longest turn of the queue manager (callboard actors)."},
  {"schedules_faulty", warning, "schedules", "schedules do not fire as they should",
   "Run callboard schedules list to see which, and why."},
  {"clock_stepped", info, "times", "the wall clock was set, or the machine was suspended; within 15 minutes",
   "Look whether NTP runs there; docs/operations.md says what a step does to schedules."},
  {"certificate_ends", warning, "seconds", "a certificate of the scheduler ends; in",
   "Restart the scheduler to renew its own (node); a new authority (ca) needs new bundles for all workers."},
  {"audit_not_writable", critical, "", "the audit log cannot be written",
   "Look at the disk of audit.directory; acts are refused or not recorded meanwhile (audit.on_failure)."},
}};

} // namespace

std::string_view to_string(alert_severity s) {
  static constexpr std::array<std::string_view, 3> names{"critical", "warning", "info"};
  return name_of(names, s);
}

const alert_rule_row& row_of(alert_rule r) {
  return rows[static_cast<size_t>(r)];
}

std::string_view to_string(alert_rule r) {
  return row_of(r).name;
}

std::optional<alert_rule> parse_alert_rule(std::string_view name) {
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == name)
      return static_cast<alert_rule>(i);
  return std::nullopt;
}

} // namespace callboard
