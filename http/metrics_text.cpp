#include "http/metrics_text.hpp"

namespace callboard {

namespace {

double to_ms(uint64_t us) {
  return static_cast<double>(us) / 1000.0;
}

void write_by_state(json_writer& w, const std::array<uint64_t, job_state_count>& counts) {
  w.open('{');
  for (const auto s : all_job_states)
    w.key(to_string(s)).number(counts[static_cast<size_t>(s)]);
  w.close('}');
}

void write_latency(json_writer& w, std::string_view name, const latency_view& l) {
  w.key(name).open('{');
  w.key("count").number(l.count);
  w.key("meanMs").real(l.mean_us / 1000.0);
  w.key("p50Ms").real(to_ms(l.p50_us));
  w.key("p90Ms").real(to_ms(l.p90_us));
  w.key("p99Ms").real(to_ms(l.p99_us));
  w.key("p999Ms").real(to_ms(l.p999_us));
  w.key("maxMs").real(to_ms(l.max_us));
  w.close('}');
}

void write_types(json_writer& w, const std::map<std::string, type_metrics>& types) {
  w.key("types").open('{');
  for (const auto& [name, t] : types) {
    w.any_key(name).open('{');
    w.key("completed").number(t.completed).key("failed").number(t.failed);
    w.key("retried").number(t.retried).key("cancelled").number(t.cancelled);
    write_latency(w, "runTime", t.run_time);
    w.close('}');
  }
  w.close('}');
}

} // namespace

void write_job_metrics(json_writer& w, const metrics_view& m) {
  w.open('{');
  w.key("takenAt").time(m.taken_at);
  w.key("startedAt").time(m.started_at);
  w.key("byStatus");
  write_by_state(w, m.by_state);
  w.key("submitted").number(m.submitted);
  w.key("started").number(m.started);
  w.key("completed").number(m.completed);
  w.key("failed").number(m.failed);
  w.key("cancelled").number(m.cancelled);
  w.key("retried").number(m.retried);
  w.key("lost").number(m.lost);
  w.key("returned").number(m.returned);
  w.key("deadlineMissed").number(m.deadline_missed);
  w.key("staleRefused").number(m.stale_refused);
  w.key("duplicates").number(m.duplicates);
  w.key("rejected").number(m.rejected);
  w.key("successRate").real(m.success_rate);
  w.key("submittedPerSecond").real(m.submitted_per_second);
  w.key("finishedPerSecond").real(m.finished_per_second);
  write_latency(w, "waitTime", m.wait_time);
  write_latency(w, "runTime", m.run_time);
  write_latency(w, "submitTime", m.submit_time);
  write_latency(w, "commitTime", m.commit_time);
  w.key("commits").number(m.commits);
  w.key("committedRecords").number(m.committed_records);
  write_types(w, m.types);
  w.key("jobActors").number(m.job_actors);
  w.key("requestsOutstanding").number(m.requests_outstanding);
  w.key("storeWritable").boolean(m.store_writable);
  w.close('}');
}

void write_worker_metrics(json_writer& w, const std::vector<worker_view>& workers) {
  std::array<uint64_t, worker_state_count> by_state{};
  uint64_t slots = 0, busy = 0, suspect = 0, completed = 0, failed = 0, lost = 0, restarts = 0;
  for (const auto& v : workers) {
    ++by_state[static_cast<size_t>(v.state)];
    if (v.state == worker_state::idle || v.state == worker_state::working) {
      slots += v.slots;
      busy += v.current_jobs;
    }
    suspect += v.suspect ? 1 : 0;
    completed += v.completed;
    failed += v.failed;
    lost += v.lost;
    restarts += v.restarts;
  }
  w.open('{');
  w.key("total").number(workers.size());
  w.key("byStatus").open('{');
  for (size_t s = 0; s < worker_state_count; ++s)
    w.key(to_string(static_cast<worker_state>(s))).number(by_state[s]);
  w.close('}');
  w.key("suspect").number(suspect);
  w.key("capacity").number(slots);
  w.key("currentJobs").number(busy);
  w.key("utilization").real(slots == 0 ? 0.0 : static_cast<double>(busy) / static_cast<double>(slots));
  w.key("completed").number(completed);
  w.key("failed").number(failed);
  w.key("lost").number(lost);
  w.key("restarts").number(restarts);
  w.key("workers").open('[');
  for (const auto& v : workers)
    write_worker(w, v, false);
  w.close(']').close('}');
}

void write_worker(json_writer& w, const worker_view& v, bool with_running) {
  w.open('{');
  w.key("id").text(v.name);
  w.key("status").text(to_string(v.state));
  w.key("suspect").boolean(v.suspect);
  w.key("local").boolean(v.local);
  w.key("capacity").number(v.slots);
  w.key("currentJobs").number(v.current_jobs);
  w.key("prefetched").number(v.prefetched);
  w.key("lastHeartbeat").time(v.last_heartbeat);
  w.key("createdAt").time(v.created_at);
  w.key("pid").number(v.pid);
  w.key("host").text(v.host);
  w.key("types").open('[');
  for (const auto& t : v.types)
    w.text(t);
  w.close(']');
  w.key("restarts").number(v.restarts);
  w.key("completed").number(v.completed);
  w.key("failed").number(v.failed);
  w.key("lost").number(v.lost);
  if (with_running) {
    w.key("running").open('[');
    for (const auto id : v.running)
      w.text(to_string(id));
    w.close(']');
  }
  w.close('}');
}

void write_status(json_writer& w, const status_view& s) {
  w.open('{');
  w.key("version").text(s.version);
  w.key("startedAt").time(s.started_at);
  w.key("jobs");
  write_by_state(w, s.by_state);
  w.key("queues").open('[');
  for (const auto& q : s.queues) {
    w.open('{').key("name").text(q.name);
    w.key("ready").number(q.ready).key("waiting").number(q.waiting);
    w.key("running").number(q.running).key("retrying").number(q.retrying);
    w.key("readyByPriority").open('[');
    for (const auto n : q.ready_by_priority)
      w.number(n);
    w.close(']');
    if (q.oldest_ready)
      w.key("oldestReady").time(*q.oldest_ready);
    w.key("lastProcessed").time(q.last_processed);
    w.close('}');
  }
  w.close(']');
  w.key("workers").open('[');
  for (const auto& v : s.workers)
    write_worker(w, v, false);
  w.close(']');
  w.key("workersDesired").number(s.workers_desired);
  w.close('}');
}

void write_health(json_writer& w, const health_view& h, std::string_view version) {
  w.open('{');
  w.key("status").text(h.ready ? "ready" : h.live ? "not_ready" : "failed");
  w.key("live").boolean(h.live);
  w.key("ready").boolean(h.ready);
  w.key("version").text(version);
  w.key("startedAt").time(h.started_at);
  w.key("components").open('[');
  for (const auto& c : h.components)
    w.open('{').key("name").text(c.name).key("ok").boolean(c.ok).key("detail").text(c.detail).close('}');
  w.close(']').close('}');
}

} // namespace callboard
