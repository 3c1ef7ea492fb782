#include "core/base/rfc3339.hpp"
#include "core/job/job.hpp"

#include <algorithm>
#include <set>

#include "simulate/scenario_parts.hpp"
#include "simulate/simulated_client.hpp"

namespace callboard::simulate {

namespace {

constexpr std::string_view standings =
  "one of queued, scheduled, running, retrying, completed, failed, cancelled, refused, gone";

bool is_standing(std::string_view text) {
  return parse_job_state(text) || text == "refused" || text == "gone";
}

std::string read_standing(const nlohmann::json& v, const std::string& path) {
  if (!v.is_string() || !is_standing(v.get_ref<const std::string&>()))
    refuse_value(path, standings, v);
  return v.get<std::string>();
}

std::string at(const std::string& path, size_t i) {
  return path + "[" + std::to_string(i) + "]";
}

expected_time read_expected_time(const nlohmann::json& v, const std::string& path) {
  if (v.is_object()) {
    const field_reader r{v, path, {"from", "to"}};
    const auto from = read_span(r.need("from", "the earliest time"), r.path_of("from"));
    const auto to = read_span(r.need("to", "the latest time"), r.path_of("to"));
    if (to < from)
      throw bad_scenario{r.path_of("to"), "must not be before from"};
    return {expected_time::window{from, to}, v.dump()};
  }
  const auto text = v.is_string() ? v.get<std::string>() : v.dump() + "s";
  if (v.is_string())
    if (const auto t = parse_rfc3339(text))
      return {*t, text};
  return {read_span(v, path), text};
}

std::vector<expected_time> read_expected_times(const nlohmann::json& v, const std::string& path) {
  if (!v.is_array())
    refuse_value(path, "an array of times", v);
  std::vector<expected_time> out;
  for (size_t i = 0; i < v.size(); ++i)
    out.push_back(read_expected_time(v[i], at(path, i)));
  return out;
}

/// Null: there is none.
std::optional<expected_maybe> read_maybe_time(const field_reader& r, std::string_view name) {
  const auto* v = r.find(name);
  if (!v)
    return std::nullopt;
  if (v->is_null())
    return expected_maybe{};
  return expected_maybe{read_expected_time(*v, r.path_of(name))};
}

/// Null: there is none, which is an empty text.
std::optional<std::string> read_maybe_word(const field_reader& r, std::string_view name) {
  const auto* v = r.find(name);
  return v && v->is_null() ? std::optional{std::string{}} : r.word(name);
}

std::optional<bool> read_flag(const field_reader& r, std::string_view name) {
  return r.find(name) ? std::optional{r.flag(name, false)} : std::nullopt;
}

/// Calls `read(name, value, path)` for each field of an object of this name.
template <class Read>
void read_each(const field_reader& r, std::string_view field, std::string_view what, Read read) {
  const auto* all = r.find(field);
  if (!all)
    return;
  const auto path = r.path_of(field);
  if (!all->is_object())
    refuse_value(path, what, *all);
  for (const auto& [name, v] : all->items())
    read(name, v, path + "." + name);
}

std::vector<std::string> read_names(const nlohmann::json& v, const std::string& path, std::string_view what) {
  if (!v.is_array())
    refuse_value(path, what, v);
  std::vector<std::string> out;
  for (size_t i = 0; i < v.size(); ++i)
    out.push_back(read_word(v[i], at(path, i)));
  return out;
}

job_expectation read_job(const std::string& job, const nlohmann::json& v, const std::string& path) {
  job_expectation x;
  x.job = job;
  x.path = path;
  if (v.is_string()) {
    x.state = read_standing(v, path);
    return x;
  }
  const field_reader r{v,
                       path,
                       {"state", "error", "message", "worker", "workers", "attempts", "retryCount", "losses",
                        "priority", "count", "startedAt", "finishedAt", "starts", "payload", "result", "checkpoint",
                        "sameAs", "cachedFrom", "reasons"}};
  if (const auto* state = r.find("state"))
    x.state = read_standing(*state, r.path_of("state"));
  x.error = read_maybe_word(r, "error");
  x.message = r.word("message");
  x.worker = r.word("worker");
  x.same_as = r.word("sameAs");
  x.cached_from = read_maybe_word(r, "cachedFrom");
  x.attempts = r.count("attempts", 0, UINT32_MAX);
  x.retry_count = r.count("retryCount", 0, UINT32_MAX);
  x.losses = r.count("losses", 0, UINT32_MAX);
  x.priority = r.count("priority", priority_min, priority_max);
  if (const auto* t = r.find("startedAt"))
    x.started_at = read_expected_time(*t, r.path_of("startedAt"));
  if (const auto* t = r.find("finishedAt"))
    x.finished_at = read_expected_time(*t, r.path_of("finishedAt"));
  if (const auto* list = r.find("starts"))
    x.starts = read_expected_times(*list, r.path_of("starts"));
  if (const auto* list = r.find("workers"))
    x.workers = read_names(*list, r.path_of("workers"), "an array of workers' names");
  if (const auto* list = r.find("reasons"))
    x.reasons = read_names(*list, r.path_of("reasons"), "an array of codes of an explanation");
  x.count = r.count("count", 0, UINT32_MAX);
  if (x.count && !job.ends_with('@') && !job.ends_with("[]"))
    throw bad_scenario{r.path_of("count"),
                       "is only for the jobs of a schedule, as nightly@, or of a fan-out, as night.part[]"};
  if (const auto* payload = r.find("payload"))
    x.payload = *payload;
  if (const auto* result = r.find("result"))
    x.result = *result;
  if (const auto* checkpoint = r.find("checkpoint"))
    x.checkpoint = *checkpoint;
  return x;
}

schedule_expectation read_schedule(const std::string& name, const nlohmann::json& v, const std::string& path) {
  schedule_expectation x;
  x.path = path;
  x.schedule = name;
  x.none = v.is_null();
  if (x.none)
    return x;
  const field_reader r{
    v,
    path,
    {"fired", "missed", "skipped", "unfinished", "version", "paused", "fires", "next", "waiting", "trouble", "error"}};
  x.fired = r.count("fired", 0, UINT32_MAX);
  x.missed = r.count("missed", 0, UINT32_MAX);
  x.skipped = r.count("skipped", 0, UINT32_MAX);
  x.unfinished = r.count("unfinished", 0, UINT32_MAX);
  x.version = r.count("version", 1, UINT32_MAX);
  x.paused = read_flag(r, "paused");
  if (const auto* list = r.find("fires"))
    x.fires = read_expected_times(*list, r.path_of("fires"));
  x.next = read_maybe_time(r, "next");
  x.waiting = read_maybe_time(r, "waiting");
  x.trouble = read_maybe_word(r, "trouble");
  x.error = read_maybe_word(r, "error");
  x.stands =
    x.fired || x.missed || x.skipped || x.unfinished || x.version || x.paused || x.next || x.waiting || x.trouble;
  return x;
}

field_reader fields_of_limit(limit_kind kind, const nlohmann::json& v, const std::string& path) {
  if (kind == limit_kind::queue)
    return {v, path, {"held", "underWay", "ready", "waiting", "running", "retrying", "keys", "error"}};
  if (kind == limit_kind::key)
    return {v, path, {"held", "underWay", "ready", "inherited", "error"}};
  return {v, path, {"held", "underWay", "ready", "error"}};
}

limit_expectation read_limit(limit_target target, const nlohmann::json& v, const std::string& path) {
  limit_expectation x;
  x.path = path;
  x.target = std::move(target);
  const auto r = fields_of_limit(x.target.kind, v, path);
  if (const auto* held = r.find("held"); held && !held->is_null())
    r.choice("held", {"paused", "concurrency", "rate"});
  x.held = read_maybe_word(r, "held");
  x.error = read_maybe_word(r, "error");
  x.under_way = r.count("underWay", 0, UINT32_MAX);
  x.ready = r.count("ready", 0, UINT32_MAX);
  x.waiting = r.count("waiting", 0, UINT32_MAX);
  x.running = r.count("running", 0, UINT32_MAX);
  x.retrying = r.count("retrying", 0, UINT32_MAX);
  x.keys = r.count("keys", 0, UINT32_MAX);
  x.inherited = read_flag(r, "inherited");
  return x;
}

together_expectation read_together(const nlohmann::json& v, const std::string& path) {
  const field_reader r{v, path, {"jobs", "atMost", "atLeast"}};
  together_expectation x;
  x.path = path;
  if (const auto* jobs = r.find("jobs"))
    x.jobs = read_names(*jobs, r.path_of("jobs"), "an array of names of jobs");
  x.at_most = r.count("atMost", 0, UINT32_MAX);
  x.at_least = r.count("atLeast", 0, UINT32_MAX);
  if (!x.at_most && !x.at_least)
    throw bad_scenario{path, "must have atMost, atLeast or both"};
  return x;
}

} // namespace

expectation_set read_expectations(const nlohmann::json& v, const std::string& path) {
  const field_reader r{
    v, path, {"tolerance", "jobs", "schedules", "queues", "types", "keys", "order", "together", "counts"}};
  expectation_set x;
  x.path = path;
  x.tolerance = r.span("tolerance").value_or(x.tolerance);
  read_each(r, "jobs", "an object with jobs by their names",
            [&](const auto& name, const auto& e, const auto& where) { x.jobs.push_back(read_job(name, e, where)); });
  read_each(
    r, "schedules", "an object with schedules by their names",
    [&](const auto& name, const auto& e, const auto& where) { x.schedules.push_back(read_schedule(name, e, where)); });
  read_each(r, "queues", "an object with queues by their names",
            [&](const auto& name, const auto& e, const auto& where) {
              x.limits.push_back(read_limit({limit_kind::queue, name, {}}, e, where));
            });
  read_each(r, "types", "an object with job types by their names",
            [&](const auto& name, const auto& e, const auto& where) {
              x.limits.push_back(read_limit({limit_kind::type, name, {}}, e, where));
            });
  read_each(r, "keys", "an object with queues by their names, each with its keys",
            [&](const auto& queue, const auto& keys, const auto& where) {
              if (!keys.is_object())
                refuse_value(where, "an object with concurrency keys of the queue", keys);
              for (const auto& [key, e] : keys.items())
                x.limits.push_back(read_limit({limit_kind::key, queue, key}, e, where + "." + key));
            });
  if (const auto* list = r.list("order"))
    for (size_t i = 0; i < list->size(); ++i) {
      const auto where = at(r.path_of("order"), i);
      x.orders.push_back({where, read_names((*list)[i], where, "an array of names of jobs, in their order")});
    }
  if (const auto* list = r.list("together"))
    for (size_t i = 0; i < list->size(); ++i)
      x.together.push_back(read_together((*list)[i], at(r.path_of("together"), i)));
  read_each(r, "counts", "an object with numbers of jobs by state",
            [&](const auto& state, const auto& n, const auto& where) {
              if (!is_standing(state))
                throw bad_scenario{where, "is no state: allowed is " + std::string{standings}};
              x.counts.emplace(state, read_count(n, where, 0, UINT32_MAX));
            });
  return x;
}

} // namespace callboard::simulate
