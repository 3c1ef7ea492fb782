#include "config/setting_rows.hpp"

namespace callboard {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void add_http(row_maker m) {
  using x = http_settings;
  constexpr auto in = &settings::http;
  m.address("http.listen", ref<in, &x::listen>(), "Address of the REST interface; port 0 picks a free one.");
  m.list(
    "http.hosts", ref<in, &x::hosts>(),
    "Names under which clients reach the REST interface, besides its addresses, localhost and the name in http.listen. "
    "A request for any other host is refused with 421.");
  m.list("http.allowed_origins", ref<in, &x::allowed_origins>(),
         "Origins of web pages on other sites that may use the REST interface (CORS), such as https://ops.example.com. "
         "Other "
         "pages are refused with 403.");
  m.count("http.threads", ref<in, &x::threads>(), 1, 64, "threads", "Threads that read and write sockets.");
  m.count("http.connections_max", ref<in, &x::connections_max>(), 1, 1'000'000, "connections",
          "Open connections; more are answered 503 and closed.");
  m.bytes("http.header_bytes_max", ref<in, &x::header_bytes_max>(), kib, mib, "Largest header of a request.");
  m.bytes("http.body_bytes_max", ref<in, &x::body_bytes_max>(), kib, gib, "Largest body of a request.");
  m.bytes("http.batch_bytes_max", ref<in, &x::batch_bytes_max>(), kib, 4 * gib,
          "Largest body of a batch (POST /api/jobs/batch).");
  m.bytes("http.bodies_bytes_max", ref<in, &x::bodies_bytes_max>(), kib, 1024 * gib,
          "Bytes of the bodies of all requests under way, from the header to the answer; a request that does not fit "
          "is answered 503.");
  m.time("http.read_timeout", ref<in, &x::read_timeout>(), milliseconds{10}, hours{1},
         "Time to receive a whole request, from its first byte.");
  m.time("http.write_timeout", ref<in, &x::write_timeout>(), milliseconds{10}, hours{1},
         "Time for a client to take a whole answer.");
  m.time("http.idle_timeout", ref<in, &x::idle_timeout>(), milliseconds{10}, hours{24},
         "Time between requests on a connection that is kept open.");
  m.count("http.pipeline_max", ref<in, &x::pipeline_max>(), 1, 10'000, "requests",
          "Requests of one connection that are processed at once.");
  m.count("http.json_depth_max", ref<in, &x::json_depth_max>(), 4, 1000, "levels", "Deepest nesting of a JSON body.");
  m.count("http.list_limit_max", ref<in, &x::list_limit_max>(), 1, 100'000, "jobs", "Most jobs on one page of a list.");
  m.bytes("http.list_bytes_max", ref<in, &x::list_bytes_max>(), kib, gib,
          "Payloads and results on one page of a list (`include`); a page with more ends early.");
}

void add_jobs(row_maker m) {
  using x = job_settings;
  constexpr auto in = &settings::jobs;
  m.bytes("jobs.payload_bytes_max", ref<in, &x::payload_bytes_max>(), 1, gib, "Largest payload of a job.");
  m.count("jobs.retries_max", ref<in, &x::retries_max>(), 0, 1'000'000, "retries", "Most retries a job may ask for.");
  m.time("jobs.timeout_default", ref<in, &x::timeout_default>(), milliseconds{1}, hours{24 * 365},
         "Timeout of an attempt when the job names none.");
  m.time("jobs.timeout_max", ref<in, &x::timeout_max>(), milliseconds{1}, hours{24 * 365},
         "Longest timeout that a job may ask for.");
  m.count("jobs.dependencies_max", ref<in, &x::dependencies_max>(), 0, 1'000'000, "jobs",
          "Most jobs that one job may depend on.");
  m.count("jobs.tags_max", ref<in, &x::tags_max>(), 0, 1000, "tags", "Most tags of a job.");
  m.bytes("jobs.tag_bytes_max", ref<in, &x::tag_bytes_max>(), 1, 4 * kib,
          "Longest tag, queue name and idempotency key.");
  m.count("jobs.batch_jobs_max", ref<in, &x::batch_jobs_max>(), 1, 1'000'000, "jobs", "Most jobs of a batch.");
  m.count("jobs.fan_out_max", ref<in, &x::fan_out_max>(), 1, 10'000, "jobs",
          "Most jobs into which a job with forEach may fan out.");
  m.time("jobs.past_grace", ref<in, &x::past_grace>(), duration{0}, hours{24 * 365},
         "How far a job's start may lie in the past.");
  m.time("jobs.schedule_ahead_max", ref<in, &x::schedule_ahead_max>(), seconds{1}, hours{24 * 366 * 50},
         "How far a job's start and deadline may lie ahead.");
  m.count("jobs.waiting_max", ref<in, &x::waiting_max>(), 1, 1'000'000'000, "jobs",
          "Jobs that have not ended; a submit beyond it is answered 429.");
  m.count("jobs.request_slots_max", ref<in, &x::request_slots_max>(), 1, 4096, "slots",
          "Slots that one job may ask for.");
  m.count("jobs.resident_max", ref<in, &x::resident_max>(), 100, 10'000'000, "jobs",
          "Job actors kept in memory; other jobs are read from the store when something happens to them.");
  m.count("jobs.losses_max", ref<in, &x::losses_max>(), 1, 1000, "attempts",
          "Attempts lost with their worker before the job fails as poison.");
  m.count("jobs.history_entries_max", ref<in, &x::history_entries_max>(), 4, 10'000, "entries",
          "Entries of a job's history that are kept.");
  m.time("jobs.aging_step", ref<in, &x::aging_step>(), duration{0}, hours{24 * 365},
         "A waiting job gains one priority per step; 0 switches that off.");
  m.flag("jobs.inherit_urgency", ref<in, &x::inherit_urgency>(),
         "Whether what a job waits for counts as being as urgent as the job: its priority, its deadline.");
  m.count("jobs.requests_outstanding_max", ref<in, &x::requests_outstanding_max>(), 1, 10'000'000, "requests",
          "Requests under way in the scheduler; more are answered 503.");
  m.time("jobs.request_timeout", ref<in, &x::request_timeout>(), milliseconds{10}, hours{1},
         "Time for the scheduler to answer a request; after it the answer is 504.");
  m.text("jobs.types_directory", ref<in, &x::types_directory>(),
         "Job types that are accepted before a worker offers them: each NAME.json in it is the JSON Schema of NAME.");
  m.count("jobs.types_max", ref<in, &x::types_max>(), 1, 50'000, "types",
          "Job types that the scheduler may know; a worker that brings more is refused.");
  m.bytes("jobs.schema_bytes_max", ref<in, &x::schema_bytes_max>(), 64, 16 * mib, "Largest JSON Schema of a job type.");
  m.bytes("jobs.checkpoint_bytes_max", ref<in, &x::checkpoint_bytes_max>(), 1, 16 * mib,
          "Largest checkpoint of an attempt. It is in the job's record.");
  m.bytes("jobs.log_bytes_max", ref<in, &x::log_bytes_max>(), 80, 16 * mib,
          "The last lines of an attempt's log that are kept with its job. They are in its record.");
  m.time("jobs.preemption_min_run", ref<in, &x::preemption_min_run>(), duration{0}, hours{24 * 365},
         "An attempt of a job with preemptible: true runs at least this long before it may be stopped.");
  m.count("jobs.limits_max", ref<in, &x::limits_max>(), 0, 1'000'000, "names",
          "Queues that may have limits, and job types that may.");
}

void add_store(row_maker m) {
  using x = store_settings;
  constexpr auto in = &settings::store;
  m.needed("store.directory", ref<in, &x::directory>(),
           "Holds the database, the certificates and the pid file; made when missing.");
  m.bytes("store.block_cache_bytes", ref<in, &x::block_cache_bytes>(), mib, 64 * tib,
          "Memory for reading the database.");
  m.bytes("store.write_buffer_bytes", ref<in, &x::write_buffer_bytes>(), mib, 64 * gib,
          "Memory in which one part of the database collects changes before it writes a file.");
  m.count("store.commit_jobs_max", ref<in, &x::commit_jobs_max>(), 1, 1'000'000, "records",
          "Most records that are written with one fsync.");
  m.bytes(
    "store.commit_bytes_max", ref<in, &x::commit_bytes_max>(), kib, gib,
    "Most bytes of records and payloads that are written with one fsync; jobs that become durable together are not "
    "divided.");
  m.time("store.retain_for", ref<in, &x::retain_for>(), seconds{1}, hours{24 * 366 * 50},
         "Finished jobs are kept for this long.");
  m.count("store.retain_count", ref<in, &x::retain_count>(), 0, 1'000'000'000'000, "jobs",
          "At most this many finished jobs are kept.");
  m.time("store.retain_every", ref<in, &x::retain_every>(), milliseconds{10}, hours{24},
         "Time between two purges of finished jobs.");
  m.time("store.release_after", ref<in, &x::release_after>(), milliseconds{10}, hours{24 * 365},
         "After this long without a write, the database writes its memory buffers to files. That frees memory, and a "
         "start after a crash reads less.");
  m.time("store.probe_every", ref<in, &x::probe_every>(), milliseconds{10}, hours{1},
         "Time between two attempts to write while the disk refuses.");
}

void add_cluster(row_maker m) {
  using x = cluster_settings;
  constexpr auto in = &settings::cluster;
  m.address("cluster.listen", ref<in, &x::listen>(), "Address that workers join; port 0 picks a free one.");
  m.text("cluster.tls_directory", ref<in, &x::tls_directory>(),
         "Holds ca.pem, node.pem and node.key; empty: tls in the data directory, made on the first start.");
  m.time("cluster.heartbeat", ref<in, &x::heartbeat>(), milliseconds{10}, minutes{5},
         "Time between two heartbeats of a worker.");
  m.time("cluster.suspect_after", ref<in, &x::suspect_after>(), milliseconds{20}, hours{1},
         "A worker without a heartbeat for this long is suspect: it gets no new jobs.");
  m.time("cluster.lease", ref<in, &x::lease>(), milliseconds{30}, hours{24},
         "A worker without a heartbeat for this long is lost: its jobs run elsewhere.");
}

void add_workers(row_maker m) {
  using x = worker_settings;
  constexpr auto in = &settings::workers;
  m.count("workers.count", ref<in, &x::count>(), 0, 1024, "processes", "Local worker processes of the scheduler.");
  m.count("workers.count_max", ref<in, &x::count_max>(), 0, 1024, "processes",
          "Most local worker processes that scaling may ask for.");
  m.text("workers.command", ref<in, &x::command>(),
         "Program of the local workers, with its arguments; empty: callboard itself.");
  m.count("workers.slots", ref<in, &x::slots>(), 1, 4096, "slots", "Jobs that a worker runs at once.");
  m.count("workers.prefetch_max", ref<in, &x::prefetch_max>(), 0, 100'000, "jobs",
          "Short jobs that are sent to a worker before it has a free slot; 0 switches that off.");
  m.time("workers.prefetch_below", ref<in, &x::prefetch_below>(), duration{0}, minutes{10},
         "A job is short if jobs of its type run for less than this on average.");
  m.time("workers.prefetch_return", ref<in, &x::prefetch_return>(), milliseconds{1}, minutes{10},
         "Such jobs go back to the queue if they have not started after this time.");
  m.time("workers.kill_grace", ref<in, &x::kill_grace>(), duration{0}, hours{1},
         "Time from asking a job to stop to killing it.");
  m.count("workers.restart_intensity", ref<in, &x::restart_intensity>(), 0, 10'000, "restarts",
          "Restarts within restart_period before a supervisor gives up.");
  m.time("workers.restart_period", ref<in, &x::restart_period>(), milliseconds{1}, hours{24},
         "The period in which restarts are counted.");
  m.count("workers.log_lines_max", ref<in, &x::log_lines_max>(), 0, 10'000, "lines",
          "Lines of an attempt's log that the worker keeps for its next report; of more only the last ones.");
  m.bytes("workers.log_line_bytes_max", ref<in, &x::log_line_bytes_max>(), 80, mib,
          "Longest line of an attempt's log; a longer one is cut.");
  m.bytes("workers.result_bytes_max", ref<in, &x::result_bytes_max>(), 64, gib, "Largest result of a job.");
  m.text("workers.resources", ref<in, &x::resources>(),
         "What a worker offers, as cpu=8,memory=16G,gpu=1; cpu and memory default to the machine's.");
  m.text("workers.labels", ref<in, &x::labels>(), "Labels of a worker, as zone=eu,disk=ssd.");
}

void add_schedules(row_maker m) {
  using x = schedule_settings;
  constexpr auto in = &settings::schedules;
  m.count("schedules.count_max", ref<in, &x::count_max>(), 0, 1'000'000, "schedules",
          "Schedules there may be; beyond it a new one gets 429.");
  m.count("schedules.history_max", ref<in, &x::history_max>(), 1, 1000, "versions",
          "Versions of a schedule that are kept, the present one included.");
  m.count("schedules.catch_up_max", ref<in, &x::catch_up_max>(), 1, 1000, "fire times",
          "Fire times that a schedule may have served late (catchUpMax).");
  m.time("schedules.jitter_max", ref<in, &x::jitter_max>(), milliseconds{0}, hours{24} * 7,
         "By which a schedule may spread its fire times (jitter).");
}

void add_templates(row_maker m) {
  using x = template_settings;
  constexpr auto in = &settings::templates;
  m.count("templates.count_max", ref<in, &x::count_max>(), 0, 1'000'000, "templates",
          "Templates there may be; beyond it a new one gets 429.");
  m.count("templates.history_max", ref<in, &x::history_max>(), 1, 1000, "versions",
          "Versions of a template that are kept, the present one included.");
  m.bytes("templates.bytes_max", ref<in, &x::bytes_max>(), 1024, 16 * mib, "Largest definition of a template.");
}

void add_events(row_maker m) {
  using x = event_settings;
  constexpr auto in = &settings::events;
  m.count("events.kept", ref<in, &x::kept>(), 1, 10'000'000, "events",
          "Latest events that are kept in memory, for readers that are behind or come back; about 400 bytes each.");
  m.count("events.readers_max", ref<in, &x::readers_max>(), 0, 100'000, "streams",
          "Streams of events (GET /api/events) at once; beyond it a new one gets 503.");
  m.time("events.keep_alive", ref<in, &x::keep_alive>(), milliseconds{10}, hours{1},
         "Silence on a stream of events after which a comment line is sent.");
}

void add_audit(row_maker m) {
  using x = audit_settings;
  constexpr auto in = &settings::audit;
  m.text("audit.directory", ref<in, &x::directory>(),
         "Directory of the audit log; empty: `audit` in the data directory.");
  m.bytes("audit.file_bytes_max", ref<in, &x::file_bytes_max>(), 4 * kib, 256 * mib,
          "A file of the audit log that is as large is closed, and the next one begun.");
  m.time("audit.keep", ref<in, &x::keep>(), duration{0}, hours{24 * 365 * 100},
         "Files of the audit log whose last record is older are removed; 0 keeps them for ever.");
  m.choice("audit.on_failure", ref<in, &x::on_failure>(), {"warn", "refuse"},
           "What becomes of administrative acts while the audit log cannot be written: they are answered 503, or done "
           "without a record, with a warning in the log.");
  m.flag("audit.jobs", ref<in, &x::jobs>(),
         "Whether cancels, retries and changes of single jobs are recorded, too. Bulk acts always are.");
  m.bytes("audit.values_bytes_max", ref<in, &x::values_bytes_max>(), 0, mib,
          "Largest request, state before and state after in a record; of a larger one only its size is recorded.");
}

void add_http_workers(row_maker m) {
  using x = http_worker_settings;
  constexpr auto in = &settings::http_workers;
  m.choice("http_workers.accept", ref<in, &x::accept>(), {"loopback", "off", "on"},
           "Whether workers may join over the REST interface: loopback, only while http.listen is an address of this "
           "machine alone, because whoever reaches the interface may be a worker then, and is given whole payloads; "
           "on; off.");
  m.count("http_workers.sessions_max", ref<in, &x::sessions_max>(), 1, 100'000, "workers",
          "Workers that have joined over the REST interface at once; more are answered 503.");
  m.time("http_workers.wait_max", ref<in, &x::wait_max>(), milliseconds{1}, hours{1},
         "Longest wait of a claim for jobs; never more than half of jobs.request_timeout.");
  m.time("http_workers.claim_within", ref<in, &x::claim_within>(), milliseconds{10}, hours{1},
         "A job that such a worker is given and does not claim within this goes to another one.");
  m.time("http_workers.stop_grace", ref<in, &x::stop_grace>(), milliseconds{10}, hours{1},
         "An attempt that runs this much longer than its timeout and workers.kill_grace costs its worker the lease.");
}

void add_autoscale(row_maker m) {
  using x = autoscale_settings;
  constexpr auto in = &settings::autoscale;
  m.flag("autoscale.enabled", ref<in, &x::enabled>(), "Whether the number of workers follows the queue.");
  m.count("autoscale.workers_min", ref<in, &x::workers_min>(), 0, 10'000, "workers", "The fewest workers.");
  m.count("autoscale.workers_max", ref<in, &x::workers_max>(), 1, 10'000, "workers", "The most workers.");
  m.time("autoscale.target_drain", ref<in, &x::target_drain>(), milliseconds{100}, hours{24},
         "There are to be enough workers to finish the waiting jobs within this time.");
  m.time("autoscale.window_down", ref<in, &x::window_down>(), milliseconds{100}, hours{24},
         "Workers are removed only after no more were needed for this long.");
  m.time("autoscale.pause_up", ref<in, &x::pause_up>(), milliseconds{10}, hours{1}, "Time between two steps up.");
  m.time("autoscale.every", ref<in, &x::every>(), milliseconds{10}, hours{1}, "Time between two decisions.");
  m.text("autoscale.command", ref<in, &x::command>(),
         "A program that is called with `scale-up N` or `scale-down NAMES` instead of starting local workers.");
  m.time(
    "autoscale.command_patience", ref<in, &x::command_patience>(), seconds{1}, hours{24},
    "Longest run of the command. Then workers have the same time to join or leave before it is called for them again.");
}

void add_breaker(row_maker m) {
  using x = breaker_settings;
  constexpr auto in = &settings::breaker;
  m.flag("breaker.enabled", ref<in, &x::enabled>(),
         "Whether a worker on which jobs fail more often than elsewhere gets no new ones.");
  m.count("breaker.samples_min", ref<in, &x::samples_min>(), 1, 1'000'000, "attempts",
          "Attempts within the window before anything is concluded.");
  m.time("breaker.window", ref<in, &x::window>(), seconds{1}, hours{24}, "The window in which attempts are counted.");
  m.count("breaker.failure_percent", ref<in, &x::failure_percent>(), 1, 100, "percent",
          "Share of failed attempts from which a worker is kept back.");
  m.count("breaker.peer_percent", ref<in, &x::peer_percent>(), 100, 10'000, "percent",
          "A worker is kept back only if its share is at least this much of the other workers' share; 200 is twice.");
  m.time("breaker.open_for", ref<in, &x::open_for>(), milliseconds{100}, hours{24},
         "Time until a worker that is kept back gets one job on trial.");
  m.time("breaker.open_max", ref<in, &x::open_max>(), milliseconds{100}, hours{24},
         "Longest such time, after many failed trials.");
}

void add_prices(row_maker m) {
  using x = price_settings;
  constexpr auto in = &settings::prices;
  constexpr uint64_t max = 1'000'000'000'000;
  m.count("prices.cpu_hour", ref<in, &x::cpu_hour>(), 0, max, "millionths", "Price of a core for an hour.");
  m.count("prices.memory_gib_hour", ref<in, &x::memory_gib_hour>(), 0, max, "millionths",
          "Price of a GiB of memory for an hour.");
  m.count("prices.slot_hour", ref<in, &x::slot_hour>(), 0, max, "millionths", "Price of a slot for an hour.");
}

void add_metrics(row_maker m) {
  using x = metrics_settings;
  constexpr auto in = &settings::metrics;
  m.count("metrics.queues_max", ref<in, &x::queues_max>(), 1, 10'000, "queues",
          "Queues that GET /metrics tells each by its name; the others are told together.");
}

void add_reports(row_maker m) {
  using x = report_settings;
  constexpr auto in = &settings::reports;
  m.flag("reports.enabled", ref<in, &x::enabled>(), "Whether statistics of jobs are kept by day, for reports.");
  m.time("reports.flush_every", ref<in, &x::flush_every>(), milliseconds{100}, hours{1},
         "Time between two writes of what was counted. A crash loses the statistics since the last one, and no job.");
  m.time("reports.keep", ref<in, &x::keep>(), hours{24}, hours{24 * 365 * 100}, "Older days are removed.");
  m.count("reports.names_max", ref<in, &x::names_max>(), 1, 100'000, "names",
          "Job types, queues, tags and concurrency keys of a day that are told each by its name; the others of a kind "
          "are told together.");
}

void add_process(row_maker m) {
  using x = scheduler_settings;
  constexpr auto in = &settings::scheduler;
  m.count("scheduler.actor_threads", ref<in, &x::actor_threads>(), 1, 256, "threads",
          "Threads that run actors; more than one helps on machines with many cores only.");
  m.time("scheduler.shutdown_grace", ref<in, &x::shutdown_grace>(), duration{0}, hours{24},
         "Time for running jobs to finish when the scheduler stops.");
  m.time("scheduler.shutdown_limit", ref<in, &x::shutdown_limit>(), milliseconds{100}, hours{25},
         "The process ends after this time, whatever is left to do.");
  m.time(
    "scheduler.clock_look", ref<in, &x::clock_look>(), milliseconds{10}, minutes{1},
    "Time between two looks at the wall clock: a job whose time comes because the clock was set starts within this.");
  m.time("scheduler.clock_step", ref<in, &x::clock_step>(), milliseconds{10}, hours{1},
         "Steps of the wall clock from this size on are logged and counted.");
  m.choice("log.level", ref<&settings::log, &log_settings::level>(), {"trace", "debug", "info", "warn", "error", "off"},
           "The least severe lines that are written.");
  m.flag("log.json", ref<&settings::log, &log_settings::json>(), "One JSON object per line instead of text.");
  m.count("log.lines_waiting_max", ref<&settings::log, &log_settings::lines_waiting_max>(), 16, 1'000'000, "lines",
          "Lines that wait while nobody reads standard error; of more the oldest are dropped and counted.");
}

} // namespace

const std::vector<setting_row>& setting_table() {
  static const std::vector<setting_row> table = [] {
    std::vector<setting_row> rows;
    const row_maker m{rows};
    for (auto add :
         {add_http,      add_jobs,      add_store,   add_cluster, add_workers,    add_http_workers, add_autoscale,
          add_schedules, add_templates, add_events,  add_audit,   add_alert_rows, add_webhook_rows, add_tracing_rows,
          add_breaker,   add_prices,    add_metrics, add_reports, add_process,    add_handler_rows})
      add(m);
    return rows;
  }();
  return table;
}

} // namespace callboard
