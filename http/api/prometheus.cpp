#include "http/api/prometheus.hpp"

#include "core/base/seconds_text.hpp"
#include "http/api/metrics_text.hpp"

#include <charconv>

#include "audit/audit_log.hpp"

namespace callboard {

namespace {

class exposition {
public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out += "# HELP ";
    out += name;
    out += ' ';
    out += help;
    out += "\n# TYPE ";
    out += name;
    out += ' ';
    out += type;
    out += '\n';
  }
  /// @param labels  complete, with braces, or empty.
  void sample(std::string_view name, std::string_view labels, double value) {
    out += name;
    out += labels;
    out += ' ';
    char buf[32];
    out.append(buf, std::to_chars(buf, buf + sizeof buf, value).ptr);
    out += '\n';
  }
  void sample(std::string_view name, std::string_view labels, uint64_t value) {
    out += name;
    out += labels;
    out += ' ';
    out += std::to_string(value);
    out += '\n';
  }
  void counter(std::string_view name, std::string_view help, uint64_t value) {
    family(name, "counter", help);
    sample(name, "", value);
  }
  template <class T>
  void gauge(std::string_view name, std::string_view help, T value) {
    family(name, "gauge", help);
    sample(name, "", value);
  }
  void histogram(std::string_view name, std::string_view help, const latency_view& l) {
    family(name, "histogram", help);
    histogram_samples(name, "", l);
  }
  void histogram_samples(std::string_view name, const std::string& label, const latency_view& l) {
    const auto bucket = std::string{name} + "_bucket";
    const auto up_to = [&](const std::string& bound, uint64_t n) {
      sample(bucket, "{" + (label.empty() ? "" : label + ",") + "le=\"" + bound + "\"}", n);
    };
    for (size_t i = 0; i < latency_bounds_us.size(); ++i)
      up_to(seconds_text(duration{latency_bounds_us[i]}), l.at_most[i]);
    up_to("+Inf", l.count);
    const auto labels = label.empty() ? std::string{} : "{" + label + "}";
    sample(std::string{name} + "_sum", labels, static_cast<double>(l.sum_us) / 1e6);
    sample(std::string{name} + "_count", labels, l.count);
  }

  std::string out;
};

/// A label with its value, escaped as the format wants it.
std::string label(std::string_view name, std::string_view value) {
  std::string text{name};
  text += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"')
      text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  text += '"';
  return text;
}

double unix_seconds(time_point t) {
  return static_cast<double>(t.time_since_epoch().count()) / 1e6;
}

void write_types(exposition& e, const std::map<std::string, type_metrics>& types) {
  if (types.empty())
    return;
  e.family("callboard_job_type_finished_total", "counter", "Jobs that ended, by type and how.");
  for (const auto& [name, t] : types) {
    const auto each = [&](std::string_view outcome, uint64_t n) {
      e.sample("callboard_job_type_finished_total", "{" + label("type", name) + "," + label("outcome", outcome) + "}",
               n);
    };
    each("completed", t.completed);
    each("failed", t.failed);
    each("cancelled", t.cancelled);
  }
  e.family("callboard_job_type_retried_total", "counter", "Attempts that were tried again, by type.");
  for (const auto& [name, t] : types)
    e.sample("callboard_job_type_retried_total", "{" + label("type", name) + "}", t.retried);
  e.family("callboard_job_type_run_seconds", "histogram", "From start to end of an attempt's handler, by type.");
  for (const auto& [name, t] : types)
    e.histogram_samples("callboard_job_type_run_seconds", label("type", name), t.run_time);
}

double seconds_of(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

void write_usage(exposition& e, const std::map<std::string, usage_total>& types) {
  if (types.empty())
    return;
  const auto each = [&](std::string_view name, std::string_view help, auto value_of) {
    e.family(name, "counter", help);
    for (const auto& [type, u] : types)
      e.sample(name, "{" + label("type", type) + "}", value_of(u));
  };
  each("callboard_job_attempts_total", "Attempts that ended, by type.",
       [](const usage_total& u) { return u.attempts; });
  each("callboard_job_cpu_seconds_total", "CPU time of attempts, by type.",
       [](const usage_total& u) { return seconds_of(u.cpu_us); });
  each("callboard_job_wall_seconds_total", "Run time of attempts, by type.",
       [](const usage_total& u) { return seconds_of(u.wall_us); });
  each("callboard_job_memory_byte_seconds_total", "Memory of attempts times their run time, by type.",
       [](const usage_total& u) { return u.memory_byte_seconds; });
  each("callboard_job_cost_total", "Cost of attempts in currency units, by type.",
       [](const usage_total& u) { return u.cost; });
}

void write_turns(exposition& e, const std::map<std::string, duration>& actors) {
  if (actors.empty())
    return;
  e.family("callboard_actor_longest_turn_seconds", "gauge",
           "The longest time for which an actor handled messages without a pause, of the last one to two minutes.");
  for (const auto& [name, longest] : actors)
    e.sample("callboard_actor_longest_turn_seconds", "{" + label("actor", name) + "}", seconds_of(longest.count()));
}

/// Without the hash of the last record: each one would be a time series of its own.
void write_audit(exposition& e, const audit_state& s) {
  e.gauge("callboard_audit_sequence", "The last record of the audit log.", s.sequence);
  e.gauge("callboard_audit_writable", "1 while the audit log takes records.", uint64_t{s.failing.empty() ? 1u : 0u});
  e.gauge("callboard_audit_chain_broken", "1 when the chain of the audit log was found broken.",
          uint64_t{s.broken.empty() ? 0u : 1u});
  e.counter("callboard_audit_records_total", "Records written to the audit log.", s.records);
  e.counter("callboard_audit_failures_total", "Attempts to write to the audit log that failed.", s.failures);
  e.counter("callboard_audit_lost_total", "Records that were not written.", s.lost);
}

} // namespace

std::string prometheus_text(const metrics_view& m, const audit_state* audit) {
  exposition e;
  e.counter("callboard_jobs_submitted_total", "Jobs accepted.", m.submitted);
  e.counter("callboard_jobs_completed_total", "Jobs that ended with a result.", m.completed);
  e.counter("callboard_jobs_failed_total", "Jobs that ended without success.", m.failed);
  e.counter("callboard_jobs_cancelled_total", "Jobs that were cancelled.", m.cancelled);
  e.counter("callboard_jobs_preempted_total", "Attempts that were asked to stop for a more urgent job.", m.preempted);
  e.counter("callboard_jobs_shed_total", "Jobs that were cancelled to make room in a full queue.", m.shed);
  e.counter("callboard_result_cache_hits_total",
            "Jobs that completed with the result of another one, without an attempt.", m.cache_hits);
  e.counter("callboard_job_checkpoints_total", "Checkpoints that attempts have saved.", m.checkpoints);
  e.counter("callboard_jobs_deadline_missed_total", "Jobs that had not started by their deadline.", m.deadline_missed);
  e.counter("callboard_jobs_duplicate_total", "Submits that named a job accepted before.", m.duplicates);
  e.counter("callboard_jobs_rejected_total", "Jobs refused at submit.", m.rejected);
  e.counter("callboard_attempts_started_total", "Attempts begun.", m.started);
  e.counter("callboard_attempts_retried_total", "Attempts that failed and were tried again.", m.retried);
  e.counter("callboard_attempts_lost_total", "Attempts lost with their worker.", m.lost);
  e.counter("callboard_attempts_returned_total", "Attempts handed back unfinished.", m.returned);
  e.counter("callboard_attempts_stale_total", "Messages refused for an old fence.", m.stale_refused);
  e.counter("callboard_store_commits_total", "Group commits.", m.commits);
  e.counter("callboard_store_records_total", "Records committed.", m.committed_records);
  e.counter("callboard_clock_steps_total", "Times that the wall clock was set, or the machine was suspended.",
            m.clock_steps);

  e.family("callboard_jobs", "gauge", "Jobs by present status; finished ones as long as they are kept.");
  for (const auto s : all_job_states)
    e.sample("callboard_jobs", "{" + label("status", to_string(s)) + "}", m.by_state[static_cast<size_t>(s)]);
  e.family("callboard_jobs_held", "gauge", "Jobs that somebody holds, by queue; queues without are left out.");
  for (const auto& [queue, jobs] : m.held_by_queue)
    e.sample("callboard_jobs_held", "{" + label("queue", queue) + "}", jobs);
  e.gauge("callboard_job_success_ratio", "Completed / (completed + failed) since the start.", m.success_rate);
  e.gauge("callboard_job_actors", "Job actors in memory.", m.job_actors);
  e.gauge("callboard_requests_outstanding", "Requests that wait for the scheduler.", m.requests_outstanding);
  e.gauge("callboard_request_body_bytes", "Bytes of the bodies of requests under way.", m.request_body_bytes);
  e.counter("callboard_requests_without_room_total", "Requests refused because those bodies were too large together.",
            m.requests_without_room);
  e.counter("callboard_node_messages_refused_total", "Messages of nodes that nodes have no business to send.",
            m.node_messages_refused);
  e.counter("callboard_log_lines_dropped_total", "Lines of the log dropped because nobody read standard error.",
            m.log_lines_dropped);
  write_turns(e, m.longest_turns);
  e.gauge("callboard_store_writable", "1 while the store takes writes.", uint64_t{m.store_writable ? 1u : 0u});
  e.gauge("callboard_start_time_seconds", "When the scheduler started, in Unix time.", unix_seconds(m.started_at));

  e.histogram("callboard_job_dispatch_seconds", "From ready to placed on a worker.", m.dispatch_time);
  e.histogram("callboard_job_deliver_seconds", "From placed to the start of the handler, by the worker's clock.",
              m.deliver_time);
  e.histogram("callboard_job_wait_seconds", "From ready to the start of the handler.", m.wait_time);
  e.histogram("callboard_job_run_seconds", "From start to end of an attempt's handler.", m.run_time);
  e.histogram("callboard_job_settle_seconds", "From the worker's report of an outcome to durable.", m.settle_time);
  e.histogram("callboard_submit_seconds", "From submit to durable.", m.submit_time);
  e.histogram("callboard_store_commit_seconds", "One group commit.", m.commit_time);
  write_types(e, m.types);
  write_usage(e, m.usage_by_type);
  if (audit != nullptr)
    write_audit(e, *audit);
  return std::move(e.out);
}

} // namespace callboard
