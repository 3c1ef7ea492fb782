#include "core/base/name.hpp"
#include "core/base/version_range.hpp"
#include "http/api/job_reader.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>

namespace callboard {

void job_reader::set(const json_scalar& v) {
  auto& s = job_.spec;
  switch (field_) {
  case field::job_type:
    return take(read_text(v, "jobType", name_bytes_max(name_kind::job_type)), s.type);
  case field::priority: {
    auto r = read_integer(v, "priority", priority_min, priority_max);
    if (!r)
      return fail(std::move(r).err());
    s.priority = static_cast<uint8_t>(*r);
    return;
  }
  case field::schedule_at:
    return take(read_time(v, "scheduleAt"), s.schedule_at);
  case field::deadline:
    return take(read_time(v, "deadline"), s.deadline);
  case field::retry_count:
  case field::max_retries:
    return take(read_integer(v, field_ == field::retry_count ? "retryCount" : "maxRetries", 0, api_.jobs.retries_max),
                s.max_retries);
  case field::timeout:
    return take(read_seconds(v, "timeout", http_limits::timeout_min, api_.jobs.timeout_max), s.timeout);
  case field::soft_timeout:
    return take(read_seconds(v, "softTimeout", http_limits::timeout_min, api_.jobs.timeout_max), s.soft_timeout);
  case field::queue:
    return take(read_text(v, "queue", api_.jobs.tag_bytes_max), s.queue);
  case field::idempotency_key:
    return take(read_text(v, "idempotencyKey", api_.jobs.tag_bytes_max), s.idempotency_key);
  case field::durability:
    return set_durability(v);
  case field::dependencies:
    return fail(ec::invalid_value, "dependencies", "must be an array of job ids, not " + shown(v));
  case field::dependency_rule:
    return set_rule(v);
  case field::resources:
    return fail(ec::invalid_value, "resources", "must be an object, not " + shown(v));
  case field::unique:
    return set_unique(v);
  case field::on_miss:
    return set_on_miss(v);
  case field::finish_by:
    return take(read_time(v, "finishBy"), s.finish_by);
  case field::concurrency_key:
    return set_concurrency_key(v);
  case field::type_version:
    return set_type_version(v);
  case field::preempts:
    return take(read_boolean(v, "preempts"), s.preempts);
  case field::preemptible:
    return set_preemptible(v);
  case field::held:
    return set_held(v);
  case field::traceparent:
  case field::tracestate:
    return set_trace(v);
  case field::tags:
    return fail(ec::invalid_value, "tags", "must be an array of strings, not " + shown(v));
  case field::retry_policy:
    return fail(ec::invalid_value, "retryPolicy", "must be an object, not " + shown(v));
  default:
    return;
  }
}

void job_reader::set_durability(const json_scalar& v) {
  const auto level = v.is == json_scalar::type::text ? parse_durability(*v.text) : std::nullopt;
  if (!level)
    return fail(ec::invalid_value, "durability", "must be one of fsync, os, memory, not " + shown(v));
  job_.spec.level = *level;
}

void job_reader::set_unique(const json_scalar& v) {
  if (v.is != json_scalar::type::boolean)
    return fail(ec::invalid_value, "unique", "must be an object, true or false, not " + shown(v));
  if (v.boolean)
    unique_.emplace();
}

void job_reader::set_on_miss(const json_scalar& v) {
  const auto action = v.is == json_scalar::type::text ? parse_deadline_action(*v.text) : std::nullopt;
  if (!action)
    return fail(ec::invalid_value, "onMiss", "must be one of fail, cancel, run_anyway, promote, not " + shown(v));
  job_.spec.on_miss = *action;
}

void job_reader::set_held(const json_scalar& v) {
  const auto held = read_boolean(v, "held");
  if (!held)
    return fail(held.err());
  if (*held)
    job_.spec.hold = job_hold{};
}

void job_reader::set_trace(const json_scalar& v) {
  if (field_ == field::tracestate) {
    take(read_text(v, "tracestate", tracestate_bytes_max), trace_.state);
    if (!is_tracestate(trace_.state))
      fail(ec::invalid_value, "tracestate", "must be printable ASCII, as in W3C Trace Context, not " + shown(v));
    return;
  }
  if (v.is != json_scalar::type::text || !parse_traceparent(*v.text))
    return fail(
      ec::invalid_value, "traceparent",
      "must be as in W3C Trace Context, such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, not " +
        shown(v));
  trace_.parent = traceparent_text(*parse_traceparent(*v.text));
}

void job_reader::set_concurrency_key(const json_scalar& v) {
  if (v.is != json_scalar::type::text)
    return fail(ec::invalid_value, "concurrencyKey",
                "must be a string, or an object such as {\"payload\": \"customer.id\"}, not " + shown(v));
  take(read_text(v, "concurrencyKey", api_.jobs.tag_bytes_max), job_.spec.concurrency_key);
}

void job_reader::set_type_version(const json_scalar& v) {
  auto text = read_text(v, "typeVersion", http_limits::version_range_bytes_max);
  if (!text)
    return fail(std::move(text).err());
  if (auto range = version_range::parse(*text); !range)
    return fail(error{ec::invalid_value, "typeVersion: " + range.err().message, "typeVersion"});
  type_version_ = std::move(*text);
}

void job_reader::set_preemptible(const json_scalar& v) {
  if (v.is != json_scalar::type::boolean)
    return fail(ec::invalid_value, "preemptible",
                "must be true, false, or an object such as {\"minRun\": 60}, not " + shown(v));
  if (v.boolean)
    job_.spec.preemptible_after = api_.jobs.preemption_min_run;
}

void job_reader::set_policy(const json_scalar& v) {
  auto& p = job_.spec.retry;
  switch (field_) {
  case field::kind: {
    const auto kind = v.is == json_scalar::type::text ? parse_backoff(*v.text) : std::nullopt;
    if (!kind)
      return fail(ec::invalid_value, "retryPolicy.kind", "must be one of fixed, linear, exponential, not " + shown(v));
    p.kind = *kind;
    return;
  }
  case field::base_seconds:
    return take(read_seconds(v, "retryPolicy.baseSeconds", http_limits::timeout_min, http_limits::backoff_max), p.base);
  case field::cap_seconds:
    return take(read_seconds(v, "retryPolicy.capSeconds", http_limits::timeout_min, http_limits::backoff_max), p.cap);
  case field::jitter:
    return take(read_boolean(v, "retryPolicy.jitter"), p.jitter);
  case field::memory_growth_percent:
    return take(read_integer(v, "retryPolicy.memoryGrowthPercent", http_limits::memory_growth_min,
                             http_limits::memory_growth_max),
                p.memory_growth_percent);
  case field::on_error:
    return fail(ec::invalid_value, "retryPolicy.onError", "must be an object, not " + shown(v));
  case field::total_seconds:
    return take(read_seconds(v, "retryPolicy.totalSeconds", http_limits::timeout_min, http_limits::retry_total_max),
                p.total);
  case field::memory_growth_max: {
    if (v.is == json_scalar::type::natural) {
      p.memory_growth_max = v.natural;
      return;
    }
    if (v.is == json_scalar::type::text)
      if (const auto n = parse_memory(*v.text)) {
        p.memory_growth_max = *n;
        return;
      }
    return fail(ec::invalid_value, "retryPolicy.memoryGrowthMax",
                "must be a number of bytes, or a text such as \"16GiB\", not " + shown(v));
  }
  default:
    return;
  }
}

void job_reader::add_tag(const json_scalar& v) {
  auto& tags = job_.spec.tags;
  if (tags.size() == api_.jobs.tags_max)
    return fail(ec::out_of_range, "tags", "has more than " + std::to_string(api_.jobs.tags_max) + " (jobs.tags_max)");
  const auto path = item("tags", tags.size());
  auto r = read_text(v, path, api_.jobs.tag_bytes_max);
  if (!r)
    return fail(std::move(r).err());
  if (std::find(tags.begin(), tags.end(), *r) != tags.end())
    return fail(ec::invalid_value, path, "is given twice: " + shown(std::string_view{*r}));
  tags.push_back(std::move(*r));
}

} // namespace callboard
