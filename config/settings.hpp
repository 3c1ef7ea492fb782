#pragma once

#include "config/alert_settings.hpp"
#include "config/tracing_settings.hpp"
#include "config/webhook_settings.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

/// [http] The REST interface.
struct http_settings {
  std::string listen = "127.0.0.1:8080";    ///< HOST:PORT; port 0 picks a free one
  std::vector<std::string> hosts;           ///< names under which clients reach this scheduler, besides addresses
  std::vector<std::string> allowed_origins; ///< of web pages on other sites that may use it, as `https://ops.example`
  uint32_t threads = 1;                     ///< threads that read and write sockets
  uint32_t connections_max = 4096;          ///< open connections; more are answered 503 and closed
  uint64_t header_bytes_max = 16'384;
  uint64_t body_bytes_max = 8u << 20;                ///< of any request
  uint64_t batch_bytes_max = 64u << 20;              ///< of POST /api/jobs/batch
  uint64_t bodies_bytes_max = 128u << 20;            ///< of all requests under way; more are answered 503
  duration read_timeout = std::chrono::seconds{15};  ///< to receive a whole request, from its first byte
  duration write_timeout = std::chrono::seconds{15}; ///< to take a whole answer
  duration idle_timeout = std::chrono::seconds{120}; ///< between requests on a kept-alive connection
  uint32_t pipeline_max = 64;                        ///< requests of one connection under way at once
  uint32_t json_depth_max = 64;
  uint32_t list_limit_max = 1000;      ///< largest `limit` of a list
  uint64_t list_bytes_max = 16u << 20; ///< a page with more payloads and results ends early
};

/// [jobs] What a job may ask for.
struct job_settings {
  uint64_t payload_bytes_max = 1u << 20;
  uint32_t retries_max = 100;
  duration timeout_default = std::chrono::seconds{300};
  duration timeout_max = std::chrono::hours{24};
  uint32_t dependencies_max = 1000;
  uint32_t tags_max = 16;
  uint32_t tag_bytes_max = 128;                   ///< of a tag, and of a queue's name and an idempotency key
  uint32_t batch_jobs_max = 10'000;               ///< jobs in one batch
  uint32_t fan_out_max = 1000;                    ///< elements of a job with `forEach`
  duration past_grace = std::chrono::seconds{60}; ///< how far `scheduleAt` may lie in the past
  duration schedule_ahead_max = std::chrono::hours{24 * 366 * 5};
  uint64_t waiting_max = 10'000'000; ///< live jobs; beyond it a submit gets 429
  uint32_t request_slots_max = 1024; ///< slots that one job may ask for
  uint32_t resident_max = 10'000;    ///< job actors kept in memory; more are passivated
  uint32_t losses_max = 5;           ///< attempts lost with their worker before a job is failed as poison
  uint32_t history_entries_max = 64;
  duration aging_step = std::chrono::minutes{10};      ///< a waiting job gains one priority per step; 0 switches it off
  bool inherit_urgency = true;                         ///< what a job waits for is as urgent as the job
  uint32_t requests_outstanding_max = 10'000;          ///< requests under way in the gateway; beyond it 503
  duration request_timeout = std::chrono::seconds{30}; ///< an answer that takes longer is given as 504
  std::string types_directory;                         ///< NAME.json: the JSON Schema of job type NAME; empty: none
  uint32_t types_max = 1000;                           ///< job types that are known at once
  uint64_t schema_bytes_max = 64u << 10;               ///< of a job type's JSON Schema
  uint32_t limits_max = 10'000;                        ///< queues with limits, and job types with limits
  uint64_t checkpoint_bytes_max = 64u << 10;           ///< of what an attempt saves for the next one
  uint64_t log_bytes_max = 64u << 10;                  ///< last lines of an attempt's log
  duration preemption_min_run = std::chrono::seconds{60}; ///< of a job with `preemptible: true`
};

/// [store] Where jobs are kept.
struct store_settings {
  std::string directory = "callboard-data"; ///< holds the database, certificates and the pid file
  uint64_t block_cache_bytes = 64u << 20;
  uint64_t write_buffer_bytes = 16u << 20;
  uint32_t commit_jobs_max = 4096;                  ///< records in one group commit
  uint64_t commit_bytes_max = 16u << 20;            ///< of one group commit, unless a single part is larger
  duration retain_for = std::chrono::hours{24 * 7}; ///< finished jobs are kept this long
  uint64_t retain_count = 1'000'000;                ///< and at most this many
  duration retain_every = std::chrono::seconds{10}; ///< between two looks for finished jobs to remove
  /// Nothing was written for so long: the write buffers go to files. At least half a buffer must be in them.
  duration release_after = std::chrono::seconds{3};
  duration probe_every = std::chrono::seconds{1}; ///< between two attempts to write while the store cannot
};

/// [cluster] How workers and scheduler find and trust each other.
struct cluster_settings {
  std::string listen = "127.0.0.1:0"; ///< HOST:PORT that workers join
  std::string tls_directory; ///< ca.pem, node.pem, node.key; empty: `tls` in the data directory, made on first start
  duration heartbeat = std::chrono::seconds{1};
  duration suspect_after = std::chrono::seconds{3}; ///< late this long: no new work
  duration lease = std::chrono::seconds{10};        ///< late this long: lost
};

/// [workers] The local worker processes of `serve`, and what any `worker` does.
struct worker_settings {
  uint32_t count = 2;          ///< local worker processes
  uint32_t count_max = 64;     ///< bound of POST /api/workers/scale and of the autoscaler
  std::string command;         ///< program of the local workers, with arguments; empty: this one
  uint32_t slots = 4;          ///< attempts at once per worker
  uint32_t prefetch_max = 256; ///< attempts a worker holds ahead of its slots, for short jobs only
  duration prefetch_below = std::chrono::milliseconds{5};    ///< a type with a mean duration below this is prefetched
  duration prefetch_return = std::chrono::milliseconds{100}; ///< prefetched attempts not started by then go back
  duration kill_grace = std::chrono::seconds{5};             ///< from asking an attempt to stop to killing it
  uint32_t restart_intensity = 10; ///< restarts of a child within the period before its supervisor gives up
  duration restart_period = std::chrono::seconds{60};
  uint32_t log_lines_max = 50;            ///< last lines of an attempt's log that are kept for a report
  uint64_t log_line_bytes_max = 4u << 10; ///< a longer line is cut
  uint64_t result_bytes_max = 1u << 20;
  std::string resources; ///< `cpu=8,memory=16G,gpu=1`; what is not named: the machine's cores and memory
  std::string labels;    ///< `zone=eu,disk=ssd`
};

/// [http_workers] Workers that join over the REST interface.
struct http_worker_settings {
  std::string accept = "loopback";                 ///< `loopback`: while http.listen is on loopback; `on`, `off`
  uint32_t sessions_max = 1000;                    ///< such workers at once; beyond it 503
  duration wait_max = std::chrono::seconds{20};    ///< of a claim for jobs; never above half of jobs.request_timeout
  duration claim_within = std::chrono::seconds{5}; ///< what such a worker is given and does not claim goes back
  duration stop_grace = std::chrono::seconds{10};  ///< from when an attempt must be over to giving its worker up
};

/// [autoscale] The number of local workers follows the queue.
struct autoscale_settings {
  bool enabled = false;
  uint32_t workers_min = 1;
  uint32_t workers_max = 8;
  duration target_drain = std::chrono::seconds{30}; ///< what waits should be done within this
  duration window_down = std::chrono::minutes{2};   ///< fewer only when so long nothing asked for more
  duration pause_up = std::chrono::seconds{3};
  duration every = std::chrono::seconds{1};
  std::string command; ///< called with `scale-up N` or `scale-down NAMES` instead of starting local workers
  duration command_patience = std::chrono::minutes{5}; ///< for a call, and then for workers to join or leave

  /// Whether the number of workers is made by the command.
  bool by_command() const {
    return enabled && !command.empty();
  }
};

/// [schedules] Jobs that are submitted by the clock.
struct schedule_settings {
  uint32_t count_max = 10'000;                  ///< schedules there may be
  uint32_t history_max = 20;                    ///< versions of a schedule that are kept, the present one included
  uint32_t catch_up_max = 1000;                 ///< fire times that one schedule may be served late, at most
  duration jitter_max = std::chrono::hours{24}; ///< by which a schedule may spread its fire times
};

/// [templates] Named definitions of jobs and workflows.
struct template_settings {
  uint32_t count_max = 10'000;      ///< templates there may be
  uint32_t history_max = 20;        ///< versions of a template that are kept, the present one included
  uint64_t bytes_max = 256u << 10u; ///< of the definition of one
};

/// [events] The stream of what happens (GET /api/events).
struct event_settings {
  uint32_t kept = 65'536;                         ///< latest events, for readers that are behind or come back
  uint32_t readers_max = 100;                     ///< streams at once; beyond it 503
  duration keep_alive = std::chrono::seconds{15}; ///< silence on a stream after which a comment line is sent
};

/// [audit] The record of administrative acts.
struct audit_settings {
  std::string directory;                        ///< of its files; empty: `audit` in the data directory
  uint64_t file_bytes_max = 16u << 20;          ///< a file that is as large is closed, and the next one begun
  duration keep = std::chrono::hours{24 * 365}; ///< older files are removed; 0: none is
  std::string on_failure = "refuse";            ///< `refuse` acts while it cannot be written, or `warn`
  bool jobs = false;                            ///< also cancels, retries and changes of single jobs
  uint64_t values_bytes_max = 64u << 10;        ///< of each of request, before and after; of more only the size
};

/// [reports] Statistics of jobs by day, for reports.
struct report_settings {
  bool enabled = true;
  duration flush_every = std::chrono::minutes{1}; ///< between two writes of what was counted; a crash loses as much
  duration keep = std::chrono::hours{24 * 365};   ///< older days are removed
  uint32_t names_max = 1000;                      ///< of each kind and day that are told each by its name
};

/// [breaker] Keeps work from a worker on which jobs fail more often than elsewhere.
struct breaker_settings {
  bool enabled = true;
  uint32_t samples_min = 20;
  duration window = std::chrono::seconds{60};
  uint32_t failure_percent = 50;
  uint32_t peer_percent = 200;
  duration open_for = std::chrono::seconds{10};
  duration open_max = std::chrono::minutes{5};
};

/// [prices] In millionths of a currency unit.
struct price_settings {
  uint64_t cpu_hour = 0;
  uint64_t memory_gib_hour = 0;
  uint64_t slot_hour = 0;
};

/// [metrics] What GET /metrics tells.
struct metrics_settings {
  uint32_t queues_max = 100; ///< queues that are told each by its name; the others are told together
};

/// [scheduler] Of the process as a whole.
struct scheduler_settings {
  /// Nearly all work is in the queue manager; a second thread mostly contends with the first for CAF's queue.
  uint32_t actor_threads = 1;
  duration shutdown_grace = std::chrono::seconds{10};   ///< for running attempts to end by themselves
  duration shutdown_limit = std::chrono::seconds{30};   ///< the process ends, hard, after this
  duration clock_look = std::chrono::seconds{1};        ///< between two looks whether the wall clock was set
  duration clock_step = std::chrono::milliseconds{100}; ///< a smaller step is not logged and not counted
};

/// [log] Lines on standard error.
struct log_settings {
  std::string level = "info"; ///< trace, debug, info, warn, error, off
  bool json = false;
  uint32_t lines_waiting_max = 4096; ///< while nobody reads standard error; of more the oldest are dropped
};

/// [handlers.smtp]
struct smtp_settings {
  std::string host = "127.0.0.1";
  uint16_t port = 25;
  std::string security = "none"; ///< none, starttls, tls
  std::string username;
  std::string password;
  std::string from = "callboard@localhost"; ///< when a payload names none
  std::string ca_file;                      ///< instead of the system's
  bool verify = true;
  duration timeout = std::chrono::seconds{30};
};

/// [handlers.s3]
struct s3_settings {
  std::string endpoint; ///< https://host[:port]; empty: S3 uploads are refused
  std::string region = "us-east-1";
  std::string access_key;
  std::string secret_key;
};

/// [handlers.sftp]
struct sftp_settings {
  std::string username;
  std::string private_key_file;
  std::string password;
  std::string known_hosts_file; ///< required for SFTP; unknown hosts are refused
};

/// [handlers.files]
struct file_settings {
  std::vector<std::string> read_directories;  ///< file_upload sources and data_processing inputs must lie below one
  std::vector<std::string> write_directories; ///< data_processing outputs and local uploads must lie below one
};

/// [handlers.http]
struct http_client_settings {
  uint64_t response_bytes_max = 512u << 10;
  duration connect_timeout = std::chrono::seconds{10};
  uint32_t redirects_max = 5;
  /// The longest wait that an answer's Retry-After may ask for; more counts as this much. 0: it is ignored.
  duration retry_after_max = std::chrono::hours{1};
  std::string ca_file;
  bool allow_private = true; ///< false refuses loopback, link-local and private addresses
};

/// [handlers.exec]
struct exec_settings {
  bool enabled = true;
  std::vector<std::string> allowed_programs; ///< absolute paths; empty: any
  uint64_t output_bytes_max = 64u << 10;     ///< of each of stdout and stderr kept in the result: the last bytes
  bool log_output = true;                    ///< lines of both are lines of the attempt's log
  std::string cgroup = "auto";               ///< or "off", or the directory of a cgroup (version 2)
};

/// [handlers.data]
struct data_settings {
  uint64_t input_bytes_max = 1ull << 30;
  uint64_t memory_bytes_max = 256u << 20; ///< of the database in memory; beyond it SQLite uses a temporary file
};

struct handler_settings {
  smtp_settings smtp;
  s3_settings s3;
  sftp_settings sftp;
  file_settings files;
  http_client_settings http;
  exec_settings exec;
  data_settings data;
  duration kill_grace = std::chrono::seconds{5}; ///< filled from workers.kill_grace
};

/// The whole tree. Defaults are those of config/callboard.toml (a test compares them).
struct settings {
  http_settings http;
  job_settings jobs;
  store_settings store;
  cluster_settings cluster;
  worker_settings workers;
  http_worker_settings http_workers;
  autoscale_settings autoscale;
  schedule_settings schedules;
  template_settings templates;
  event_settings events;
  audit_settings audit;
  alert_settings alerts;
  webhook_settings webhooks;
  tracing_settings tracing;
  breaker_settings breaker;
  price_settings prices;
  scheduler_settings scheduler;
  log_settings log;
  handler_settings handlers;
  metrics_settings metrics;
  report_settings reports;

  /// The most workers that may be wanted, and the setting that says so: of the command's, or of local ones.
  uint32_t workers_bound() const {
    return autoscale.by_command() ? autoscale.workers_max : workers.count_max;
  }
  const char* workers_bound_name() const {
    return autoscale.by_command() ? "autoscale.workers_max" : "workers.count_max";
  }
};

} // namespace callboard
