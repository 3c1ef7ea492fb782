#include "cli/job_print.hpp"

#include "cli/member_lines.hpp"
#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

std::optional<time_point> time_of(const json& job, const char* name) {
  return parse_rfc3339(member_text(job, name));
}

std::string error_text(const json& job) {
  const auto e = job.find("error");
  if (e == job.end() || !e->is_object())
    return {};
  return printable(member_text(*e, "code") + ": " + member_text(*e, "message"));
}

/// `job_x on failure (failed), job_y on success; rule any`; of plain ones the ids.
std::string dependencies_text(const json& job) {
  const auto all = job.find("dependencies");
  if (all == job.end() || !all->is_array() || all->empty() || !all->front().is_object())
    return items_text(job, "dependencies");
  std::string text;
  for (const auto& d : *all) {
    const auto ended = member_text(d, "ended");
    const auto known = !ended.empty() ? ended : member_text(d, "began") == "true" ? "begun" : "";
    text += (text.empty() ? "" : ", ") + member_text(d, "id") + " on " + member_text(d, "on") +
            (known.empty() ? known : " (" + known + ")");
  }
  if (const auto rule = member_text(job, "dependencyRule"); rule != "all")
    text += "; rule " + rule;
  return printable(text);
}

/// `, on conflict replace`, `, on conflict debounce 5s, at most 60s`
std::string conflict_text(const json& unique) {
  const auto c = unique.find("onConflict");
  if (c == unique.end())
    return {};
  if (!c->is_object())
    return ", on conflict " + member_text(unique, "onConflict");
  const auto most = member_text(*c, "max");
  return ", on conflict debounce " + member_text(*c, "debounce") + "s" +
         (most.empty() ? "" : ", at most " + most + "s");
}

/// `KEY while queued, on conflict replace`
std::string unique_text(const json& job) {
  const auto u = job.find("unique");
  if (u == job.end() || !u->is_object())
    return {};
  auto scope = member_text(*u, "while");
  if (const auto w = u->find("while"); w != u->end() && w->is_object())
    scope = "for " + member_text(*w, "for") + "s";
  else
    scope = "while " + scope;
  return printable(member_text(*u, "key") + " " + scope + conflict_text(*u));
}

/// `DB_BUSY snooze 30s, DB_* retry`
std::string rules_text(const json& policy) {
  const auto rules = policy.find("onError");
  if (rules == policy.end() || !rules->is_object())
    return {};
  std::string text;
  for (const auto& [code, action] : rules->items())
    text += (text.empty() ? "" : ", ") + code + " " +
            (action.is_object() ? "snooze " + member_text(action, "snooze") + "s" : member_text(*rules, code.c_str()));
  return printable(text);
}

std::string progress_text(const json& job) {
  const auto p = job.find("progress");
  if (p == job.end() || !p->is_object())
    return {};
  const auto message = member_text(*p, "message");
  return printable(member_text(*p, "percent") + "%" + (message.empty() ? "" : " " + message));
}

} // namespace

std::string member_text(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null())
    return {};
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, json::error_handler_t::replace);
}

double member_number(const nlohmann::ordered_json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

uint64_t member_count(const nlohmann::ordered_json& object, const char* name) {
  return static_cast<uint64_t>(std::max(member_number(object, name), 0.0));
}

/// Since when and why; empty when nobody holds it.
std::string hold_text(const json& job, time_point now) {
  if (member_text(job, "held") != "true")
    return {};
  const auto since = time_text(job, "heldSince", now), reason = printable(member_text(job, "holdReason"));
  return (since.empty() ? "yes" : "since " + since) + (reason.empty() ? "" : ": " + reason);
}

void print_job(std::ostream& out, const json& job, time_point now, const palette& colours) {
  member_lines m{out};
  m.line("id", printable(member_text(job, "id")));
  m.line("type", printable(member_text(job, "type")));
  m.line("status", colours.status(printable(member_text(job, "status"))));
  m.line("held", hold_text(job, now));
  m.line("progress", progress_text(job));
  m.line("error", error_text(job));
  m.line("priority", printable(member_text(job, "priority")));
  m.line("queue", printable(member_text(job, "queue")));
  m.line("tags", items_text(job, "tags"));
  m.line("key", printable(member_text(job, "idempotencyKey")));
  m.line("unique", unique_text(job));
  m.line("concurrency", printable(member_text(job, "concurrencyKey")));
  m.line("preempts", member_text(job, "preempts") == "true" ? "yes" : "");
  if (const auto p = job.find("preemptible"); p != job.end() && p->is_object())
    m.line("preemptible", printable("after " + member_text(*p, "minRun") + "s"));
  if (const auto f = job.find("forEach"); f != job.end() && f->is_object()) {
    const auto count = member_text(*f, "count");
    m.line("for each", printable(member_text(*f, "over") + (count.empty() ? "" : ", " + count + " elements")));
  }
  m.line("depends on", dependencies_text(job));
  m.line("created", time_text(job, "createdAt", now));
  m.line("starts from", time_text(job, "scheduleAt", now));
  m.line("deadline", time_text(job, "deadline", now));
  m.line("finish by", time_text(job, "finishBy", now));
  m.line("on miss", printable(member_text(job, "onMiss")));
  m.line("started", time_text(job, "startedAt", now));
  m.line("next attempt", time_text(job, "nextAttemptAt", now));
  m.line("ended", time_text(job, "completedAt", now));
  const auto started = time_of(job, "startedAt"), ended = time_of(job, "completedAt");
  if (started && ended && *ended >= *started)
    m.line("ran for", short_duration(*ended - *started));
  m.line("worker", printable(member_text(job, "workerID")));
  m.line("attempt", printable(member_text(job, "attempt")));
  const auto retries = member_text(job, "retryCount");
  m.line("retries", retries.empty() ? retries : printable(retries + " of " + member_text(job, "maxRetries")));
  if (const auto policy = job.find("retryPolicy"); policy != job.end() && policy->is_object()) {
    m.line("on error", rules_text(*policy));
    const auto total = member_text(*policy, "totalSeconds");
    m.line("retry within", total.empty() ? total : printable(total) + "s");
  }
  const auto timeout = member_text(job, "timeout");
  m.line("timeout", timeout.empty() ? timeout : printable(timeout) + "s");
  const auto soft = member_text(job, "softTimeout");
  m.line("soft timeout", soft.empty() ? soft : printable(soft) + "s");
  m.line("durability", printable(member_text(job, "durability")));
  m.line("payload", value_lines(job, "payload"));
  m.line("checkpoint", value_lines(job, "checkpoint"));
  m.line("result of", printable(member_text(job, "cachedFrom")));
  m.line("result", value_lines(job, "result"));
}

void print_history(std::ostream& out, const json& job, const palette& colours) {
  const auto history = job.find("history");
  if (history == job.end() || !history->is_array())
    return;
  table t{{"AT", "STATUS", "ATTEMPT", "WORKER", "REASON"}, 1};
  for (const auto& h : *history)
    t.add({member_text(h, "at"), member_text(h, "status"), member_text(h, "attempt"), member_text(h, "workerID"),
           member_text(h, "reason")});
  t.flush(out, colours);
}

std::string job_line(const json& job, time_point now) {
  const auto status = member_text(job, "status");
  std::string line = status;
  const auto with = [&](const std::string& before, const std::string& text) {
    if (!text.empty())
      line += before + text;
  };
  if (status == "running") {
    with(" on ", member_text(job, "workerID"));
    if (const auto attempt = member_text(job, "attempt"); attempt != "1")
      with(", attempt ", attempt);
    with(", ", progress_text(job));
  } else if (status == "retrying") {
    with(" ", relative_time(member_text(job, "nextAttemptAt"), now));
    with(", retries: ", member_text(job, "retryCount"));
    with(", ", error_text(job));
  } else if (status == "queued" || status == "scheduled") {
    if (const auto at = time_of(job, "scheduleAt"); at && *at > now)
      line += ", starts " + relative_time(*at, now);
  } else {
    const auto started = time_of(job, "startedAt"), ended = time_of(job, "completedAt");
    if (status == "completed" && started && ended && *ended >= *started)
      line += " after " + short_duration(*ended - *started);
    with(", ", error_text(job));
  }
  return printable(line);
}

} // namespace callboard
