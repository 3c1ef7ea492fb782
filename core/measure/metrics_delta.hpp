#pragma once

#include "core/job/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// What happened since the last one: counts, and samples of durations. From the queue manager to the metrics.
struct metrics_delta {
  uint64_t submitted = 0, started = 0, completed = 0, failed = 0, cancelled = 0;
  uint64_t retried = 0, lost = 0, returned = 0, deadline_missed = 0, stale_refused = 0, duplicates = 0, rejected = 0;
  uint64_t preempted = 0;   ///< attempts that were asked to stop for a more urgent job
  uint64_t checkpoints = 0; ///< that were saved
  uint64_t cache_hits = 0;  ///< jobs that completed with the result of another one
  uint64_t shed = 0;        ///< jobs that made room in a full queue
  uint64_t commits = 0, committed_records = 0;
  uint64_t clock_steps = 0; ///< from the timekeeper
  uint64_t workers_lost = 0;
  struct sample {
    std::string type;
    job_state after = job_state::queued;
    std::optional<duration> wait, run;
    bool charged = false;
    std::string queue;
    std::vector<std::string> tags;
    attempt_usage usage;
    resource_request asked;
    job_id job;
    std::string tenant; ///< the concurrency key; empty: none
    std::string code;   ///< of the error with which an attempt or the job ended
    bool lost = false, deadline_missed = false;
  };
  std::vector<sample> samples;
  /// Jobs that were accepted, those that are alike together where they came one after the other.
  struct arrival {
    std::string type, queue, tenant;
    std::vector<std::string> tags;
    uint64_t jobs = 0;
  };
  std::vector<arrival> arrivals;
  std::vector<duration> commit_times;
  std::vector<duration> submit_times, dispatch_times, deliver_times, settle_times; ///< as in metrics_view
  std::vector<std::string> queues; ///< that were seen, of which no sample may have come yet
};

} // namespace callboard
