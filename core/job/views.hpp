#pragma once

#include "core/job/cost.hpp"
#include "core/job/job.hpp"
#include "core/job/store_figures.hpp"
#include "core/placement/circuit_breaker.hpp"
#include "core/placement/limit_rule.hpp"
#include "core/placement/worker_machine.hpp"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// What an interface shows. Plain values, taken at one moment.

using job_ptr = std::shared_ptr<const job_record>;

struct submit_answer {
  job_id id;
  job_state state = job_state::queued;
  uint8_t priority = priority_default;
  time_point created_at;
  std::optional<time_point> scheduled_at;
  /// When it is expected to start, from what is ahead of it and measured durations.
  time_point estimated_execution;
  durability level = durability::fsync;
  /// True when the idempotency key named a job that existed already: this is that job.
  bool duplicate = false;
  /// Of a job with `finish_by`: when it will probably end; above `finish_by` it will probably be late.
  std::optional<time_point> projected_finish;
};

struct job_list {
  std::vector<job_ptr> jobs;
  /// Pass as `cursor` for the next page; none at the end.
  std::optional<job_id> next;
};

struct worker_view {
  std::string name;
  worker_state state = worker_state::starting;
  bool suspect = false;
  bool local = false;
  uint32_t slots = 0;
  uint32_t current_jobs = 0;
  uint32_t prefetched = 0;
  time_point last_heartbeat;
  time_point created_at;
  uint64_t pid = 0;
  std::string host;
  std::vector<std::string> types;
  uint32_t restarts = 0;
  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t lost = 0;
  std::vector<job_id> running;       ///< up to 1000
  std::vector<std::string> versions; ///< of the types, in their order
  resource_offer offer;
  resource_request taken; ///< of the offer, by jobs
  bool draining = false;  ///< no new jobs: it is to go, or is kept back
  uint32_t load_percent = 0;
  breaker_state breaker = breaker_state::closed;
  uint32_t breaker_trips = 0;
  uint64_t late_refused = 0; ///< outcomes that came after the lease
};

/// An actor, in the scheduler or on a node.
struct actor_view {
  std::string name;
  std::string parent; ///< empty for a root
  std::string node;   ///< name of the worker; empty: the scheduler
  bool alive = true;
  uint64_t mailbox = 0;
  uint64_t handled = 0;
  double per_second = 0;    ///< handled in the last second or so
  duration longest_turn{0}; ///< of this minute and the one before: it handled messages without a pause
  uint32_t restarts = 0;
  std::string last_reason; ///< of the latest restart
  time_point started_at;
};

/// Names and values of what an actor holds, for people.
using actor_facts = std::vector<std::pair<std::string, std::string>>;

/// The inside of one actor. It has numbers, names and states; never a payload, a result or a secret.
struct actor_dump {
  std::string name;
  std::string node; ///< name of the worker; empty: the scheduler
  actor_facts facts;
};

/// How many workers there should be, and why.
struct scale_view {
  uint32_t before = 0;  ///< wanted before this call
  uint32_t desired = 0; ///< wanted now
  uint32_t actual = 0;  ///< processes there are
  bool automatic = false;
  uint32_t workers_min = 0, workers_max = 0; ///< when automatic
  std::string reason;
};

/// Bounds, in microseconds, at which durations are counted for monitoring. They are the same on every scheduler, so the
/// counts of several can be added. About three per decade from 0.1 ms (a queue in memory) to 2.5 s, where delays that
/// people notice are told apart; fewer above, up to an hour, for the run time of batch jobs.
inline constexpr std::array<uint64_t, 18> latency_bounds_us{
  100,     500,     1'000,     2'500,     5'000,      10'000,     25'000,     50'000,      100'000,
  250'000, 500'000, 1'000'000, 2'500'000, 10'000'000, 30'000'000, 60'000'000, 300'000'000, 3'600'000'000};

/// A distribution of durations, in microseconds.
struct latency_view {
  uint64_t count = 0;
  double mean_us = 0;
  uint64_t p50_us = 0, p90_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
  uint64_t sum_us = 0;
  /// How many were at most as long as each of `latency_bounds_us`; exact, and only ever more.
  std::array<uint64_t, latency_bounds_us.size()> at_most{};
};

/// The last duration that fell into a bucket, and the job that it is of; no job: none did.
struct exemplar {
  job_id job;
  uint64_t value_us = 0;
  time_point at;
};
/// Of each of `latency_bounds_us`, and of what is above the last one.
using exemplar_row = std::array<exemplar, latency_bounds_us.size() + 1>;

/// A queue, or all those together that have no row of their own.
struct queue_metrics {
  uint64_t ready = 0, waiting = 0 /* for others or a time, or held */, running = 0, retrying = 0;
  uint64_t completed = 0, failed = 0, cancelled = 0; ///< since the start
  std::optional<duration> oldest_ready;              ///< for how long it has been ready; nothing: not known
  std::optional<double> fullness; ///< of its bounds, the one that is nearer to being reached: 1 is full
  std::optional<queue_objective> objective;
  /// Of a queue with an objective for waiting: attempts that started, and those that did so within it; since the start,
  /// or since it was set.
  uint64_t waits = 0, waits_good = 0;
};
/// The name under which queues without a row of their own are counted together; no queue can be called so.
inline constexpr std::string_view other_queues = "(other)";

struct type_metrics {
  uint64_t completed = 0, failed = 0, retried = 0, cancelled = 0;
  latency_view run_time;
};

struct metrics_view {
  time_point taken_at;
  time_point started_at;
  /// Jobs by present state (finished ones: as retained).
  std::array<uint64_t, job_state_count> by_state{};
  uint64_t submitted = 0, started = 0, completed = 0, failed = 0, cancelled = 0;
  uint64_t retried = 0, lost = 0, returned = 0, deadline_missed = 0, stale_refused = 0, duplicates = 0, rejected = 0;
  uint64_t preempted = 0, checkpoints = 0, shed = 0, cache_hits = 0;
  /// Of finished jobs since the start of the scheduler, completed / (completed + failed); 1 when none.
  double success_rate = 1;
  double submitted_per_second = 0, finished_per_second = 0; ///< over the last 10 s
  // The stages of a job's way, in their order; wait = dispatch + deliver.
  latency_view submit_time;   ///< submit in the queue manager to durable
  latency_view dispatch_time; ///< ready to placed on a worker
  latency_view deliver_time;  ///< placed to handler start, by the worker's clock
  latency_view wait_time;     ///< ready to handler start
  latency_view run_time;      ///< handler start to end
  latency_view settle_time;   ///< outcome received to durable
  latency_view commit_time;   ///< one group commit
  uint64_t commits = 0, committed_records = 0;
  uint64_t clock_steps = 0;  ///< of the time of day, by scheduler.clock_step or more
  uint64_t workers_lost = 0; ///< that died, or were not heard of for too long
  std::map<std::string, type_metrics> types;
  uint64_t job_actors = 0;
  uint64_t requests_outstanding = 0;
  uint64_t request_body_bytes = 0;    ///< of requests under way
  uint64_t requests_without_room = 0; ///< refused because of those
  uint64_t node_messages_refused = 0; ///< that nodes have no business to send
  uint64_t log_lines_dropped = 0;     ///< because nobody read standard error
  /// Of the scheduler's actors by name: of this minute and the one before.
  std::map<std::string, duration> longest_turns;
  bool store_writable = true;
  std::map<std::string, uint64_t> held_by_queue; ///< jobs that somebody holds; queues without are not there
  /// What attempts have used since the scheduler started: by type, by queue, by tag.
  std::map<std::string, usage_total> usage_by_type, usage_by_queue, usage_by_tag;
  usage_total usage;
  /// Of at most `metrics.queues_max` queues, and of the others together.
  std::map<std::string, queue_metrics> queues;
  exemplar_row wait_exemplars, run_exemplars; ///< of `wait_time` and `run_time`
  uint64_t jobs_live = 0, jobs_live_max = 0;  ///< not terminal, and how many there may be (jobs.waiting_max)
  uint64_t workers = 0, worker_slots = 0, worker_slots_busy = 0; ///< of workers that are there
  uint64_t schedules = 0, schedules_faulty = 0;
  duration schedule_lag{0};            ///< for how long the fire time that is due next has passed
  std::optional<store_figures> engine; ///< of the store; nothing: it says nothing
};

struct queue_view {
  std::string name;
  uint64_t ready = 0, waiting = 0 /* for dependencies or a time, or held */, running = 0, retrying = 0;
  uint64_t held = 0; ///< in whatever state
  std::array<uint64_t, priority_count> ready_by_priority{};
  std::optional<time_point> oldest_ready;
  time_point last_processed;
};

/// A queue, a job type or a concurrency key with what it is held to.
struct limit_view {
  limit_target target;
  limit_rule rule;
  bool inherited = false; ///< of a key: the rule is that of its queue for each key
  uint64_t under_way = 0; ///< attempts that count against the rule
  std::string held;       ///< why nothing of it may start now: `paused`, `concurrency`, `rate`; empty: it may
  uint64_t ready = 0;
  uint64_t keys = 0; ///< of a queue: concurrency keys that have jobs
  // Of a queue.
  uint64_t waiting = 0 /* for dependencies or a time */, running = 0, retrying = 0;
  uint64_t waiting_jobs = 0, waiting_bytes = 0; ///< what counts against its bounds
  std::optional<time_point> oldest_ready;
  time_point last_processed;
  std::optional<duration> drains_in; ///< until no job is ready; known to the alerts, nothing: to nobody
};

/// In the order of their names.
struct limit_page {
  std::vector<limit_view> limits;
  std::optional<std::string> next; ///< the page after this one begins behind that name; none: this was the last
};

/// One reason why a job waits, or what it is doing instead.
struct wait_reason {
  std::string code;                ///< stable: see docs/api.md
  std::string text;                ///< a sentence
  std::vector<job_id> jobs;        ///< that it waits for, or that are in its way
  std::optional<time_point> until; ///< when this reason is over, where that is known
  std::string worker;              ///< whom it is about
  std::optional<time_point> since; ///< of a hold
};

/// Why a job has not started, or what became of it.
struct explanation {
  job_id job;
  job_state state = job_state::queued;
  std::vector<wait_reason> reasons;
  std::optional<uint64_t> ahead;             ///< ready jobs that come before it in its queue
  std::optional<time_point> projected_start; ///< of a job for which it is only a matter of its turn, or of a time
};

struct status_view {
  std::string version;
  time_point started_at;
  std::vector<queue_view> queues;
  std::vector<worker_view> workers;
  std::array<uint64_t, job_state_count> by_state{};
  uint32_t workers_desired = 0;
};

struct health_component {
  std::string name;
  bool ok = false;
  std::string detail;
};

struct health_view {
  bool live = true;
  bool ready = false;
  std::vector<health_component> components;
  time_point started_at;
};

} // namespace callboard
