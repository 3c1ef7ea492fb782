#include "config/setting_rows.hpp"

namespace callboard {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void add_alert_rows(row_maker m) {
  using x = alert_settings;
  constexpr auto in = &settings::alerts;
  constexpr hours longest{24 * 365};
  const auto fires_after = [&](std::string_view key, setting_access a, std::string_view sentence) {
    m.time(key, a, duration{0}, hours{24 * 7}, sentence);
  };
  m.flag("alerts.enabled", ref<in, &x::enabled>(),
         "Whether the scheduler watches itself, and tells when something is wrong.");
  m.time("alerts.every", ref<in, &x::every>(), milliseconds{100}, minutes{1}, "Time between two looks at the figures.");
  m.time(
    "alerts.hold", ref<in, &x::hold>(), duration{0}, hours{24},
    "An alert that fires is resolved when its condition has not held for this long, so that one that comes and goes "
    "is told once.");
  m.list("alerts.off", ref<in, &x::off>(), "Names of rules that are not looked at, such as clock_stepped.");
  m.count("alerts.kept", ref<in, &x::kept>(), 0, 10'000, "alerts", "Latest resolved alerts that are still listed.");
  m.count("alerts.silences_max", ref<in, &x::silences_max>(), 0, 100'000, "silences",
          "Silences at once; beyond it a new one gets 429.");
  m.needed("alerts.queue", ref<in, &x::queue>(),
           "Queue of the jobs that tell of alerts by webhook and mail. Its own failures count for no alert.");
  m.secret("alerts.webhook_url", ref<in, &x::webhook_url>(),
           "Where alerts are sent as JSON, by http_request jobs; empty: nowhere.");
  m.text("alerts.webhook_secret_file", ref<in, &x::webhook_secret_file>(),
         "File with the secret that webhooks are signed with (HMAC-SHA256); empty: they are not signed.");
  m.list("alerts.email_to", ref<in, &x::email_to>(),
         "Addresses to which alerts are sent, by email_send jobs; empty: to nobody.");
  m.count("alerts.failures_jobs_min", ref<in, &x::failures_jobs_min>(), 1, 1'000'000, "jobs",
          "Jobs of a queue or type that ended in the last 10 minutes; with fewer their failures are not judged.");
  m.count("alerts.failures_above_usual_percent", ref<in, &x::failures_above_usual_percent>(), 100, 100'000, "percent",
          "failures_above_usual: share of failed jobs, in percent of the usual one; 5 percent of all jobs are allowed "
          "besides.");
  fires_after("alerts.failures_above_usual_for", ref<in, &x::failures_above_usual_for>(),
              "For how long that must hold before it fires.");
  m.count("alerts.most_jobs_fail_percent", ref<in, &x::most_jobs_fail_percent>(), 0, 99, "percent",
          "most_jobs_fail: share of failed jobs above which it holds.");
  fires_after("alerts.most_jobs_fail_for", ref<in, &x::most_jobs_fail_for>(),
              "For how long that must hold before it fires.");
  m.count("alerts.dead_letters_grow_above", ref<in, &x::dead_letters_grow_above>(), 0, 1'000'000'000, "jobs",
          "dead_letters_grow: dead letters that came within an hour, above which it holds.");
  fires_after("alerts.dead_letters_grow_for", ref<in, &x::dead_letters_grow_for>(),
              "For how long that must hold before it fires.");
  m.time("alerts.queue_waits_above", ref<in, &x::queue_waits_above>(), duration{0}, longest,
         "queue_waits: for how long the oldest ready job of a queue has been ready, above which it holds.");
  fires_after("alerts.queue_waits_for", ref<in, &x::queue_waits_for>(), "For how long that must hold before it fires.");
  m.count("alerts.queue_full_percent", ref<in, &x::queue_full_percent>(), 0, 100, "percent",
          "queue_full: share of the bound of a queue, above which it holds.");
  fires_after("alerts.queue_full_for", ref<in, &x::queue_full_for>(), "For how long that must hold before it fires.");
  m.count("alerts.jobs_nearly_full_percent", ref<in, &x::jobs_nearly_full_percent>(), 0, 100, "percent",
          "jobs_nearly_full: share of jobs.waiting_max, above which it holds.");
  fires_after("alerts.jobs_nearly_full_for", ref<in, &x::jobs_nearly_full_for>(),
              "For how long that must hold before it fires.");
  fires_after("alerts.no_workers_for", ref<in, &x::no_workers_for>(),
              "no_workers: for how long jobs are ready and no worker is there before it fires.");
  fires_after("alerts.workers_lost_for", ref<in, &x::workers_lost_for>(),
              "workers_lost: for how long a worker must have been lost within 10 minutes before it fires.");
  m.count("alerts.objective_jobs_min", ref<in, &x::objective_jobs_min>(), 1, 1'000'000, "jobs",
          "Jobs in the longer window of a burn rate; with fewer nothing is concluded about an objective.");
  fires_after("alerts.burns_fast_for", ref<in, &x::burns_fast_for>(),
              "wait_burns_fast, success_burns_fast: for how long the rates of 5 minutes and 1 hour must be above the "
              "threshold before it fires.");
  fires_after("alerts.burns_slow_for", ref<in, &x::burns_slow_for>(),
              "wait_burns_slow, success_burns_slow: the same for the rates of 30 minutes and 6 hours.");
  fires_after("alerts.store_not_writable_for", ref<in, &x::store_not_writable_for>(),
              "store_not_writable: for how long the store takes no writes before it fires.");
  m.time("alerts.commit_slow_above", ref<in, &x::commit_slow_above>(), milliseconds{1}, hours{1},
         "commit_slow: the 99th percentile of the group commits of 5 minutes, above which it holds.");
  fires_after("alerts.commit_slow_for", ref<in, &x::commit_slow_for>(), "For how long that must hold before it fires.");
  m.count("alerts.disk_nearly_full_percent", ref<in, &x::disk_nearly_full_percent>(), 0, 100, "percent",
          "disk_nearly_full: share of the disk of the store that is free, below which it holds.");
  fires_after("alerts.disk_nearly_full_for", ref<in, &x::disk_nearly_full_for>(),
              "For how long that must hold before it fires.");
  m.time("alerts.schedule_late_above", ref<in, &x::schedule_late_above>(), milliseconds{1}, longest,
         "schedule_late: for how long a fire time has passed, above which it holds.");
  fires_after("alerts.schedule_late_for", ref<in, &x::schedule_late_for>(),
              "For how long that must hold before it fires.");
  fires_after("alerts.schedules_faulty_for", ref<in, &x::schedules_faulty_for>(),
              "schedules_faulty: for how long there are schedules that do not fire as they should before it fires.");
  fires_after("alerts.clock_stepped_for", ref<in, &x::clock_stepped_for>(),
              "clock_stepped: for how long the wall clock must have been set within 15 minutes before it fires.");
  m.time("alerts.certificate_ends_below", ref<in, &x::certificate_ends_below>(), seconds{1}, hours{24 * 365 * 20},
         "certificate_ends: for how long a certificate of the scheduler still holds, below which it holds.");
  fires_after("alerts.certificate_ends_for", ref<in, &x::certificate_ends_for>(),
              "For how long that must hold before it fires.");
  fires_after("alerts.audit_not_writable_for", ref<in, &x::audit_not_writable_for>(),
              "audit_not_writable: for how long the audit log cannot be written before it fires.");
}

} // namespace callboard
