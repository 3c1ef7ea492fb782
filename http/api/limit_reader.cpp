#include "http/api/limit_reader.hpp"

#include "core/base/name.hpp"
#include "core/base/seconds_text.hpp"
#include "core/job/job.hpp"
#include "core/job/result_cache.hpp"
#include "core/placement/resources.hpp"
#include "http/api/objective_reader.hpp"
#include "http/api/redact_reader.hpp"
#include "http/api/redacted_values.hpp"
#include "http/api/rule_fields.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace callboard {

namespace {

struct known_field {
  std::string_view path;
  rule_kind kind;
  std::array<bool, 3> of; ///< queues, job types, keys
  std::string_view why;   ///< told of those that have it not
};

constexpr std::array<bool, 3> everybody{true, true, true}, queues{true, false, false}, types{false, true, false},
  not_types{true, false, true};

constexpr std::string_view weight_why =
  "weight is for queues and concurrency keys, which share the slots by it; a job type has none";
constexpr std::string_view per_key_why =
  "perKey is for queues: what each of their concurrency keys is held to that has no rule of its own";
constexpr std::string_view waiting_why = "waitingMax is for queues: the number of their waiting jobs";
constexpr std::string_view waiting_bytes_why = "waitingBytesMax is for queues: the bytes of their waiting payloads";
constexpr std::string_view when_full_why = "whenFull is for queues: what a full one does with a new job";
constexpr std::string_view full_why = "fullAcceptsFrom is for queues: the priority that a full one accepts";
constexpr std::string_view defaults_why = "defaults is for job types: what their jobs have in fields that are left out";
constexpr std::string_view redact_why = "redact is for job types: what nobody is shown of their payloads and results";
constexpr std::string_view preemption_why =
  "preemption is for queues: how often their jobs may take the slots of others";
constexpr std::string_view objective_why =
  "objective is for queues: how soon their jobs are to start, and how many of them are to complete";
constexpr std::string_view cache_why = "cache is for job types: how long their results are used again";
constexpr std::string_view retry_why = "retryRate is for job types: how many retries may start per period";

constexpr auto value = rule_kind::value, object = rule_kind::object;

constexpr std::array<known_field, 33> all_fields{{
  {"paused", value, everybody, {}},
  {"concurrency", value, everybody, {}},
  {"rate", object, everybody, {}},
  {"rate.jobs", value, everybody, {}},
  {"rate.per", value, everybody, {}},
  {"rate.burst", value, everybody, {}},
  {"weight", value, not_types, weight_why},
  {"perKey", object, queues, per_key_why},
  {"perKey.concurrency", value, queues, per_key_why},
  {"perKey.rate", object, queues, per_key_why},
  {"perKey.rate.jobs", value, queues, per_key_why},
  {"perKey.rate.per", value, queues, per_key_why},
  {"perKey.rate.burst", value, queues, per_key_why},
  {"waitingMax", value, queues, waiting_why},
  {"fullAcceptsFrom", value, queues, full_why},
  {"waitingBytesMax", value, queues, waiting_bytes_why},
  {"whenFull", value, queues, when_full_why},
  {"preemption", rule_kind::object_or_boolean, queues, preemption_why},
  {"preemption.jobs", value, queues, preemption_why},
  {"preemption.per", value, queues, preemption_why},
  {"objective", object, queues, objective_why},
  {"objective.waitSeconds", value, queues, objective_why},
  {"objective.waitShare", value, queues, objective_why},
  {"objective.successShare", value, queues, objective_why},
  {"objective.window", value, queues, objective_why},
  {"retryRate", object, types, retry_why},
  {"retryRate.jobs", value, types, retry_why},
  {"retryRate.per", value, types, retry_why},
  {"retryRate.burst", value, types, retry_why},
  {"defaults", rule_kind::text, types, defaults_why},
  {"cache", rule_kind::object_or_boolean, types, cache_why},
  {"cache.for", value, types, cache_why},
  {"redact", rule_kind::list, types, redact_why},
}};

std::array<rule_field, all_fields.size()> fields_of(limit_kind kind) {
  std::array<rule_field, all_fields.size()> out;
  for (size_t i = 0; i < out.size(); ++i) {
    const auto& f = all_fields[i];
    out[i] = {f.path, f.kind, f.of[static_cast<size_t>(kind)] ? std::string_view{} : f.why};
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
  return read_rate(into, body, "preemption");
}

std::optional<error> read_concurrency(uint32_t& into, rule_fields& body, const std::string& path) {
  const auto* v = body.find_value(path);
  return v != nullptr ? set(into, read_integer(*v, path, 1, http_limits::limit_max)) : std::nullopt;
}

/// A number of bytes, or a text with a unit.
result<uint64_t> read_size(const json_scalar& v, const std::string& field, uint64_t max) {
  std::optional<uint64_t> n;
  if (v.is == json_scalar::type::text) {
    if (auto read = parse_memory(*v.text))
      n = *read;
  } else if (v.is == json_scalar::type::natural)
    n = v.natural;
  if (!n)
    return error{ec::invalid_value, field + " must be a number of bytes, or a text such as \"64MiB\", not " + shown(v),
                 field};
  if (*n < 1 || *n > max)
    return error{ec::out_of_range, field + " must be 1 to " + std::to_string(max) + " bytes, not " + shown(v), field};
  return *n;
}

/// What a full queue does. True: it sheds.
result<bool> read_when_full(const json_scalar& v, const std::string& field) {
  if (v.is == json_scalar::type::text && (*v.text == "reject" || *v.text == "shed"))
    return *v.text == "shed";
  return error{ec::invalid_value, field + " must be \"reject\" or \"shed\", not " + shown(v), field};
}

/// How full a queue may be.
std::optional<error> read_waiting(limit_rule& r, rule_fields& body) {
  uint32_t number = 0;
  if (const auto* v = body.find_value("waitingMax")) {
    if (auto e = set(number, read_integer(*v, "waitingMax", 1, http_limits::queue_waiting_max)))
      return e;
    r.waiting_max = number;
  }
  if (const auto* v = body.find_value("waitingBytesMax"))
    if (auto e = set(r.waiting_bytes_max, read_size(*v, "waitingBytesMax", http_limits::queue_waiting_bytes_max)))
      return e;
  const bool bounded = r.waiting_max != 0 || r.waiting_bytes_max != 0;
  if (const auto* v = body.find_value("whenFull")) {
    if (auto e = set(r.sheds, read_when_full(*v, "whenFull")))
      return e;
    if (r.sheds && !bounded)
      return error{ec::invalid_value,
                   "whenFull \"shed\" goes with waitingMax or waitingBytesMax: without them the queue is never full",
                   "whenFull"};
  }
  if (const auto* v = body.find_value("fullAcceptsFrom")) {
    if (auto e = set(number, read_integer(*v, "fullAcceptsFrom", priority_min, priority_max)))
      return e;
    if (!bounded)
      return error{ec::invalid_value,
                   "fullAcceptsFrom goes with waitingMax or waitingBytesMax: without them the queue is never full",
                   "fullAcceptsFrom"};
    r.full_accepts_from = static_cast<uint8_t>(number);
  }
  return std::nullopt;
}

/// Kept as compact JSON text, once it is known to be right.
std::optional<error> read_defaults(const api& a, limit_rule& r, const rule_fields& body) {
  const auto text = body.text_of("defaults");
  if (text.empty())
    return std::nullopt;
  const auto d = read_type_defaults(a, text);
  if (!d)
    return d.err();
  if (!d->key_path.empty())
    if (auto e = refuse_redacted_key(redaction{r.redact}, d->key_path, "defaults.concurrencyKey.payload"))
      return e;
  const auto given = nlohmann::json::parse(text);
  if (!given.empty())
    r.defaults = given.dump();
  return std::nullopt;
}

/// How long results of a type are used again; `false`: never, whatever its workers say.
std::optional<error> read_cache(std::optional<duration>& into, rule_fields& body) {
  if (body.has_object("cache")) {
    const auto* time = body.find("cache.for");
    if (time == nullptr)
      return missing("cache.for", "the seconds that a result holds");
    return set(into.emplace(), read_seconds(*time, "cache.for", cache_for_min, cache_for_max));
  }
  const auto* v = body.find_value("cache");
  if (v != nullptr && v->boolean)
    return error{ec::invalid_value, R"(cache must be {"for": SECONDS}, or false for never, not true)", "cache"};
  if (v != nullptr)
    into = duration{0};
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
  if (auto e = read_cache(r.cache_for, body))
    return e;
  if (auto e = set(r.objective, read_objective(body)))
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
  if (const auto paths = body->text_of("redact"); !paths.empty())
    if (auto e = set(r.redact, read_redacted_paths(paths)))
      return std::move(*e);
  if (auto e = read_defaults(a, r, *body))
    return std::move(*e);
  return r;
}

} // namespace callboard
