#include "http/api/job_reader.hpp"

#include "http/api/concurrency_key.hpp"
#include "http/api/preemptible_reader.hpp"
#include "http/api/resource_reader.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>

namespace callboard {

const job_reader::field_name job_reader::job_fields[] = {
  {"jobType", field::job_type},
  {"priority", field::priority},
  {"payload", field::payload},
  {"scheduleAt", field::schedule_at},
  {"retryCount", field::retry_count},
  {"maxRetries", field::max_retries},
  {"timeout", field::timeout},
  {"softTimeout", field::soft_timeout},
  {"dependencies", field::dependencies},
  {"dependencyRule", field::dependency_rule},
  {"deadline", field::deadline},
  {"queue", field::queue},
  {"tags", field::tags},
  {"idempotencyKey", field::idempotency_key},
  {"retryPolicy", field::retry_policy},
  {"durability", field::durability},
  {"resources", field::resources},
  {"unique", field::unique},
  {"onMiss", field::on_miss},
  {"finishBy", field::finish_by},
  {"concurrencyKey", field::concurrency_key},
  {"typeVersion", field::type_version},
  {"preempts", field::preempts},
  {"preemptible", field::preemptible},
  {"held", field::held},
  {"traceparent", field::traceparent},
  {"tracestate", field::tracestate},
};

const job_reader::field_name job_reader::policy_fields[] = {
  {"kind", field::kind},
  {"baseSeconds", field::base_seconds},
  {"capSeconds", field::cap_seconds},
  {"jitter", field::jitter},
  {"memoryGrowthPercent", field::memory_growth_percent},
  {"memoryGrowthMax", field::memory_growth_max},
  {"onError", field::on_error},
  {"totalSeconds", field::total_seconds},
};

const job_reader::field_name job_reader::dependency_fields[] = {
  {"id", field::id},
  {"on", field::on},
};

namespace {

constexpr std::string_view in_policy = "retryPolicy.";

} // namespace

std::string job_reader::item(std::string_view list, size_t i) {
  return std::string{list} + "[" + std::to_string(i) + "]";
}

job_reader::job_reader(const api& a, std::string_view text, time_point now, job_place place)
  : api_(a), text_(text), now_(now), place_(place) {
}

void job_reader::start() {
  job_ = {};
  job_.spec.timeout = api_.jobs.timeout_default;
  err_.reset();
  payload_.clear();
  resources_.clear();
  unique_tree_.clear();
  unique_.reset();
  preemptible_tree_.clear();
  key_tree_.clear();
  key_path_.clear();
  type_version_.clear();
  in_rules_ = false;
  payload_begin_ = nullptr;
  entry_ = {};
  seen_ = 0;
  depth_ = 1;
  field_ = outer_ = field::none;
}

void job_reader::fail(error e) {
  if (!err_)
    err_ = std::move(e);
}

void job_reader::fail(ec code, std::string_view path, std::string message) {
  fail(error{code, std::string{path} + " " + message, std::string{path}});
}

std::string_view job_reader::refusal_in_defaults(field f) {
  switch (f) {
  case field::priority:
  case field::queue:
  case field::retry_count:
  case field::max_retries:
  case field::timeout:
  case field::soft_timeout:
  case field::retry_policy:
  case field::resources:
  case field::durability:
  case field::concurrency_key:
  case field::type_version:
  case field::preemptible:
    return {};
  default: // also what is within an object
    return f > field::last_of_job ? std::string_view{} : "has no default: it belongs to one job";
  }
}

std::string_view job_reader::refusal(field f) const {
  if (place_ == job_place::defaults)
    return refusal_in_defaults(f);
  if (place_ != job_place::schedule)
    return {};
  switch (f) {
  case field::schedule_at:
    return "is not for a schedule's job, which starts at its fire times; use cron, every or at";
  case field::deadline:
    return "is not for a schedule's job, each of which has its own; use startWithin";
  case field::finish_by:
    return "is not for a schedule's job, each of which would have its own; use startWithin";
  case field::dependencies:
  case field::dependency_rule:
    return "is not for a schedule's job, which waits for no job; allowed is overlap, which says what happens while "
           "former ones are unfinished";
  case field::unique:
    return "is not for a schedule's job; allowed is overlap, which says what happens while former ones are unfinished";
  case field::idempotency_key:
    return "is not for a schedule's job: each fire time has one job at most without it";
  case field::traceparent:
  case field::tracestate:
    return "is not for a schedule's job, which belongs to no request";
  default:
    return {};
  }
}

void job_reader::select(std::string_view name, const field_name* begin, const field_name* end,
                        std::string_view prefix) {
  field_ = field::none;
  const auto* found = std::find_if(begin, end, [&](const field_name& f) { return f.text == name; });
  if (found == end) {
    if (err_)
      return;
    std::string known;
    for (const auto* f = begin; f != end; ++f)
      if (refusal(f->id).empty())
        known += (known.empty() ? "" : ", ") + std::string{f->text};
    fail(error{ec::unknown_field, "unknown field " + shown(name) + "; known here are " + known,
               std::string{prefix} + std::string{name.substr(0, http_limits::shown_bytes_max)}});
    return;
  }
  if ((seen_ & bit(found->id)) != 0)
    return fail(ec::invalid_value, std::string{prefix} + std::string{name}, "is given twice");
  seen_ |= bit(found->id);
  if (const auto why = refusal(found->id); !why.empty())
    return fail(ec::invalid_value, found->text, std::string{why});
  field_ = found->id;
}

json_tree* job_reader::tree() {
  switch (outer_) {
  case field::payload:
    return &payload_;
  case field::resources:
    return &resources_;
  case field::unique:
    return &unique_tree_;
  case field::concurrency_key:
    return &key_tree_;
  case field::preemptible:
    return &preemptible_tree_;
  default:
    return nullptr;
  }
}

void job_reader::key(std::string& name, const char* at) {
  if (outer_ == field::resources && resources_.has(name))
    fail(ec::invalid_value,
         (depth_ == 2 ? "resources." : "resources.labels.") + name.substr(0, http_limits::shown_bytes_max),
         "is given twice");
  if (outer_ == field::unique && unique_tree_.has(name))
    fail(ec::invalid_value,
         (depth_ == 2 ? "unique." : "unique." + unique_tree_.open_member() + ".") +
           name.substr(0, http_limits::shown_bytes_max),
         "is given twice");
  if (outer_ == field::concurrency_key && key_tree_.has(name))
    fail(ec::invalid_value, "concurrencyKey." + name.substr(0, http_limits::shown_bytes_max), "is given twice");
  if (outer_ == field::preemptible && preemptible_tree_.has(name))
    fail(ec::invalid_value, "preemptible." + name.substr(0, http_limits::shown_bytes_max), "is given twice");
  if (auto* t = tree())
    return t->key(name);
  if (in_rules_)
    return rules_.key(name);
  if (depth_ == 1) {
    select(name, std::begin(job_fields), std::end(job_fields), "");
    if (field_ == field::payload)
      payload_begin_ = value_begin(at, text_.data() + text_.size());
  } else if (depth_ == 2 && outer_ == field::retry_policy) {
    select(name, std::begin(policy_fields), std::end(policy_fields), in_policy);
  } else if (depth_ == 3 && entry_.open) {
    select(name, std::begin(dependency_fields), std::end(dependency_fields), err_ ? "" : dependency_path() + ".");
  }
}

void job_reader::open(bool array, const char*) {
  ++depth_;
  if (auto* t = tree())
    return t->open(array);
  if (in_rules_)
    return rules_.open(array);
  if (depth_ == 2) {
    outer_ = field_;
    switch (field_) {
    case field::payload:
      return payload_.open(array);
    case field::resources:
      return resources_.open(array);
    case field::unique:
      return unique_tree_.open(array);
    case field::concurrency_key:
      return key_tree_.open(array);
    case field::preemptible:
      return preemptible_tree_.open(array);
    case field::none:
      return;
    case field::tags:
    case field::dependencies:
      if (array)
        return;
      break;
    case field::retry_policy:
      if (!array)
        return;
      break;
    default:
      break;
    }
    const auto* name =
      std::find_if(std::begin(job_fields), std::end(job_fields), [&](const field_name& f) { return f.id == field_; });
    const auto* allowed = field_ == field::retry_policy   ? "must be an object, not "
                          : field_ == field::tags         ? "must be an array of strings, not "
                          : field_ == field::dependencies ? "must be an array of job ids, not "
                                                          : "must be a single value, not ";
    fail(ec::invalid_value, name->text, std::string{allowed} + (array ? "an array" : "an object"));
    outer_ = field::none;
    return;
  }
  if (outer_ == field::dependencies)
    return open_dependency(array);
  if (depth_ == 3 && field_ == field::on_error) {
    in_rules_ = !array;
    rules_.start();
    return array ? fail(ec::invalid_value, "retryPolicy.onError", "must be an object, not an array") : void();
  }
  if (depth_ == 3 && outer_ != field::none) {
    const auto name = outer_ == field::tags ? item("tags", job_.spec.tags.size()) : std::string{"retryPolicy"};
    fail(ec::invalid_value, name, array ? "must not hold an array" : "must not hold an object");
  }
}

bool job_reader::close(const char* at) {
  --depth_;
  if (auto* t = tree())
    t->close();
  if (depth_ == 1) {
    if (outer_ == field::payload)
      end_payload(at);
    else if (outer_ == field::resources)
      take(read_resource_request(resources_.root(), api_.jobs.request_slots_max), job_.spec.resources);
    else if (outer_ == field::unique)
      take(read_unique(unique_tree_.root()), unique_);
    else if (outer_ == field::concurrency_key)
      take(read_key_path(key_tree_.root()), key_path_);
    else if (outer_ == field::preemptible)
      take(read_preemptible(preemptible_tree_.root(), api_.jobs.preemption_min_run, api_.jobs.timeout_max),
           job_.spec.preemptible_after);
    outer_ = field_ = field::none;
  } else if (in_rules_ && depth_ > 2) {
    rules_.close();
  } else if (in_rules_) {
    in_rules_ = false;
    take(rules_.finish(), job_.spec.retry.rules);
    field_ = field::none;
  } else if (depth_ == 2 && entry_.open) {
    close_dependency();
  }
  return depth_ == 0;
}

void job_reader::scalar(const json_scalar& v, const char* at) {
  if (auto* t = tree())
    return t->scalar(v);
  if (in_rules_)
    return rules_.scalar(v);
  if (err_)
    return;
  if (depth_ == 1) {
    if (field_ == field::payload) {
      payload_.scalar(v);
      return end_payload(at);
    }
    return set(v);
  }
  if (depth_ == 3 && entry_.open)
    return set_dependency(v);
  if (depth_ != 2)
    return;
  if (outer_ == field::tags)
    add_tag(v);
  else if (outer_ == field::dependencies)
    add_dependency(v);
  else if (outer_ == field::retry_policy)
    set_policy(v);
}

void job_reader::end_payload(const char* at) {
  if (err_)
    return;
  const auto* end = value_end(payload_begin_, at, text_.data() + text_.size());
  const auto size = static_cast<size_t>(end - payload_begin_);
  if (size > api_.jobs.payload_bytes_max)
    return fail(ec::body_too_large, "payload",
                "is " + std::to_string(size) + " bytes long; at most " + std::to_string(api_.jobs.payload_bytes_max) +
                  " are allowed (jobs.payload_bytes_max)");
  job_.spec.payload = blob{std::string{payload_begin_, end}};
}

} // namespace callboard
