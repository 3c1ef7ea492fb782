#include "cli/limit_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/submit_body.hpp"
#include "config/units.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Jobs and period; null for `0`. @param flag  `--rate`
json rate_of(const std::string& flag, const std::string& text) {
  if (text == "0")
    return nullptr;
  const auto slash = std::min(text.find('/'), text.size());
  const auto period = text.substr(std::min(slash + 1, text.size()));
  int64_t jobs = 0;
  const auto* end = text.data() + slash;
  const auto [read, bad] = std::from_chars(text.data(), end, jobs);
  if (bad != std::errc{} || read != end || !parse_duration(period))
    throw command_failure{exit_usage,
                          flag + " must be JOBS/PERIOD such as 100/1min, or 0 for none, not \"" + text + "\""};
  return {{"jobs", jobs}, {"per", seconds_flag(flag, period)}};
}

/// @param prefix  of the flags: `--`, `--key-`
void check_rate(const std::string& prefix, const rate_flags& f) {
  if (!f.rate.empty() && rate_of(prefix + "rate", f.rate).is_null() && f.burst)
    throw command_failure{exit_usage, prefix + "burst goes with a rate, and " + prefix + "rate 0 leaves none"};
}

void change_rate(const std::string& prefix, const rate_flags& f, json& rate) {
  if (!f.rate.empty()) {
    auto wanted = rate_of(prefix + "rate", f.rate);
    if (wanted.is_object() && rate.is_object() && rate.contains("burst"))
      wanted["burst"] = rate["burst"];
    rate = std::move(wanted);
  }
  if (!f.burst)
    return;
  if (!rate.is_object())
    throw command_failure{exit_usage,
                          prefix + "burst goes with a rate, and there is none: give " + prefix + "rate as well"};
  rate["burst"] = *f.burst;
}

int64_t bytes_of(const std::string& flag, const std::string& text) {
  const auto n = parse_bytes(text);
  if (!n || *n > INT64_MAX)
    throw command_failure{exit_usage, flag + " must be a size such as 64MiB, or 0 for any, not \"" + text + '"'};
  return static_cast<int64_t>(*n);
}

/// 0 is for none.
json bound_of(int64_t n) {
  return n == 0 ? json(nullptr) : json(n);
}

void change_per_key(const limit_flags& f, json& per_key) {
  if (!per_key.is_object())
    per_key = {{"concurrency", nullptr}, {"rate", nullptr}};
  if (f.key_concurrency)
    per_key["concurrency"] = bound_of(*f.key_concurrency);
  change_rate("--key-", f.key_rate, per_key["rate"]);
  if (per_key["concurrency"].is_null() && per_key["rate"].is_null())
    per_key = nullptr;
}

void change_waiting(const limit_flags& f, json& rule) {
  if (f.waiting_max) {
    rule["waitingMax"] = bound_of(*f.waiting_max);
  }
  if (!f.waiting_bytes_max.empty())
    rule["waitingBytesMax"] = bound_of(bytes_of("--waiting-bytes-max", f.waiting_bytes_max));
  const auto unbounded = [&rule](const char* field) { return !rule.contains(field) || rule[field].is_null(); };
  const bool loosened = f.waiting_max == 0 || !f.waiting_bytes_max.empty();
  if (loosened && unbounded("waitingMax") && unbounded("waitingBytesMax")) { // it is never full any more
    rule["fullAcceptsFrom"] = nullptr;
    rule.erase("whenFull");
  }
  if (!f.when_full.empty())
    rule["whenFull"] = f.when_full;
  if (f.full_accepts_from)
    rule["fullAcceptsFrom"] = *f.full_accepts_from == -1 ? json(nullptr) : json(*f.full_accepts_from);
}

/// Service level objectives; without any left there is none.
void change_objective(const limit_flags& f, json& objective) {
  if (f.wait.empty() && !f.wait_share && !f.success_share)
    return;
  if (!objective.is_object())
    objective = json::object();
  if (f.wait == "0") {
    objective["waitSeconds"] = nullptr;
    objective["waitShare"] = nullptr;
  } else if (!f.wait.empty()) {
    objective["waitSeconds"] = seconds_flag("--wait", f.wait);
  }
  if (f.wait_share)
    objective["waitShare"] = *f.wait_share;
  if (f.success_share)
    objective["successShare"] = *f.success_share == 0 ? json(nullptr) : json(*f.success_share);
  const auto none = [&](const char* name) { return !objective.contains(name) || objective[name].is_null(); };
  if (none("waitSeconds") && none("waitShare") && none("successShare"))
    objective = nullptr;
}

/// How long results are used again.
json cache_of(const std::string& text) {
  if (text == "worker")
    return nullptr;
  if (text == "never")
    return false;
  if (!parse_duration(text))
    throw command_failure{exit_usage, "--cache-for must be a time such as 1h, never, or worker for what the workers "
                                      "say, not \"" +
                                        text + '"'};
  return {{"for", seconds_flag("--cache-for", text)}};
}

/// `FIELD=VALUE`, where the value is JSON, or a text that is none.
void change_default(const std::string& flag, json& defaults) {
  const auto equals = flag.find('=');
  if (equals == std::string::npos || equals == 0)
    throw command_failure{exit_usage, "--default must be FIELD=VALUE such as maxRetries=5, or FIELD= for none, not \"" +
                                        flag + '"'};
  const auto field = flag.substr(0, equals), value = flag.substr(equals + 1);
  if (value.empty()) {
    defaults.erase(field);
    return;
  }
  auto parsed = json::parse(value, nullptr, false);
  defaults[field] = parsed.is_discarded() ? json(value) : std::move(parsed);
}

void change_redact(const limit_flags& f, json& paths) {
  if (!paths.is_array())
    paths = json::array();
  for (const auto& path : f.show_again) {
    const auto there = std::find(paths.begin(), paths.end(), json(path));
    if (there == paths.end())
      throw command_failure{exit_usage, "--no-redact \"" + path + "\" is not redacted; redacted are " + paths.dump()};
    paths.erase(there);
  }
  for (const auto& path : f.redact)
    if (std::find(paths.begin(), paths.end(), json(path)) == paths.end())
      paths.push_back(path);
}

} // namespace

void add_limit_flags(CLI::App& cmd, limit_flags& f, bool queues) {
  cmd.add_option("--concurrency", f.concurrency, "Attempts under way at once (0: any number)");
  cmd.add_option("--rate", f.rate.rate, "Jobs that may start per period: 10/1s, 100/1min (0: any number)");
  cmd.add_option("--burst", f.rate.burst, "Of the rate: so many at once after a rest (1)");
  if (!queues) {
    cmd.add_option("--retry-rate", f.retry_rate.rate, "Retries that may start per period: 100/1min (0: any number)");
    cmd.add_option("--retry-burst", f.retry_rate.burst, "Of the retry rate: so many at once after a rest (1)");
    cmd.add_option("--cache-for", f.cache_for,
                   "How long results are used again for the same payload: 1h (never; worker: as the workers say)");
    cmd
      .add_option("--default", f.defaults,
                  "FIELD=VALUE: what jobs have that leave the field out (FIELD= for none); may be repeated")
      ->allow_extra_args(false);
    cmd
      .add_option(
        "--redact", f.redact,
        "What nobody is shown of jobs: payload, result, or a path such as payload.card.number; may be repeated")
      ->allow_extra_args(false);
    cmd.add_option("--no-redact", f.show_again, "A path that is shown again; may be repeated")->allow_extra_args(false);
    return;
  }
  cmd.add_option("--weight", f.weight,
                 "Share of the slots among queues of the same urgency, or of its queue's among their keys (1)");
  cmd.add_option("--key-concurrency", f.key_concurrency,
                 "Attempts under way at once of each concurrency key without limits of its own (0: any number)");
  cmd.add_option("--key-rate", f.key_rate.rate, "The same of jobs that may start per period (0: any number)");
  cmd.add_option("--key-burst", f.key_rate.burst, "Of the rate of each key: so many at once after a rest (1)");
  cmd.add_option("--waiting-max", f.waiting_max, "Waiting jobs, above which new ones are refused (0: any number)");
  cmd.add_option("--waiting-bytes-max", f.waiting_bytes_max,
                 "Bytes of their payloads, above which new ones are refused: 64MiB (0: any number)");
  cmd
    .add_option("--when-full", f.when_full,
                "What a full queue does: reject new jobs, or shed less urgent ones for them (reject)")
    ->check(CLI::IsMember({"reject", "shed"}));
  cmd.add_option("--preemption", f.preemption,
                 "Its jobs with --preempts may take the slots of others, so often: 10/1min (0: never)");
  cmd.add_option("--wait", f.wait, "Objective: jobs are to start within this time, --wait-share of them (0: none)");
  cmd.add_option("--wait-share", f.wait_share, "Objective: share of the jobs that are to start within --wait: 0.99");
  cmd.add_option("--success-share", f.success_share,
                 "Objective: share of the jobs that are to complete: 0.999 (0: none)");
  cmd.add_option("--full-accepts-from", f.full_accepts_from,
                 "Priority from which jobs are accepted all the same, 0 to 9 (-1: none)");
}

void check_limit_flags(const limit_flags& f, bool key) {
  const std::pair<bool, const char*> of_queues[] = {{f.key_concurrency.has_value(), "--key-concurrency"},
                                                    {!f.key_rate.rate.empty(), "--key-rate"},
                                                    {f.key_rate.burst.has_value(), "--key-burst"},
                                                    {f.waiting_max.has_value(), "--waiting-max"},
                                                    {f.full_accepts_from.has_value(), "--full-accepts-from"},
                                                    {!f.waiting_bytes_max.empty(), "--waiting-bytes-max"},
                                                    {!f.when_full.empty(), "--when-full"},
                                                    {!f.preemption.empty(), "--preemption"},
                                                    {!f.wait.empty(), "--wait"},
                                                    {f.wait_share.has_value(), "--wait-share"},
                                                    {f.success_share.has_value(), "--success-share"}};
  bool any = f.concurrency || !f.rate.empty() || f.weight || !f.retry_rate.empty() || !f.defaults.empty() ||
             !f.cache_for.empty() || !f.redact.empty() || !f.show_again.empty();
  for (const auto& [given, flag] : of_queues) {
    any = any || given;
    if (given && key)
      throw command_failure{exit_usage, std::string{flag} + " is for a queue as a whole: leave --key out"};
  }
  if (!any)
    throw command_failure{exit_usage, "nothing is to be set; --help shows the flags"};
  check_rate("--", f.rate);
  check_rate("--key-", f.key_rate);
  check_rate("--retry-", f.retry_rate);
  if (!f.cache_for.empty())
    cache_of(f.cache_for);
}

std::string changed_rule(const json& shown, const limit_flags& f) {
  auto rule = json::object();
  for (const auto* field : {"paused", "concurrency", "rate"})
    if (const auto v = shown.find(field); v != shown.end())
      rule[field] = *v;
    else
      throw command_failure{exit_server, std::string{"the answer has no "} + field};
  // Which not all have.
  for (const auto* field : {"retryRate", "cache", "defaults", "redact", "weight", "perKey", "waitingMax",
                            "waitingBytesMax", "whenFull", "fullAcceptsFrom", "preemption", "objective"})
    if (const auto v = shown.find(field); v != shown.end())
      rule[field] = *v;
  if (f.concurrency)
    rule["concurrency"] = bound_of(*f.concurrency);
  change_rate("--", f.rate, rule["rate"]);
  if (!f.retry_rate.empty())
    change_rate("--retry-", f.retry_rate, rule["retryRate"]);
  if (!f.cache_for.empty())
    rule["cache"] = cache_of(f.cache_for);
  for (const auto& x : f.defaults)
    change_default(x, rule["defaults"]);
  if (!f.redact.empty() || !f.show_again.empty())
    change_redact(f, rule["redact"]);
  if (!f.preemption.empty()) {
    const auto rate = rate_of("--preemption", f.preemption);
    rule["preemption"] = rate.is_null() ? rate : json{{"jobs", rate["jobs"]}, {"per", rate["per"]}};
  }
  change_objective(f, rule["objective"]);
  if (rule["objective"].is_null() && !shown.contains("objective"))
    rule.erase("objective");
  if (f.weight)
    rule["weight"] = *f.weight;
  if (f.key_concurrency || !f.key_rate.empty())
    change_per_key(f, rule["perKey"]);
  change_waiting(f, rule);
  return rule.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace callboard
