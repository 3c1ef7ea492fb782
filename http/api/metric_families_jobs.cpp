#include "http/api/metric_families.hpp"
#include "http/api/metrics_text.hpp"

#include <array>

namespace callboard {

namespace {

using v = metrics_view;
using enum metric_kind;
constexpr auto begun = counted_since::metrics_began;

void jobs_by_status(exposition& e, const measured& m) {
  for (const auto s : all_job_states)
    e.sample({{"status", to_string(s)}}, m.jobs.by_state[static_cast<size_t>(s)]);
}

constexpr std::array families{
  measured_family{{"callboard_jobs_submitted", counter, "", "", "Jobs accepted."}, &v::submitted, begun},
  measured_family{
    {"callboard_jobs_completed", counter, "", "", "Jobs that ended with a result."}, &v::completed, begun},
  measured_family{{"callboard_jobs_failed", counter, "", "", "Jobs that ended without success."}, &v::failed, begun},
  measured_family{{"callboard_jobs_cancelled", counter, "", "", "Jobs that were cancelled."}, &v::cancelled, begun},
  measured_family{
    {"callboard_jobs_preempted", counter, "", "", "Attempts that were asked to stop for a more urgent job."},
    &v::preempted,
    begun},
  measured_family{{"callboard_jobs_shed", counter, "", "", "Jobs that were cancelled to make room in a full queue."},
                  &v::shed,
                  begun},
  measured_family{{"callboard_result_cache_hits", counter, "", "",
                   "Jobs that completed with the result of another one, without an attempt."},
                  &v::cache_hits,
                  begun},
  measured_family{
    {"callboard_job_checkpoints", counter, "", "", "Checkpoints that attempts have saved."}, &v::checkpoints, begun},
  measured_family{{"callboard_jobs_deadline_missed", counter, "", "", "Jobs that had not started by their deadline."},
                  &v::deadline_missed,
                  begun},
  measured_family{
    {"callboard_jobs_duplicate", counter, "", "", "Submits that named a job accepted before."}, &v::duplicates, begun},
  measured_family{{"callboard_jobs_rejected", counter, "", "", "Jobs refused at submit."}, &v::rejected, begun},
  measured_family{{"callboard_attempts_started", counter, "", "", "Attempts begun."}, &v::started, begun},
  measured_family{
    {"callboard_attempts_retried", counter, "", "", "Attempts that failed and were tried again."}, &v::retried, begun},
  measured_family{{"callboard_attempts_lost", counter, "", "", "Attempts lost with their worker."}, &v::lost, begun},
  measured_family{
    {"callboard_attempts_returned", counter, "", "", "Attempts handed back unfinished."}, &v::returned, begun},
  measured_family{
    {"callboard_attempts_stale", counter, "", "", "Messages refused for an old fence."}, &v::stale_refused, begun},

  measured_family{
    {"callboard_jobs", gauge, "", "status", "Jobs by present status; finished ones as long as they are kept."},
    jobs_by_status},
  measured_family{{"callboard_jobs_live", gauge, "", "", "Jobs that have not ended."}, &v::jobs_live},
  measured_family{{"callboard_jobs_live_max", gauge, "", "", "Jobs that may be live at once (jobs.waiting_max)."},
                  &v::jobs_live_max},
  measured_family{
    {"callboard_job_success_ratio", gauge, "ratio", "", "Completed / (completed + failed) since the start."},
    &v::success_rate},

  measured_family{{"callboard_job_dispatch_seconds", histogram, "seconds", "", "From ready to placed on a worker."},
                  &v::dispatch_time,
                  begun},
  measured_family{{"callboard_job_deliver_seconds", histogram, "seconds", "",
                   "From placed to the start of the handler, by the worker's clock."},
                  &v::deliver_time,
                  begun},
  measured_family{{"callboard_job_wait_seconds", histogram, "seconds", "", "From ready to the start of the handler."},
                  [](exposition& e, const measured& m) { e.sample({}, m.jobs.wait_time, &m.jobs.wait_exemplars); },
                  begun},
  measured_family{{"callboard_job_run_seconds", histogram, "seconds", "", "From start to end of an attempt's handler."},
                  [](exposition& e, const measured& m) { e.sample({}, m.jobs.run_time, &m.jobs.run_exemplars); },
                  begun},
  measured_family{
    {"callboard_job_settle_seconds", histogram, "seconds", "", "From the worker's report of an outcome to durable."},
    &v::settle_time,
    begun},
  measured_family{
    {"callboard_submit_seconds", histogram, "seconds", "", "From submit to durable."}, &v::submit_time, begun},
};

} // namespace

std::span<const measured_family> job_families() {
  return families;
}

} // namespace callboard
