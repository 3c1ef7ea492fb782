#include "http/json/job_text.hpp"

#include "core/job/prerequisites.hpp"
#include "core/job/result_reference.hpp"
#include "core/job/unique_lane.hpp"
#include "http/json/json_source.hpp"
#include "http/json/redacted_key.hpp"

namespace callboard {

namespace {

bool is_element(const job_spec& s) {
  return s.for_each && s.for_each->stage == fan_out_stage::element;
}

void write_resources(json_writer& w, const resource_request& r) {
  w.key("resources").open('{').key("slots").number(r.slots);
  if (r.cpu_milli != 0)
    w.key("cpu").real(r.cpu_milli / 1000.0);
  if (r.memory_bytes != 0)
    w.key("memory").number(r.memory_bytes);
  for (const auto& [name, units] : r.named)
    w.any_key(name).number(units);
  if (!r.labels.empty()) {
    w.key("labels").open('{');
    for (const auto& [name, value] : r.labels)
      w.any_key(name).text(value);
    w.close('}');
  }
  w.close('}');
}

void write_reason(json_writer& w, const wait_reason& r) {
  w.open('{').key("code").text(r.code).key("text").text(r.text);
  if (!r.jobs.empty()) {
    w.key("jobs").open('[');
    for (const auto id : r.jobs)
      w.text(to_string(id));
    w.close(']');
  }
  if (r.until)
    w.key("until").time(*r.until);
  if (r.since)
    w.key("since").time(*r.since);
  if (!r.worker.empty())
    w.key("worker").text(r.worker);
  w.close('}');
}

void write_dependencies(json_writer& w, const job_spec& s) {
  const bool conditional = is_conditional(s.rule, s.dependencies);
  w.key("dependencies").open('[');
  for (const auto& d : s.dependencies) {
    if (!conditional) {
      w.text(to_string(d.job));
      continue;
    }
    w.open('{').key("id").text(to_string(d.job)).key("on").text(to_string(d.on));
    if (d.ended != job_ending::open)
      w.key("ended").text(to_string(d.ended));
    if (d.began)
      w.key("began").boolean(true);
    w.close('}');
  }
  w.close(']');
  if (conditional)
    w.key("dependencyRule").text(to_string(s.rule));
}

/// Of a fan-out job; an element tells its index with its workflow.
void write_for_each(json_writer& w, const fan_out& f) {
  std::string over = std::string{result_mark} + f.over + ".result";
  for (const auto& p : f.path)
    over += "." + p;
  w.key("forEach").open('{').key("over").text(over + "}").key("max").number(f.max);
  w.key("collect").boolean(f.collect).key("rule").text(to_string(f.rule));
  if (f.stage == fan_out_stage::expanded)
    w.key("count").number(f.count);
  w.close('}');
}

void write_unique(json_writer& w, const unique_rule& u, const redaction* hidden) {
  const bool redacted = hidden != nullptr && is_redacted_key(u.key, *hidden);
  w.key("unique").open('{').key("key").text(redacted ? redaction::mark : std::string_view{u.key}).key("while");
  if (u.scope == unique_scope::window)
    w.open('{').key("for").seconds(u.window).close('}');
  else
    w.text(to_string(u.scope));
  if (u.conflict == on_unique_conflict::debounce) {
    w.key("onConflict").open('{').key("debounce").seconds(u.quiet);
    if (u.quiet_max > duration{0})
      w.key("max").seconds(u.quiet_max);
    w.close('}');
    if (u.since)
      w.key("since").time(*u.since);
  } else if (is_bound(u)) {
    w.key("onConflict").text(to_string(u.conflict));
  }
  w.close('}');
}

void write_policy(json_writer& w, const retry_policy& p) {
  w.key("retryPolicy").open('{');
  w.key("kind").text(to_string(p.kind));
  w.key("baseSeconds").seconds(p.base);
  w.key("capSeconds").seconds(p.cap);
  w.key("jitter").boolean(p.jitter);
  if (p.memory_growth_percent != 100)
    w.key("memoryGrowthPercent").number(p.memory_growth_percent);
  if (p.memory_growth_max != 0)
    w.key("memoryGrowthMax").number(p.memory_growth_max);
  if (!p.rules.empty()) {
    w.key("onError").open('{');
    for (const auto& r : p.rules) {
      w.any_key(r.code);
      if (r.action == failure_action::snooze)
        w.open('{').key("snooze").seconds(r.wait).close('}');
      else
        w.text(to_string(r.action));
    }
    w.close('}');
  }
  if (p.total > duration{0})
    w.key("totalSeconds").seconds(p.total);
  w.close('}');
}

void write_origin(json_writer& w, const schedule_origin& o) {
  w.key("schedule").open('{').key("name").text(o.name).key("version").number(o.version).key("fireTime").time(o.fire);
  if (o.by_hand)
    w.key("byHand").boolean(true);
  w.close('}');
}

/// As what it is: JSON, or else a text.
void write_checkpoint(json_writer& w, std::string_view text) {
  class any_json final : public json_events {
  public:
    bool scalar(const json_scalar&, const char*) override {
      return true;
    }
    bool open(bool, const char*) override {
      return true;
    }
    bool close(const char*) override {
      return true;
    }
    bool key(std::string&, const char*) override {
      return true;
    }
  } ignored;
  constexpr uint32_t depth_max = 64;
  w.key("checkpoint");
  if (parse_json(text, ignored, depth_max))
    w.text(text);
  else
    w.raw(text);
}

} // namespace

void write_template_origin(json_writer& w, const template_origin& o) {
  w.key("template").open('{').key("name").text(o.name).key("version").number(o.version).close('}');
}

void write_result(json_writer& w, std::string_view type, const blob& result, const redaction_book& hidden) {
  const auto text = result.empty() ? std::string_view{"null"} : result.view();
  if (const auto r = hidden.find(type); r && r->has_result())
    w.raw(r->shown_result(text));
  else
    w.raw(text);
}

void write_spec(json_writer& w, const job_spec& s, job_parts parts, const redaction_book& book) {
  const auto hidden = book.find(s.type);
  if (parts.payload) {
    const auto text = s.payload.empty() ? std::string_view{"{}"} : s.payload.view();
    w.key("payload");
    if (hidden && hidden->has_payload())
      w.raw(hidden->shown_payload(text));
    else
      w.raw(text);
  }
  w.key("maxRetries").number(s.max_retries);
  w.key("timeout").seconds(s.timeout);
  if (s.soft_timeout)
    w.key("softTimeout").seconds(*s.soft_timeout);
  if (parts.dependencies)
    write_dependencies(w, s);
  w.key("queue").text(s.queue);
  w.key("tags").open('[');
  for (const auto& tag : s.tags)
    w.text(tag);
  w.close(']');
  if (s.deadline)
    w.key("deadline").time(*s.deadline);
  if (s.on_miss != deadline_action::fail)
    w.key("onMiss").text(to_string(s.on_miss));
  if (s.finish_by)
    w.key("finishBy").time(*s.finish_by);
  if (!s.idempotency_key.empty())
    w.key("idempotencyKey").text(s.idempotency_key);
  if (s.unique)
    write_unique(w, *s.unique, hidden.get());
  if (s.for_each && !is_element(s))
    write_for_each(w, *s.for_each);
  if (!s.concurrency_key.empty())
    w.key("concurrencyKey").text(s.concurrency_key);
  if (s.preempts)
    w.key("preempts").boolean(true);
  if (s.preemptible_after)
    w.key("preemptible").open('{').key("minRun").seconds(*s.preemptible_after).close('}');
  if (is_held(s)) {
    w.key("held").boolean(true);
    if (s.hold->at != time_point{}) // of a schedule's job there is none yet
      w.key("heldSince").time(s.hold->at);
    if (!s.hold->reason.empty())
      w.key("holdReason").text(s.hold->reason);
  }
  if (s.trace) {
    w.key("traceparent").text(s.trace->parent);
    if (!s.trace->state.empty())
      w.key("tracestate").text(s.trace->state);
  }
  w.key("durability").text(to_string(s.level));
  write_policy(w, s.retry);
  write_resources(w, s.resources);
  if (!s.resources.type_version.empty())
    w.key("typeVersion").text(s.resources.type_version);
}

void write_error(json_writer& w, const error& e) {
  w.key("code").text(to_string(e.code));
  w.key("message").text(e.message);
  w.key("field").text(e.field);
}

void write_job_error(json_writer& w, const job_error& e) {
  w.key("error").open('{').key("message").text(e.message).key("code").text(e.code);
  w.key("timestamp").time(e.at).close('}');
}

void write_history(json_writer& w, const std::vector<history_entry>& history) {
  w.open('[');
  for (const auto& h : history) {
    w.open('{').key("status").text(to_string(h.state)).key("at").time(h.at).key("attempt").number(h.attempt);
    if (!h.worker.empty())
      w.key("workerID").text(h.worker);
    if (!h.reason.empty())
      w.key("reason").text(h.reason);
    w.close('}');
  }
  w.close(']');
}

void write_job(json_writer& w, const job_record& j, job_parts parts, const redaction_book& hidden) {
  w.open('{');
  w.key("id").text(to_string(j.id));
  w.key("type").text(j.spec.type);
  w.key("priority").number(unsigned{j.spec.priority});
  w.key("status").text(to_string(j.state));
  // A job without a start of its own may start at once: from its creation.
  w.key("scheduleAt").time(j.spec.schedule_at.value_or(j.created_at));
  w.key("createdAt").time(j.created_at);
  if (j.started_at)
    w.key("startedAt").time(*j.started_at);
  if (j.finished_at)
    w.key("completedAt").time(*j.finished_at);
  w.key("retryCount").number(j.retry_count);
  write_spec(w, j.spec, parts, hidden);
  if (j.spec.origin)
    write_origin(w, *j.spec.origin);
  if (const auto& part = j.spec.workflow) {
    w.key("workflow").open('{').key("id").text(part->id).key("name").text(part->name);
    w.key("key").text(part->key);
    if (is_element(j.spec))
      w.key("index").number(j.spec.for_each->count);
    w.close('}');
  }
  if (j.spec.from_template)
    write_template_origin(w, *j.spec.from_template);
  w.key("attempt").number(j.attempt);
  w.key("lossCount").number(j.loss_count);
  if (j.ran > duration{0} || j.usage.cpu_us > 0)
    w.key("usage")
      .open('{')
      .key("cpuSeconds")
      .real(static_cast<double>(j.usage.cpu_us) / 1e6)
      .key("peakMemoryBytes")
      .number(j.usage.peak_memory_bytes)
      .key("runSeconds")
      .seconds(j.ran)
      .close('}');
  if (j.retry_at)
    w.key("nextAttemptAt").time(*j.retry_at);
  if (!j.worker.empty())
    w.key("workerID").text(j.worker);
  // As text: a fence uses all 64 bits, which a JSON number in JavaScript has not.
  if (j.current_fence)
    w.key("fence").text(std::to_string(j.current_fence.value));
  // It is not written down, so of a job that has ended it would be there for as long as its actor is.
  if (!is_terminal(j.state) && (j.progress_percent != 0 || !j.progress_message.empty()))
    w.key("progress")
      .open('{')
      .key("percent")
      .number(unsigned{j.progress_percent})
      .key("message")
      .text(j.progress_message)
      .close('}');
  if (j.error)
    write_job_error(w, *j.error);
  if (j.cached_from)
    w.key("cachedFrom").text(to_string(*j.cached_from));
  if (parts.result && !j.result.empty())
    write_result(w.key("result"), j.spec.type, j.result, hidden);
  if (parts.checkpoint && !j.checkpoint.empty())
    write_checkpoint(w, j.checkpoint.view());
  if (parts.history) {
    w.key("history");
    write_history(w, j.history);
  }
  w.close('}');
}

void write_submit_answer(json_writer& w, const submit_answer& a, const template_origin* from) {
  w.open('{');
  w.key("jobID").text(to_string(a.id));
  w.key("status").text(to_string(a.state));
  w.key("priority").number(unsigned{a.priority});
  w.key("createdAt").time(a.created_at);
  w.key("scheduledAt").time(a.scheduled_at.value_or(a.created_at));
  w.key("estimatedExecutionTime").time(a.estimated_execution);
  w.key("durability").text(to_string(a.level));
  if (a.projected_finish)
    w.key("projectedFinish").time(*a.projected_finish);
  if (a.duplicate)
    w.key("duplicate").boolean(true);
  if (from != nullptr)
    write_template_origin(w, *from);
  w.close('}');
}

void write_explanation(json_writer& w, const explanation& x) {
  w.open('{').key("jobID").text(to_string(x.job)).key("status").text(to_string(x.state));
  if (x.ahead)
    w.key("ahead").number(*x.ahead);
  if (x.projected_start)
    w.key("projectedStart").time(*x.projected_start);
  w.key("reasons").open('[');
  for (const auto& r : x.reasons)
    write_reason(w, r);
  w.close(']').close('}');
}

} // namespace callboard
