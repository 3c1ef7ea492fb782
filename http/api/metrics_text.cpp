#include "http/api/metrics_text.hpp"

#include <algorithm>

#include "audit/audit_log.hpp"

namespace callboard {

namespace {

double to_ms(uint64_t us) {
  return static_cast<double>(us) / 1000.0;
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

void write_usage(json_writer& w, const usage_total& u) {
  w.open('{').key("attempts").number(u.attempts);
  w.key("cpuSeconds").real(static_cast<double>(u.cpu_us) / 1e6);
  w.key("runSeconds").real(static_cast<double>(u.wall_us) / 1e6);
  w.key("memoryByteSeconds").real(u.memory_byte_seconds);
  w.key("cost").real(u.cost).close('}');
}

void write_usages(json_writer& w, std::string_view name, const std::map<std::string, usage_total>& all) {
  w.key(name).open('{');
  for (const auto& [key, u] : all) {
    w.any_key(key);
    write_usage(w, u);
  }
  w.close('}');
}

void write_amounts(json_writer& w, uint32_t slots, uint32_t cpu_milli, uint64_t memory_bytes) {
  constexpr double milli = 1000;
  w.open('{').key("slots").number(slots).key("cpu").real(cpu_milli / milli).key("memory").number(memory_bytes);
}

/// Both lists have the same names: what nobody has taken is taken zero times.
void write_offer(json_writer& w, const worker_view& v) {
  w.key("labels").open('{');
  for (const auto& [name, value] : v.offer.labels)
    w.any_key(name).text(value);
  w.close('}');
  w.key("resources").open('{').key("offered");
  write_amounts(w, v.slots, v.offer.cpu_milli, v.offer.memory_bytes);
  for (const auto& [name, units] : v.offer.named)
    w.any_key(name).number(units);
  w.close('}').key("taken");
  write_amounts(w, v.taken.slots, v.taken.cpu_milli, v.taken.memory_bytes);
  for (const auto& offered : v.offer.named) {
    const auto of = [&](const auto& taken) { return taken.first == offered.first; };
    const auto taken = std::find_if(v.taken.named.begin(), v.taken.named.end(), of);
    w.any_key(offered.first).number(taken != v.taken.named.end() ? taken->second : 0u);
  }
  w.close('}').close('}');
}

/// What the answer to a scale call and the metrics have in common.
void write_scaling(json_writer& w, const scale_view& v) {
  w.key("actual").number(v.actual).key("automatic").boolean(v.automatic);
  if (v.automatic)
    w.key("min").number(v.workers_min).key("max").number(v.workers_max);
  w.key("reason").text(v.reason);
}

} // namespace

void write_by_state(json_writer& w, const std::array<uint64_t, job_state_count>& counts) {
  w.open('{');
  for (const auto s : all_job_states)
    w.key(to_string(s)).number(counts[static_cast<size_t>(s)]);
  w.close('}');
}

void write_actor(json_writer& w, const actor_view& a) {
  w.open('{').key("name").text(a.name).key("parent").text(a.parent);
  if (!a.node.empty())
    w.key("node").text(a.node);
  w.key("alive").boolean(a.alive).key("mailbox").number(a.mailbox).key("handled").number(a.handled);
  w.key("perSecond").real(a.per_second).key("longestTurnMs").real(to_ms(static_cast<uint64_t>(a.longest_turn.count())));
  w.key("restarts").number(a.restarts);
  if (!a.last_reason.empty())
    w.key("lastReason").text(a.last_reason);
  if (a.started_at != time_point{})
    w.key("startedAt").time(a.started_at);
  w.close('}');
}

void write_scale_answer(json_writer& w, const scale_view& v) {
  w.open('{').key("before").number(v.before).key("workers").number(v.desired);
  write_scaling(w, v);
  w.close('}');
}

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
  w.key("preempted").number(m.preempted);
  w.key("shed").number(m.shed);
  w.key("checkpoints").number(m.checkpoints);
  w.key("cacheHits").number(m.cache_hits);
  w.key("staleRefused").number(m.stale_refused);
  w.key("duplicates").number(m.duplicates);
  w.key("rejected").number(m.rejected);
  w.key("successRate").real(m.success_rate);
  w.key("submittedPerSecond").real(m.submitted_per_second);
  w.key("finishedPerSecond").real(m.finished_per_second);
  write_latency(w, "submitTime", m.submit_time);
  write_latency(w, "dispatchTime", m.dispatch_time);
  write_latency(w, "deliverTime", m.deliver_time);
  write_latency(w, "waitTime", m.wait_time);
  write_latency(w, "runTime", m.run_time);
  write_latency(w, "settleTime", m.settle_time);
  write_latency(w, "commitTime", m.commit_time);
  w.key("commits").number(m.commits);
  w.key("committedRecords").number(m.committed_records);
  w.key("clockSteps").number(m.clock_steps);
  w.key("nodeMessagesRefused").number(m.node_messages_refused);
  w.key("logLinesDropped").number(m.log_lines_dropped);
  write_types(w, m.types);
  w.key("usage").open('{').key("total");
  write_usage(w, m.usage);
  write_usages(w, "types", m.usage_by_type);
  write_usages(w, "queues", m.usage_by_queue);
  write_usages(w, "tags", m.usage_by_tag);
  w.close('}');
  w.key("jobActors").number(m.job_actors);
  w.key("requestsOutstanding").number(m.requests_outstanding);
  w.key("requestBodyBytes").number(m.request_body_bytes);
  w.key("requestsWithoutRoom").number(m.requests_without_room);
  w.key("storeWritable").boolean(m.store_writable);
  w.close('}');
}

void write_worker_metrics(json_writer& w, const std::vector<worker_view>& workers, const scale_view& scaling) {
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
  w.key("scaling").open('{').key("desired").number(scaling.desired);
  write_scaling(w, scaling);
  w.close('}');
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
  w.key("lateRefused").number(v.late_refused);
  w.key("draining").boolean(v.draining);
  w.key("loadPercent").number(v.load_percent);
  w.key("breaker").open('{').key("state").text(to_string(v.breaker)).key("trips").number(v.breaker_trips).close('}');
  write_offer(w, v);
  if (with_running) {
    w.key("versions").open('{');
    for (size_t i = 0; i < v.versions.size() && i < v.types.size(); ++i)
      w.any_key(v.types[i]).text(v.versions[i]);
    w.close('}');
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
    w.key("held").number(q.held);
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

void write_health(json_writer& w, const health_view& h, std::string_view version, const audit_state* audit) {
  w.open('{');
  w.key("status").text(h.ready ? "ready" : h.live ? "not_ready" : "failed");
  w.key("live").boolean(h.live);
  w.key("ready").boolean(h.ready);
  w.key("version").text(version);
  w.key("startedAt").time(h.started_at);
  w.key("components").open('[');
  for (const auto& c : h.components)
    w.open('{').key("name").text(c.name).key("ok").boolean(c.ok).key("detail").text(c.detail).close('}');
  w.close(']');
  if (audit != nullptr) {
    w.key("audit").open('{').key("ok").boolean(audit->failing.empty() && audit->broken.empty());
    w.key("sequence").number(audit->sequence).key("hash").text(audit->hash).key("warnings").open('[');
    if (!audit->failing.empty())
      w.text("it cannot be written: " + audit->failing);
    if (!audit->broken.empty())
      w.text("its chain is broken: " + audit->broken);
    w.close(']').close('}');
  }
  w.close('}');
}

} // namespace callboard
