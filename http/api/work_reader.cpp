#include "http/api/work_reader.hpp"

#include "core/base/name.hpp"
#include "core/base/utf8.hpp"
#include "core/job/outcome.hpp"
#include "core/job/result_cache.hpp"
#include "http/api/digest.hpp"
#include "http/api/resource_reader.hpp"
#include "http/api/work_body.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"
#include "http/limits.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace callboard {

namespace {

using nlohmann::json;
using namespace std::string_view_literals;

constexpr std::array sign_up_fields{"name"sv,     "instance"sv, "types"sv, "slots"sv, "resources"sv,
                                    "attempts"sv, "host"sv,     "pid"sv,   "again"sv, "number"sv};
constexpr std::array type_fields{"name"sv, "version"sv, "summary"sv, "schema"sv, "cacheForSeconds"sv};
constexpr std::array held_fields{"id"sv, "fence"sv, "attempt"sv, "startedAt"sv, "timeoutSeconds"sv};
constexpr std::array claim_fields{"session"sv, "claim"sv, "max"sv, "waitSeconds"sv};
constexpr std::array session_fields{"session"sv};
constexpr std::array complete_fields{"session"sv, "id"sv, "fence"sv, "result"sv};
constexpr std::array fail_fields{"session"sv,           "id"sv,    "fence"sv, "code"sv, "message"sv, "retryable"sv,
                                 "retryAfterSeconds"sv, "result"sv};
constexpr std::array release_fields{"session"sv, "id"sv, "fence"sv, "reason"sv, "afterSeconds"sv, "message"sv};
constexpr std::array progress_fields{"session"sv, "id"sv,  "fence"sv,      "percent"sv,
                                     "message"sv, "log"sv, "checkpoint"sv, "number"sv};
constexpr std::array log_fields{"first"sv, "lines"sv};

constexpr auto most = std::numeric_limits<int64_t>::max();

std::string session_of(work_body& b) {
  if (b.need("session", "the token that the worker got when it registered") == nullptr)
    return {};
  return b.name("session", http_limits::work_token_bytes_max);
}

/// What tells one process from the next one of the same name: nobody can work out the text from it.
result<uint64_t> epoch_of(const std::string& instance) {
  const auto digest = digest_of(instance);
  if (!digest)
    return digest.err();
  const auto digits = digest->substr(digest->find(':') + 1, 15);
  uint64_t n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n, 16);
  return n + 1; // 0 is none
}

std::optional<error> read_type(const api& a, worker_registration& r, const json& v, const std::string& path) {
  work_body b{v, type_fields, path};
  b.need("name", "the name of the job type");
  r.types.push_back(b.name("name", name_bytes_max(name_kind::job_type)));
  if (!b.failure() && !is_name(name_kind::job_type, r.types.back()))
    b.fail({ec::invalid_value, name_rule(name_kind::job_type) + ", not " + shown(std::string_view{r.types.back()}),
            b.path("name")});
  r.versions.push_back(b.name("version", http_limits::work_version_bytes_max));
  r.summaries.push_back(b.name("summary", http_limits::work_summary_bytes_max));
  r.schemas.emplace_back();
  if (const auto* schema = b.find("schema")) {
    if (!schema->is_object())
      b.wrong("schema", "an object, the JSON Schema of payloads", *schema);
    r.schemas.back() = compact_text(*schema);
    if (r.schemas.back().size() > a.jobs.schema_bytes_max)
      b.fail(
        {ec::out_of_range,
         b.path("schema") + " has more bytes than jobs.schema_bytes_max, " + std::to_string(a.jobs.schema_bytes_max),
         b.path("schema")});
  }
  r.cache_for_us.push_back(b.seconds("cacheForSeconds", cache_for_min, cache_for_max).value_or(duration{0}).count());
  return b.failure();
}

std::optional<error> read_held(const api& a, sign_up_request& r, const json& v, const std::string& path) {
  work_body b{v, held_fields, path};
  const auto x = b.attempt();
  b.need("attempt", "its number");
  const auto number = b.whole("attempt", 1, std::numeric_limits<uint32_t>::max());
  b.need("startedAt", "when it was claimed");
  const auto started = b.time("startedAt");
  b.need("timeoutSeconds", "what is left of its timeout; 0: nothing");
  const auto left = b.seconds("timeoutSeconds", duration{0}, a.jobs.timeout_max);
  if (b.failure())
    return b.failure();
  r.registration.held.push_back({x.job, x.fence, static_cast<uint32_t>(*number), started->time_since_epoch().count()});
  r.left.push_back(*left);
  return std::nullopt;
}

std::optional<error> read_offer(work_body& b, worker_registration& r) {
  const auto slots_max = static_cast<uint32_t>(http_limits::work_slots_max);
  r.slots = static_cast<uint32_t>(b.whole("slots", 1, slots_max).value_or(1));
  const auto* v = b.find("resources");
  if (v == nullptr)
    return std::nullopt;
  if (v->is_object() && v->contains("slots"))
    return error{ec::invalid_value, "resources.slots stands beside resources, as slots", "resources.slots"};
  auto has = read_resource_request(*v, slots_max);
  if (!has)
    return std::move(has).err();
  r.cpu_milli = has->cpu_milli;
  r.memory_bytes = has->memory_bytes;
  r.named = std::move(has->named);
  r.labels = std::move(has->labels);
  return std::nullopt;
}

/// The result of an attempt as text; empty: none.
std::string result_text(const api& a, work_body& b) {
  const auto* v = b.find("result");
  if (v == nullptr || v->is_null())
    return {};
  auto text = compact_text(*v);
  if (text.size() > a.workers.result_bytes_max)
    b.fail({ec::out_of_range,
            "result has " + std::to_string(text.size()) + " bytes; at most " +
              std::to_string(a.workers.result_bytes_max) + " are allowed (workers.result_bytes_max)",
            "result"});
  return text;
}

result<json> read_tree(const api& a, std::string_view body) {
  return read_document(body, a.http.json_depth_max);
}

/// What the three kinds of outcomes have in common.
outcome_request outcome_of(work_body& b, outcome_kind kind) {
  outcome_request r;
  r.session = session_of(b);
  const auto x = b.attempt();
  r.end.job = x.job;
  r.end.fence = x.fence;
  r.end.kind = static_cast<uint8_t>(kind);
  return r;
}

template <class T>
result<T> checked(const work_body& b, T& r) {
  if (b.failure())
    return *b.failure();
  return std::move(r);
}

} // namespace

result<sign_up_request> read_sign_up(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, sign_up_fields};
  sign_up_request out;
  auto& r = out.registration;
  b.need("name", "the worker's name");
  r.name = b.name("name", name_bytes_max(name_kind::worker));
  if (!b.failure() && !is_name(name_kind::worker, r.name))
    b.fail({ec::invalid_value, name_rule(name_kind::worker) + ", not " + shown(std::string_view{r.name}), "name"});
  b.need("instance", "a text that this process has drawn at random");
  const auto instance = b.name("instance", http_limits::work_instance_bytes_max);
  if (!b.failure() && instance.size() < http_limits::work_instance_bytes_min)
    b.fail({ec::invalid_value,
            "instance must have at least " + std::to_string(http_limits::work_instance_bytes_min) +
              " bytes, drawn at random: whoever knows it may take over the worker's attempts",
            "instance"});
  b.need("types", "the job types that it runs");
  const auto* types = b.list("types", a.jobs.types_max);
  const auto* held = b.list("attempts", http_limits::work_slots_max);
  r.host = b.name("host", http_limits::work_host_bytes_max);
  r.pid = b.whole("pid", 0, most).value_or(0);
  r.again = b.flag("again").value_or(false);
  out.number = b.whole("number", 1, most).value_or(0);
  if (auto e = read_offer(b, r))
    b.fail(std::move(*e));
  if (b.failure())
    return *b.failure();
  const auto epoch = epoch_of(instance);
  if (!epoch)
    return epoch.err();
  r.boot_epoch = *epoch;
  for (size_t i = 0; i < types->size(); ++i)
    if (auto e = read_type(a, r, (*types)[i], "types[" + std::to_string(i) + "]"))
      return std::move(*e);
  for (size_t i = 0; held != nullptr && i < held->size(); ++i)
    if (auto e = read_held(a, out, (*held)[i], "attempts[" + std::to_string(i) + "]"))
      return std::move(*e);
  return out;
}

result<claim_request> read_claim(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, claim_fields};
  claim_request r;
  r.session = session_of(b);
  b.need("claim", "1 for the first claim of the session, and one more for each that follows");
  r.number = b.whole("claim", 1, most).value_or(0);
  r.max = static_cast<uint32_t>(b.whole("max", 1, http_limits::work_slots_max).value_or(1));
  r.wait = b.seconds("waitSeconds", duration{0}, http_limits::work_wait_max).value_or(duration{0});
  return checked(b, r);
}

result<session_request> read_session(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, session_fields};
  session_request r{session_of(b)};
  return checked(b, r);
}

result<outcome_request> read_complete(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, complete_fields};
  auto r = outcome_of(b, outcome_kind::succeeded);
  r.end.result = result_text(a, b);
  return checked(b, r);
}

result<outcome_request> read_fail(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, fail_fields};
  auto r = outcome_of(b, outcome_kind::failed_retryable);
  b.need("code", "a stable code, for programs");
  r.end.code = b.name("code", http_limits::failure_code_bytes_max);
  r.end.message = b.text("message", http_limits::work_message_bytes_max);
  r.end.result = result_text(a, b);
  if (!b.flag("retryable").value_or(true))
    r.end.kind = static_cast<uint8_t>(outcome_kind::failed_final);
  r.end.retry_after_us =
    b.seconds("retryAfterSeconds", duration{0}, http_limits::backoff_max).value_or(duration{0}).count();
  return checked(b, r);
}

result<outcome_request> read_release(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, release_fields};
  auto r = outcome_of(b, outcome_kind::returned);
  r.end.message = b.text("message", http_limits::work_message_bytes_max);
  const auto after = b.seconds("afterSeconds", http_limits::timeout_min, a.jobs.schedule_ahead_max);
  if (after) {
    r.end.kind = static_cast<uint8_t>(outcome_kind::snoozed);
    r.end.snooze_us = after->count();
  }
  if (const auto reason = b.name("reason", http_limits::failure_code_bytes_max); reason == "timed_out" && !after) {
    r.end.kind = static_cast<uint8_t>(outcome_kind::timed_out);
    r.end.code = job_error_code::timeout;
    if (r.end.message.empty())
      r.end.message = "ran longer than its timeout";
  } else if (!reason.empty())
    b.fail({ec::invalid_value,
            "reason must be \"timed_out\" or left out, without afterSeconds, not " + shown(std::string_view{reason}),
            "reason"});
  return checked(b, r);
}

result<progress_request> read_progress(const api& a, std::string_view body) {
  const auto tree = read_tree(a, body);
  if (!tree)
    return tree.err();
  work_body b{*tree, progress_fields};
  progress_request r;
  r.session = session_of(b);
  r.attempt = b.attempt();
  r.number = b.whole("number", 1, most).value_or(0);
  if (const auto percent = b.whole("percent", 0, 100))
    r.percent = static_cast<uint8_t>(*percent);
  r.message = b.text("message", http_limits::work_message_bytes_max);
  if (!r.percent && !r.message.empty())
    b.fail({ec::missing_field, "percent is required with message", "percent"});
  if (const auto* log = b.find("log")) {
    work_body l{*log, log_fields, "log"};
    r.log_first = l.whole("first", 0, most);
    l.need("lines", "the lines, oldest first");
    if (const auto* lines = l.list("lines", http_limits::work_log_lines_max))
      for (const auto& line : *lines) {
        if (!line.is_string()) {
          l.wrong("lines", "an array of texts", line);
          break;
        }
        const auto& text = line.get_ref<const std::string&>();
        r.lines.emplace_back(text.substr(0, utf8_prefix(text, a.workers.log_line_bytes_max)));
      }
    if (l.failure())
      b.fail(*l.failure());
  }
  if (const auto* saved = b.find("checkpoint")) {
    if (!saved->is_string())
      b.wrong("checkpoint", "a text; JSON goes in as its text", *saved);
    else if (saved->get_ref<const std::string&>().size() > a.jobs.checkpoint_bytes_max)
      b.fail(
        {ec::out_of_range,
         "checkpoint has more bytes than jobs.checkpoint_bytes_max, " + std::to_string(a.jobs.checkpoint_bytes_max),
         "checkpoint"});
    else
      r.checkpoint = saved->get<std::string>();
  }
  return checked(b, r);
}

} // namespace callboard
