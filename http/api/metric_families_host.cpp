#include "core/base/real_seconds.hpp"
#include "http/api/metric_families.hpp"

#include <array>

// The store, the server and the process. Names that begin with `process_` are those of all Prometheus clients.

namespace callboard {

namespace {

using v = metrics_view;
using enum metric_kind;
constexpr auto begun = counted_since::metrics_began;
constexpr auto process = counted_since::process_began;

double unix_time(time_point t) {
  return real_seconds(t.time_since_epoch());
}

template <auto Member>
void engine(exposition& e, const measured& m) {
  if (m.jobs.engine)
    e.sample({}, uint64_t{(*m.jobs.engine).*Member});
}

void writes_stopped(exposition& e, const measured& m) {
  if (m.jobs.engine)
    e.sample({}, uint64_t{m.jobs.engine->writes_stopped ? 1u : 0u});
}

template <auto Member>
void own(exposition& e, const measured& m) {
  const auto& x = m.process.*Member;
  if (!x)
    return;
  if constexpr (std::is_same_v<decltype(*x), const uint64_t&>)
    e.sample({}, *x);
  else if constexpr (std::is_same_v<decltype(*x), const duration&>)
    e.sample({}, real_seconds(*x));
  else
    e.sample({}, unix_time(*x));
}

void certificates(exposition& e, const measured& m) {
  for (const auto& c : m.certificates)
    e.sample({{"certificate", c.name}}, unix_time(c.at));
}

void longest_turns(exposition& e, const measured& m) {
  for (const auto& [name, longest] : m.jobs.longest_turns)
    e.sample({{"actor", name}}, real_seconds(longest));
}

template <auto Member>
void audit(exposition& e, const measured& m) {
  if (!m.audit)
    return;
  const auto& x = (*m.audit).*Member;
  if constexpr (std::is_same_v<decltype(x), const uint64_t&>)
    e.sample({}, x);
  else
    e.sample({}, uint64_t{x.empty() ? 0u : 1u});
}

template <auto Member>
void traces(exposition& e, const measured& m) {
  if (m.traces)
    e.sample({}, (*m.traces).*Member);
}

/// Of each rule, so that one which is fine can be told from one that is not there.
void alerts(exposition& e, const measured& m) {
  if (m.alerts == nullptr)
    return;
  using counts = std::array<uint64_t, alert_rule_count>;
  counts pending{}, firing{};
  for (const auto& x : m.alerts->alerts)
    if (x.state != alert_state::resolved)
      ++(x.state == alert_state::firing ? firing : pending)[static_cast<size_t>(x.rule)];
  for (size_t i = 0; i < alert_rule_count; ++i) {
    const auto rule = to_string(static_cast<alert_rule>(i));
    e.sample({{"rule", rule}, {"state", to_string(alert_state::pending)}}, pending[i]);
    e.sample({{"rule", rule}, {"state", to_string(alert_state::firing)}}, firing[i]);
  }
}

void webhook_jobs(exposition& e, const measured& m) {
  if (m.webhooks)
    for (const auto& [name, jobs] : m.webhooks->made)
      e.sample({{"webhook", name}}, jobs);
}

template <uint64_t webhook_board::figures::*Member>
void webhooks(exposition& e, const measured& m) {
  if (m.webhooks)
    e.sample({}, *m.webhooks.*Member);
}

using s = store_figures;
using a = audit_state;
using t = trace_figures;
using p = process_figures;

constexpr std::array families{
  measured_family{
    {"callboard_store_commit_seconds", histogram, "seconds", "", "One group commit."}, &v::commit_time, begun},
  measured_family{{"callboard_store_commits", counter, "", "", "Group commits."}, &v::commits, begun},
  measured_family{{"callboard_store_records", counter, "", "", "Records committed."}, &v::committed_records, begun},
  measured_family{{"callboard_store_writable", gauge, "", "", "1 while the store takes writes."},
                  [](exposition& e, const measured& m) { e.sample({}, uint64_t{m.jobs.store_writable ? 1u : 0u}); }},
  measured_family{{"callboard_store_memtable_bytes", gauge, "bytes", "",
                   "What the store keeps in memory besides its log, until it is written to files."},
                  engine<&s::memtable_bytes>},
  measured_family{{"callboard_store_live_data_bytes", gauge, "bytes", "",
                   "What the store's files hold, without what was deleted or overwritten; estimated."},
                  engine<&s::live_data_bytes>},
  measured_family{
    {"callboard_store_pending_compaction_bytes", gauge, "bytes", "", "What the store has yet to rewrite; estimated."},
    engine<&s::pending_compaction_bytes>},
  measured_family{{"callboard_store_compactions_running", gauge, "", "", "Compactions that run."},
                  engine<&s::compactions_running>},
  measured_family{{"callboard_store_delayed_write_bytes_per_second", gauge, "", "",
                   "To what the store slows writes down, so that compactions keep up; 0: it does not."},
                  engine<&s::delayed_write_rate>},
  measured_family{{"callboard_store_writes_stopped", gauge, "", "", "1 while writes wait for compactions."},
                  writes_stopped},
  measured_family{{"callboard_store_background_errors", gauge, "", "",
                   "Errors of flushes and compactions since the store was opened."},
                  engine<&s::background_errors>},
  measured_family{{"callboard_store_block_cache_bytes", gauge, "bytes", "", "Memory that the block cache holds."},
                  engine<&s::block_cache_bytes>},
  measured_family{
    {"callboard_store_block_cache_max_bytes", gauge, "bytes", "", "Memory that the block cache may hold."},
    engine<&s::block_cache_bytes_max>},
  measured_family{{"callboard_store_disk_free_bytes", gauge, "bytes", "", "Free on the file system of the store."},
                  engine<&s::disk_bytes_free>},
  measured_family{{"callboard_store_disk_bytes", gauge, "bytes", "", "Size of the file system of the store."},
                  engine<&s::disk_bytes>},

  measured_family{
    {"callboard_clock_steps", counter, "", "", "Times that the wall clock was set, or the machine was suspended."},
    &v::clock_steps,
    begun},
  measured_family{{"callboard_job_actors", gauge, "", "", "Job actors in memory."}, &v::job_actors},
  measured_family{{"callboard_requests_outstanding", gauge, "", "", "Requests that wait for the scheduler."},
                  &v::requests_outstanding},
  measured_family{{"callboard_request_body_bytes", gauge, "bytes", "", "Bytes of the bodies of requests under way."},
                  &v::request_body_bytes},
  measured_family{{"callboard_requests_without_room", counter, "", "",
                   "Requests refused because those bodies were too large together."},
                  &v::requests_without_room,
                  process},
  measured_family{
    {"callboard_node_messages_refused", counter, "", "", "Messages of nodes that nodes have no business to send."},
    &v::node_messages_refused,
    process},
  measured_family{
    {"callboard_log_lines_dropped", counter, "", "", "Lines of the log dropped because nobody read standard error."},
    &v::log_lines_dropped,
    process},
  measured_family{{"callboard_actor_longest_turn_seconds", gauge, "seconds", "actor",
                   "The longest time for which an actor handled messages without a pause, of the last one to two "
                   "minutes."},
                  longest_turns},
  // Without the hash of the last record: each one would be a time series of its own.
  measured_family{{"callboard_audit_sequence", gauge, "", "", "The last record of the audit log."},
                  audit<&a::sequence>},
  measured_family{{"callboard_audit_failing", gauge, "", "", "1 while the audit log cannot be written."},
                  audit<&a::failing>},
  measured_family{
    {"callboard_audit_chain_broken", gauge, "", "", "1 when the chain of the audit log was found broken."},
    audit<&a::broken>},
  measured_family{
    {"callboard_audit_records", counter, "", "", "Records written to the audit log."}, audit<&a::records>, process},
  measured_family{{"callboard_audit_failures", counter, "", "", "Attempts to write to the audit log that failed."},
                  audit<&a::failures>,
                  process},
  measured_family{{"callboard_audit_lost", counter, "", "", "Records of the audit log that were not written."},
                  audit<&a::lost>,
                  process},
  measured_family{
    {"callboard_alerts", gauge, "", "rule, state", "Alerts of the scheduler that are pending or firing, by rule."},
    alerts},
  measured_family{{"callboard_webhook_deliveries", counter, "", "webhook",
                   "Jobs that were made to deliver an event, by webhook. What became of them is told of their queue."},
                  webhook_jobs,
                  process},
  measured_family{{"callboard_webhook_deliveries_pending", gauge, "", "", "Deliveries that are no jobs yet."},
                  webhooks<&webhook_board::figures::pending>},
  measured_family{
    {"callboard_webhook_events_dropped", counter, "", "",
     "Events that were dropped because too many deliveries were pending, or missed; ends of jobs are still delivered."},
    webhooks<&webhook_board::figures::dropped>,
    process},
  measured_family{{"callboard_spans_exported", counter, "", "", "Spans of jobs that the collector has taken."},
                  traces<&t::exported>,
                  process},
  measured_family{
    {"callboard_spans_dropped", counter, "", "", "Spans of jobs that were not exported, or jobs without any."},
    traces<&t::dropped>,
    process},
  measured_family{
    {"callboard_span_requests_failed", counter, "", "", "Requests with spans that the collector did not take."},
    traces<&t::failed_requests>,
    process},
  measured_family{{"callboard_spans_waiting", gauge, "", "", "Spans that wait for the collector."},
                  traces<&t::waiting>},
  measured_family{{"callboard_certificate_expiry_timestamp_seconds", gauge, "seconds", "certificate",
                   "When a certificate of the scheduler ends, in Unix time."},
                  certificates},
  measured_family{{"callboard_start_time_seconds", gauge, "seconds", "",
                   "Since when jobs are counted, in Unix time: the start of the scheduler, or of its metrics."},
                  [](exposition& e, const measured& m) { e.sample({}, unix_time(m.jobs.started_at)); }},
  measured_family{{"callboard_build", info, "", "version", "The version of the program."},
                  [](exposition& e, const measured& m) {
                    e.sample({{"version", m.version}}, uint64_t{1});
                  }},

  measured_family{
    {"process_cpu_seconds", counter, "seconds", "", "CPU time of the process."}, own<&p::cpu_time>, process},
  measured_family{{"process_resident_memory_bytes", gauge, "bytes", "", "Memory of the process that is in RAM."},
                  own<&p::resident_bytes>},
  measured_family{{"process_virtual_memory_bytes", gauge, "bytes", "", "Address space of the process."},
                  own<&p::virtual_bytes>},
  measured_family{{"process_open_fds", gauge, "", "", "File descriptors that are open."}, own<&p::open_fds>},
  measured_family{{"process_max_fds", gauge, "", "", "File descriptors that may be open."}, own<&p::max_fds>},
  measured_family{{"process_threads", gauge, "", "", "Threads of the process."}, own<&p::threads>},
  measured_family{{"process_start_time_seconds", gauge, "seconds", "", "When the process started, in Unix time."},
                  own<&p::started_at>},
};

} // namespace

std::span<const measured_family> host_families() {
  return families;
}

} // namespace callboard
