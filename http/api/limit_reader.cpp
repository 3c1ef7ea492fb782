#include "http/api/limit_reader.hpp"

#include "core/base/name.hpp"
#include "core/base/seconds_text.hpp"
#include "core/job/job.hpp"
#include "http/api/rule_fields.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace callboard {

namespace {

struct known_field {
  std::string_view path;
  bool object;
  std::array<bool, 3> of; ///< queues, job types, keys
  std::string_view why;   ///< told of those that have it not
  bool or_boolean = false;
};

constexpr std::array<bool, 3> everybody{true, true, true}, queues{true, false, false}, types{false, true, false},
  not_types{true, false, true};

constexpr std::string_view weight_why =
  "weight is for queues and concurrency keys, which share the slots by it; a job type has none";
constexpr std::string_view per_key_why =
  "perKey is for queues: what each of their concurrency keys is held to that has no rule of its own";
constexpr std::string_view waiting_why = "waitingMax is for queues: the number of their waiting jobs";
constexpr std::string_view full_why = "fullAcceptsFrom is for queues: the priority that a full one accepts";
constexpr std::string_view preemption_why =
  "preemption is for queues: how often their jobs may take the slots of others";
constexpr std::string_view retry_why = "retryRate is for job types: how many retries may start per period";

constexpr std::array<known_field, 22> all_fields{{
  {"paused", false, everybody, {}},
  {"concurrency", false, everybody, {}},
  {"rate", true, everybody, {}},
  {"rate.jobs", false, everybody, {}},
  {"rate.per", false, everybody, {}},
  {"rate.burst", false, everybody, {}},
  {"weight", false, not_types, weight_why},
  {"perKey", true, queues, per_key_why},
  {"perKey.concurrency", false, queues, per_key_why},
  {"perKey.rate", true, queues, per_key_why},
  {"perKey.rate.jobs", false, queues, per_key_why},
  {"perKey.rate.per", false, queues, per_key_why},
  {"perKey.rate.burst", false, queues, per_key_why},
  {"waitingMax", false, queues, waiting_why},
  {"fullAcceptsFrom", false, queues, full_why},
  {"preemption", true, queues, preemption_why, true},
  {"preemption.jobs", false, queues, preemption_why},
  {"preemption.period", false, queues, preemption_why},
  {"retryRate", true, types, retry_why},
  {"retryRate.jobs", false, types, retry_why},
  {"retryRate.per", false, types, retry_why},
  {"retryRate.burst", false, types, retry_why},
}};

std::array<rule_field, all_fields.size()> fields_of(limit_kind kind) {
  std::array<rule_field, all_fields.size()> out;
  for (size_t i = 0; i < out.size(); ++i) {
    const auto& f = all_fields[i];
    out[i] = {f.path, f.object, f.of[static_cast<size_t>(kind)] ? std::string_view{} : f.why, f.or_boolean};
  }
  return out;
}

bool is_utf8(std::string_view text) {
  try {
    // Written for its errors only.
    [[maybe_unused]] const auto written = nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

/// A text that a job brings as JSON. @param what  `the queue of a job`
result<std::string> read_free_name(const api& a, std::string_view text, const std::string& field,
                                   const std::string& what) {
  if (!is_utf8(text))
    return error{ec::invalid_value, field + " must be UTF-8, as " + what + " is", field};
  return read_text(text, field, a.jobs.tag_bytes_max);
}

template <class T>
std::optional<error> set(T& into, result<T> r) {
  if (!r)
    return std::move(r).err();
  into = std::move(*r);
  return std::nullopt;
}

error missing(const std::string& field, const std::string& what) {
  return {ec::missing_field, field + " is required: " + what, field};
}

std::optional<error> check_burst(const rate_limit& r, const std::string& field) {
  const auto needed = static_cast<double>(r.period.count()) / r.jobs * r.burst;
  if (needed <= static_cast<double>(http_limits::burst_time_max.count()))
    return std::nullopt;
  return error{ec::out_of_range,
               field + " must come in within " + seconds_text(http_limits::burst_time_max) + " s; " +
                 std::to_string(r.burst) + " jobs take longer at this rate",
               field};
}

/// Reads the rate at that path, if there is one.
std::optional<error> read_rate(std::optional<rate_limit>& into, rule_fields& body, const std::string& path) {
  if (!body.has_object(path))
    return std::nullopt;
  auto& r = into.emplace();
  const auto jobs_path = path + ".jobs", per_path = path + ".per", burst_path = path + ".burst";
  const auto* jobs = body.find(jobs_path);
  if (jobs == nullptr)
    return missing(jobs_path, "how many jobs may start per period");
  if (auto e = set(r.jobs, read_integer(*jobs, jobs_path, 1, http_limits::limit_max)))
    return e;
  const auto* per = body.find(per_path);
  if (per == nullptr)
    return missing(per_path, "the period in seconds");
  if (auto e = set(r.period, read_seconds(*per, per_path, http_limits::rate_period_min, http_limits::rate_period_max)))
    return e;
  if (const auto* burst = body.find(burst_path))
    if (auto e = set(r.burst, read_integer(*burst, burst_path, 1, http_limits::limit_max)))
      return e;
  return check_burst(r, burst_path);
}

/// How often jobs of a queue may preempt. They do so evenly: nothing is saved up.
std::optional<error> read_preemption(std::optional<rate_limit>& into, rule_fields& body) {
  if (const auto* v = body.find_value("preemption"); v != nullptr && v->is == json_scalar::type::boolean) {
    if (v->boolean)
      into = preemption_default;
    return std::nullopt;
  }
  if (!body.has_object("preemption"))
    return std::nullopt;
  auto& r = into.emplace();
  const auto* jobs = body.find("preemption.jobs");
  if (jobs == nullptr)
    return missing("preemption.jobs", "how many jobs may preempt per period");
  if (auto e = set(r.jobs, read_integer(*jobs, "preemption.jobs", 1, http_limits::limit_max)))
    return e;
  const auto* period = body.find("preemption.period");
  if (period == nullptr)
    return missing("preemption.period", "the period in seconds");
  return set(r.period,
             read_seconds(*period, "preemption.period", http_limits::rate_period_min, http_limits::rate_period_max));
}

std::optional<error> read_concurrency(uint32_t& into, rule_fields& body, const std::string& path) {
  const auto* v = body.find_value(path);
  return v != nullptr ? set(into, read_integer(*v, path, 1, http_limits::limit_max)) : std::nullopt;
}

/// How full a queue may be.
std::optional<error> read_waiting(limit_rule& r, rule_fields& body) {
  uint32_t number = 0;
  if (const auto* v = body.find_value("waitingMax")) {
    if (auto e = set(number, read_integer(*v, "waitingMax", 1, http_limits::queue_waiting_max)))
      return e;
    r.waiting_max = number;
  }
  if (const auto* v = body.find_value("fullAcceptsFrom")) {
    if (auto e = set(number, read_integer(*v, "fullAcceptsFrom", priority_min, priority_max)))
      return e;
    if (r.waiting_max == 0)
      return error{ec::invalid_value, "fullAcceptsFrom goes with waitingMax: without it the queue is never full",
                   "fullAcceptsFrom"};
    r.full_accepts_from = static_cast<uint8_t>(number);
  }
  return std::nullopt;
}

std::optional<error> read_rule(limit_rule& r, rule_fields& body) {
  if (const auto* v = body.find("paused"))
    if (auto e = set(r.paused, read_boolean(*v, "paused")))
      return e;
  if (auto e = read_concurrency(r.concurrency, body, "concurrency"))
    return e;
  if (auto e = read_rate(r.rate, body, "rate"))
    return e;
  if (const auto* v = body.find("weight"))
    if (auto e = set(r.weight, read_integer(*v, "weight", 1, weight_max)))
      return e;
  if (auto e = read_concurrency(r.per_key.concurrency, body, "perKey.concurrency"))
    return e;
  if (auto e = read_rate(r.per_key.rate, body, "perKey.rate"))
    return e;
  if (auto e = read_rate(r.retry_rate, body, "retryRate"))
    return e;
  if (auto e = read_preemption(r.preemption, body))
    return e;
  return read_waiting(r, body);
}

} // namespace

result<std::string> read_limit_name(const api& a, limit_kind kind, std::string_view text) {
  if (kind != limit_kind::type)
    return read_free_name(a, text, "name", "the queue of a job");
  if (is_name(name_kind::job_type, text))
    return std::string{text};
  return error{ec::invalid_value, name_rule(name_kind::job_type) + ", not " + shown(text), "name"};
}

result<limit_target> read_limit_target(const api& a, limit_kind kind, std::string_view name, std::string_view key) {
  limit_target t;
  t.kind = kind;
  if (auto e = set(t.name, read_limit_name(a, kind, name)))
    return std::move(*e);
  if (kind == limit_kind::key)
    if (auto e = set(t.key, read_free_name(a, key, "key", "the concurrencyKey of a job")))
      return std::move(*e);
  return t;
}

result<limit_rule> read_limit_rule(const api& a, limit_kind kind, std::string_view text) {
  const auto known = fields_of(kind);
  auto body = rule_fields::read(text, known, a.http.json_depth_max);
  if (!body)
    return std::move(body).err();
  limit_rule r;
  if (auto e = read_rule(r, *body))
    return std::move(*e);
  return r;
}

} // namespace callboard
