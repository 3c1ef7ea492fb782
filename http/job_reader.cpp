#include "http/job_reader.hpp"

#include "http/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

const job_reader::field_name job_reader::job_fields[] = {
  {"jobType", field::job_type},
  {"priority", field::priority},
  {"payload", field::payload},
  {"scheduleAt", field::schedule_at},
  {"retryCount", field::retry_count},
  {"maxRetries", field::max_retries},
  {"timeout", field::timeout},
  {"dependencies", field::dependencies},
  {"deadline", field::deadline},
  {"queue", field::queue},
  {"tags", field::tags},
  {"idempotencyKey", field::idempotency_key},
  {"retryPolicy", field::retry_policy},
  {"durability", field::durability},
};

const job_reader::field_name job_reader::policy_fields[] = {
  {"kind", field::kind},
  {"baseSeconds", field::base_seconds},
  {"capSeconds", field::cap_seconds},
  {"jitter", field::jitter},
};

namespace {

constexpr std::string_view in_policy = "retryPolicy.";

std::string item(std::string_view list, size_t i) {
  return std::string{list} + "[" + std::to_string(i) + "]";
}

} // namespace

job_reader::job_reader(const api& a, std::string_view text, time_point now, bool in_batch)
  : api_(a), text_(text), now_(now), in_batch_(in_batch) {
}

void job_reader::start() {
  job_ = {};
  job_.spec.timeout = api_.jobs.timeout_default;
  err_.reset();
  payload_.clear();
  payload_begin_ = nullptr;
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

void job_reader::select(std::string_view name, const field_name* begin, const field_name* end,
                        std::string_view prefix) {
  field_ = field::none;
  const auto* found = std::find_if(begin, end, [&](const field_name& f) { return f.text == name; });
  if (found == end) {
    if (err_)
      return;
    std::string known;
    for (const auto* f = begin; f != end; ++f)
      known += (known.empty() ? "" : ", ") + std::string{f->text};
    fail(error{ec::unknown_field, "unknown field " + shown(name) + "; known here are " + known,
               std::string{prefix} + std::string{name.substr(0, http_limits::shown_bytes_max)}});
    return;
  }
  const auto bit = 1u << static_cast<unsigned>(found->id);
  if ((seen_ & bit) != 0)
    return fail(ec::invalid_value, std::string{prefix} + std::string{name}, "is given twice");
  seen_ |= bit;
  field_ = found->id;
}

void job_reader::key(std::string& name, const char* at) {
  if (outer_ == field::payload)
    return payload_.key(name);
  if (depth_ == 1) {
    select(name, std::begin(job_fields), std::end(job_fields), "");
    if (field_ == field::payload)
      payload_begin_ = value_begin(at, text_.data() + text_.size());
  } else if (depth_ == 2 && outer_ == field::retry_policy) {
    select(name, std::begin(policy_fields), std::end(policy_fields), in_policy);
  }
}

void job_reader::open(bool array, const char*) {
  ++depth_;
  if (outer_ == field::payload)
    return payload_.open(array);
  if (depth_ == 2) {
    outer_ = field_;
    switch (field_) {
    case field::payload:
      return payload_.open(array);
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
    const auto* allowed = field_ == field::retry_policy                            ? "must be an object, not "
                          : field_ == field::tags || field_ == field::dependencies ? "must be an array of strings, not "
                                                                                   : "must be a single value, not ";
    fail(ec::invalid_value, name->text, std::string{allowed} + (array ? "an array" : "an object"));
    outer_ = field::none;
    return;
  }
  if (depth_ == 3 && outer_ != field::none) {
    const auto name = outer_ == field::tags ? item("tags", job_.spec.tags.size())
                      : outer_ == field::dependencies
                        ? item("dependencies", job_.spec.dependencies.size() + job_.inner.size())
                        : std::string{"retryPolicy"};
    fail(ec::invalid_value, name, array ? "must not hold an array" : "must not hold an object");
  }
}

bool job_reader::close(const char* at) {
  --depth_;
  if (outer_ == field::payload)
    payload_.close();
  if (depth_ == 1) {
    if (outer_ == field::payload)
      end_payload(at);
    outer_ = field_ = field::none;
  }
  return depth_ == 0;
}

void job_reader::scalar(const json_scalar& v, const char* at) {
  if (outer_ == field::payload)
    return payload_.scalar(v);
  if (err_)
    return;
  if (depth_ == 1) {
    if (field_ == field::payload) {
      payload_.scalar(v);
      return end_payload(at);
    }
    return set(v);
  }
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

void job_reader::set(const json_scalar& v) {
  auto& s = job_.spec;
  switch (field_) {
  case field::job_type:
    return take(read_text(v, "jobType", http_limits::type_bytes_max), s.type);
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
  case field::queue:
    return take(read_text(v, "queue", api_.jobs.tag_bytes_max), s.queue);
  case field::idempotency_key:
    return take(read_text(v, "idempotencyKey", api_.jobs.tag_bytes_max), s.idempotency_key);
  case field::durability:
    return set_durability(v);
  case field::dependencies:
    return fail(ec::invalid_value, "dependencies", "must be an array of job ids, not " + shown(v));
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

void job_reader::add_dependency(const json_scalar& v) {
  auto& ids = job_.spec.dependencies;
  const auto count = ids.size() + job_.inner.size();
  if (count == api_.jobs.dependencies_max)
    return fail(ec::out_of_range, "dependencies",
                "has more than " + std::to_string(api_.jobs.dependencies_max) + " (jobs.dependencies_max)");
  const auto path = [&] { return item("dependencies", count); };
  if (v.is != json_scalar::type::text)
    return fail(ec::invalid_value, path(), "must be a job id as a string, not " + shown(v));
  const std::string_view text = *v.text;
  if (in_batch_ && text.starts_with('#')) {
    size_t position = 0;
    const auto [end, code] = std::from_chars(text.data() + 1, text.data() + text.size(), position);
    if (code != std::errc{} || end != text.data() + text.size())
      return fail(ec::invalid_value, path(), "must be \"#\" and a position in this batch, not " + shown(text));
    if (std::find(job_.inner.begin(), job_.inner.end(), position) != job_.inner.end())
      return fail(ec::invalid_value, path(), "is given twice: " + shown(text));
    job_.inner.push_back(position);
    return;
  }
  const auto id = parse_job_id(text);
  if (!id)
    return fail(ec::invalid_value, path(),
                std::string{"must be a job id such as job_01h8xgq2m4k7c"} +
                  (in_batch_ ? ", or \"#0\" for the first job of this batch, not " : ", not ") + shown(text));
  ids.push_back(*id);
}

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
  return std::nullopt;
}

std::optional<error> job_reader::check_policy() const {
  const auto has = [&](field f) { return (seen_ >> static_cast<unsigned>(f) & 1u) != 0; };
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

result<parsed_job> job_reader::finish() {
  auto& s = job_.spec;
  if (err_)
    return std::move(*err_);
  if (s.type.empty())
    return error{ec::missing_field, "jobType is required; one of " + joined(api_.types), "jobType"};
  if (std::find(api_.types.begin(), api_.types.end(), s.type) == api_.types.end())
    return error{ec::unknown_job_type,
                 "jobType must be one of " + joined(api_.types) + ", not " + shown(std::string_view{s.type}),
                 "jobType"};
  if (auto e = check_times())
    return std::move(*e);
  if (auto e = check_policy())
    return std::move(*e);
  auto& ids = s.dependencies;
  if (ids.size() > 1) {
    auto sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
      const auto text = to_string(*twice);
      return error{ec::invalid_value, "dependencies names " + text + " twice", "dependencies"};
    }
  }
  if (payload_begin_ == nullptr) {
    static const blob empty{std::string{"{}"}};
    payload_.open(false);
    payload_.close();
    s.payload = empty;
  }
  if (api_.check)
    if (auto r = api_.check(s.type, payload_.root()); !r)
      return std::move(r).err();
  return std::move(job_);
}

} // namespace callboard
