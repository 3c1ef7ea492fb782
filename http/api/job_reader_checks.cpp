#include "core/base/seconds_text.hpp"
#include "http/api/concurrency_key.hpp"
#include "http/api/job_reader.hpp"
#include "http/api/redacted_values.hpp"
#include "http/api/unique_key.hpp"
#include "http/json/fields.hpp"

// A job that was read as a whole: what its fields say together.

namespace callboard {

std::optional<error> job_reader::check_times() const {
  const auto& s = job_.spec;
  if (s.schedule_at)
    if (auto r = check_schedule(*s.schedule_at, now_, api_.jobs.past_grace, api_.jobs.schedule_ahead_max); !r)
      return std::move(r).err();
  if (s.deadline)
    if (auto r =
          check_deadline(*s.deadline, now_, s.schedule_at ? &*s.schedule_at : nullptr, api_.jobs.schedule_ahead_max);
        !r)
      return std::move(r).err();
  if (s.finish_by)
    if (auto r =
          check_finish_by(*s.finish_by, now_, s.schedule_at ? &*s.schedule_at : nullptr, api_.jobs.schedule_ahead_max);
        !r)
      return std::move(r).err();
  if (has(field::on_miss) && !s.deadline && !s.finish_by && place_ != job_place::schedule)
    return error{ec::invalid_value, "onMiss says what happens when the job starts too late; give deadline or finishBy",
                 "onMiss"};
  return std::nullopt;
}

std::optional<error> job_reader::check_soft_timeout() const {
  const auto& s = job_.spec;
  if (!s.soft_timeout || *s.soft_timeout < s.timeout)
    return std::nullopt;
  return error{ec::invalid_value,
               "softTimeout must be below timeout, which is " + seconds_text(s.timeout) +
                 (has(field::timeout) ? " s, not " : " s where none is given, not ") + seconds_text(*s.soft_timeout),
               "softTimeout"};
}

std::optional<error> job_reader::check_policy() const {
  if (job_.spec.retry.cap < job_.spec.retry.base)
    return error{ec::invalid_value,
                 has(field::cap_seconds) ? "retryPolicy.capSeconds must not be below baseSeconds"
                                         : "retryPolicy.baseSeconds is above the default capSeconds; give both",
                 has(field::cap_seconds) ? "retryPolicy.capSeconds" : "retryPolicy.baseSeconds"};
  if (has(field::retry_count) && has(field::max_retries))
    return error{ec::invalid_value, "retryCount and maxRetries are two names of one field; give one of them",
                 "maxRetries"};
  return std::nullopt;
}

std::optional<error> job_reader::make_unique_key() {
  if (!unique_)
    return std::nullopt;
  const auto& s = job_.spec;
  const bool own_lane = has(field::concurrency_key);
  if (auto e =
        check_unique(*unique_, {s, own_lane, !own_lane && !key_path_.empty(), now_, api_.jobs.schedule_ahead_max}))
    return e;
  auto key = unique_key_of(job_.spec, unique_->by, api_.http.json_depth_max);
  if (!key)
    return std::move(key).err();
  unique_->rule.key = std::move(*key);
  job_.spec.unique = std::move(unique_->rule);
  return std::nullopt;
}

std::optional<error> job_reader::make_concurrency_key() {
  if (key_path_.empty())
    return std::nullopt;
  auto key = concurrency_key_at(key_path_, job_.spec.payload.view(), api_.http.json_depth_max, api_.jobs.tag_bytes_max);
  if (!key)
    return std::move(key).err();
  job_.spec.concurrency_key = std::move(*key);
  return std::nullopt;
}

result<type_defaults> job_reader::finish_defaults() {
  auto& s = job_.spec;
  if (err_)
    return std::move(*err_);
  if (auto e = check_soft_timeout())
    return std::move(*e);
  if (auto e = check_policy())
    return std::move(*e);
  if (has(field::concurrency_key) && key_path_.empty())
    return error{ec::invalid_value,
                 "concurrencyKey of a type must say where each job has its own, as {\"payload\": \"customer.id\"}",
                 "concurrencyKey"};
  type_defaults d;
  if (has(field::priority))
    d.priority = s.priority;
  if (has(field::queue))
    d.queue = std::move(s.queue);
  if (has(field::timeout))
    d.timeout = s.timeout;
  d.soft_timeout = s.soft_timeout;
  if (has(field::max_retries) || has(field::retry_count))
    d.max_retries = s.max_retries;
  if (has(field::retry_policy))
    d.retry = std::move(s.retry);
  if (has(field::resources))
    d.resources = std::move(s.resources);
  if (has(field::durability))
    d.level = s.level;
  if (has(field::preemptible))
    d.preemptible_after = s.preemptible_after;
  d.key_path = std::move(key_path_);
  d.type_version = std::move(type_version_);
  return d;
}

/// What the client has left out is as its type has it.
void job_reader::use_defaults() {
  const auto d = api_.defaults->find(job_.spec.type);
  if (!d)
    return;
  auto& s = job_.spec;
  const auto use = [this](field f, const auto& value, auto& into) {
    if (value && !has(f))
      into = *value;
  };
  use(field::priority, d->priority, s.priority);
  use(field::queue, d->queue, s.queue);
  use(field::timeout, d->timeout, s.timeout);
  // A job with a timeout that leaves no room for it has none.
  if (d->soft_timeout && *d->soft_timeout < s.timeout && !has(field::soft_timeout))
    s.soft_timeout = d->soft_timeout;
  if (!has(field::retry_count))
    use(field::max_retries, d->max_retries, s.max_retries);
  use(field::retry_policy, d->retry, s.retry);
  use(field::resources, d->resources, s.resources);
  use(field::durability, d->level, s.level);
  use(field::preemptible, d->preemptible_after, s.preemptible_after);
  if (!has(field::type_version))
    type_version_ = d->type_version;
  if (!has(field::concurrency_key))
    key_path_ = d->key_path;
}

std::optional<error> job_reader::check_fields() const {
  const auto& type = job_.spec.type;
  if (err_)
    return err_;
  if (type.empty())
    return std::nullopt;
  if (!api_.types.has(type))
    return unknown_type(type);
  if (payload_begin_ != nullptr)
    if (auto r = api_.types.check(type, payload_.root()); !r)
      return told_of_payload(api_, type, std::move(r).err());
  return std::nullopt;
}

error job_reader::unknown_type(std::string_view type) const {
  return {ec::unknown_job_type, "jobType must be one of " + api_.types.listed() + ", not " + shown(type), "jobType"};
}

std::optional<error> job_reader::complete() {
  auto& s = job_.spec;
  if (err_)
    return std::move(err_);
  if (s.type.empty())
    return error{ec::missing_field, "jobType is required; one of " + api_.types.listed(), "jobType"};
  if (!api_.types.has(s.type))
    return unknown_type(s.type);
  use_defaults();
  if (auto e = check_times())
    return e;
  if (auto e = check_soft_timeout())
    return e;
  if (auto e = check_policy())
    return e;
  if (auto e = check_dependencies())
    return e;
  if (payload_begin_ == nullptr) {
    static const blob empty{std::string{"{}"}};
    payload_.open(false);
    payload_.close();
    s.payload = empty;
  }
  if (const auto hidden = api_.redactions->find(s.type)) {
    if (auto e = refuse_marks(*hidden, s.payload.view()))
      return e;
    if (!key_path_.empty())
      if (auto e = refuse_redacted_key(*hidden, key_path_, "concurrencyKey.payload"))
        return e;
  }
  if (auto r = api_.types.check(s.type, payload_.root()); !r)
    return told_of_payload(api_, s.type, std::move(r).err());
  if (auto e = make_unique_key())
    return e;
  if (auto e = make_concurrency_key())
    return e;
  s.resources.type_version = std::move(type_version_);
  if (!trace_.parent.empty())
    s.trace = std::move(trace_);
  return std::nullopt;
}

result<parsed_job> job_reader::finish() {
  if (auto e = complete())
    return std::move(*e);
  return std::move(job_);
}

} // namespace callboard
