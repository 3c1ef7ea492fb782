#include "cli/submit_body.hpp"

#include "cli/exit_code.hpp"
#include "config/units.hpp"
#include "core/base/rfc3339.hpp"
#include "core/placement/resources.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

duration flag_duration(std::string_view flag, const std::string& text) {
  if (const auto d = parse_duration(text))
    return *d;
  throw command_failure{exit_usage,
                        std::string{flag} + " must be a time such as 15s, 10min or 1h30min, not \"" + text + "\""};
}

json policy_of(const std::string& text) {
  json policy = json::object();
  const auto wrong = [&text](const std::string& what) {
    return command_failure{exit_usage,
                           "--retry-policy must be KIND[,base=1s][,cap=10min][,jitter=true] with KIND one of "
                           "fixed, linear, exponential; " +
                             what + " in \"" + text + "\""};
  };
  for (size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto part = text.substr(begin, end - begin);
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    const auto value = equals == std::string::npos ? std::string{} : part.substr(equals + 1);
    if (begin == 0 && equals == std::string::npos)
      policy["kind"] = part;
    else if (name == "base" || name == "cap")
      policy[name + "Seconds"] = seconds_flag("--retry-policy " + name, value);
    else if (name == "jitter" && (value == "true" || value == "false"))
      policy["jitter"] = value == "true";
    else
      throw wrong("\"" + part + "\" is none of that");
    begin = end + 1;
  }
  return policy;
}

/// Codes and actions are for the scheduler to check.
json rules_of(const std::vector<std::string>& texts) {
  json rules = json::object();
  constexpr std::string_view snooze = "snooze:";
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw command_failure{
        exit_usage, "--on-error must be CODE=retry, CODE=fail or CODE=snooze:TIME, such as DB_BUSY=snooze:30s, not \"" +
                      text + "\""};
    const auto code = text.substr(0, equals), action = text.substr(equals + 1);
    if (rules.contains(code))
      throw command_failure{exit_usage, "--on-error has two rules for \"" + code + "\"; give one"};
    if (action.starts_with(snooze))
      rules[code] = json{{"snooze", seconds_flag("--on-error " + code + "=snooze", action.substr(snooze.size()))}};
    else
      rules[code] = action;
  }
  return rules;
}

/// Empty: nothing is said about retries.
json retries_of(const submit_fields& f) {
  auto policy = f.retry_policy.empty() ? json::object() : policy_of(f.retry_policy);
  if (!f.on_error.empty())
    policy["onError"] = rules_of(f.on_error);
  if (!f.retry_within.empty())
    policy["totalSeconds"] = seconds_flag("--retry-within", f.retry_within);
  return policy;
}

/// A time that is not a duration from now is for the scheduler to read, or to refuse.
std::string moment_of(const std::string& text, time_point now) {
  const auto from_now = parse_duration(text);
  return from_now ? to_rfc3339(now + *from_now) : text;
}

/// Ids and conditions are for the scheduler to check.
json dependencies_of(const std::vector<std::string>& texts) {
  auto all = json::array();
  for (const auto& text : texts) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
      all.push_back(text);
    else
      all.push_back(json{{"id", text.substr(0, colon)}, {"on", text.substr(colon + 1)}});
  }
  return all;
}

json debounce_of(const submit_fields& f) {
  if (f.on_conflict != "debounce")
    throw command_failure{exit_usage, "--debounce and --debounce-max are for --on-conflict debounce"};
  auto debounce = json::object();
  if (!f.debounce.empty())
    debounce["debounce"] = seconds_flag("--debounce", f.debounce);
  if (!f.debounce_max.empty())
    debounce["max"] = seconds_flag("--debounce-max", f.debounce_max);
  return debounce;
}

/// Parts and actions are for the scheduler to check.
json unique_of(const submit_fields& f) {
  auto unique = json::object();
  if (f.unique != "true") {
    unique["by"] = json::array();
    for (size_t begin = 0; begin <= f.unique.size();) {
      const auto end = std::min(f.unique.find(',', begin), f.unique.size());
      unique["by"].push_back(f.unique.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  if (f.unique_while == "queued" || f.unique_while == "unfinished" || f.unique_while == "running")
    unique["while"] = f.unique_while;
  else if (!f.unique_while.empty())
    unique["while"] =
      json{{"for", seconds_flag("--unique-while that is not queued, unfinished or running", f.unique_while)}};
  if (!f.debounce.empty() || !f.debounce_max.empty())
    unique["onConflict"] = debounce_of(f);
  else if (!f.on_conflict.empty())
    unique["onConflict"] = f.on_conflict;
  return unique.empty() ? json(true) : unique;
}

json resources_of(const submit_fields& f) {
  auto wanted = json::object();
  std::string rest; // slots are no resource of a worker
  for (size_t at = 0; at < f.resources.size();) {
    const auto comma = std::min(f.resources.find(',', at), f.resources.size());
    const auto part = f.resources.substr(at, comma - at);
    at = comma + 1;
    constexpr std::string_view slots = "slots=";
    if (!part.starts_with(slots)) {
      rest += (rest.empty() ? "" : ",") + part;
      continue;
    }
    uint32_t n = 0;
    const auto* end = part.data() + part.size();
    if (const auto r = std::from_chars(part.data() + slots.size(), end, n); r.ec != std::errc{} || r.ptr != end)
      throw command_failure{exit_usage, "--resources: \"" + part + "\": slots are a whole number"};
    wanted["slots"] = n;
  }
  resource_offer r{.slots = 0};
  if (auto ok = parse_resources(rest, r); !ok)
    throw command_failure{exit_usage, "--resources: " + ok.err().message};
  constexpr double milli = 1000;
  if (r.cpu_milli != 0)
    wanted["cpu"] = r.cpu_milli / milli;
  if (r.memory_bytes != 0)
    wanted["memory"] = r.memory_bytes;
  for (const auto& [name, units] : r.named)
    wanted[name] = units;
  const auto labels = parse_labels(f.required_labels);
  if (!labels)
    throw command_failure{exit_usage, "--require: " + labels.err().message};
  for (const auto& [name, value] : *labels)
    wanted["labels"][name] = value;
  return wanted;
}

/// `true`, `30` or `5min`
json preemptible_of(const std::string& text) {
  if (text == "true" || text == "false")
    return text == "true";
  const bool plain = text.find_first_not_of("0123456789") == std::string::npos;
  return json{{"minRun", seconds_flag("--preemptible", plain ? text + "s" : text)}};
}

} // namespace

json seconds_flag(std::string_view flag, const std::string& text) {
  const auto d = flag_duration(flag, text);
  if (d.count() % 1'000'000 == 0)
    return d.count() / 1'000'000;
  return static_cast<double>(d.count()) / 1e6;
}

json submit_members(const submit_fields& f, time_point now) {
  json body = json::object();
  if (f.priority)
    body["priority"] = *f.priority;
  if (!f.at.empty())
    body["scheduleAt"] = f.at;
  if (!f.in.empty())
    body["scheduleAt"] = to_rfc3339(now + flag_duration("--in", f.in));
  if (!f.deadline.empty())
    body["deadline"] = moment_of(f.deadline, now);
  if (!f.finish_by.empty())
    body["finishBy"] = moment_of(f.finish_by, now);
  if (!f.on_miss.empty())
    body["onMiss"] = f.on_miss;
  if (f.retries)
    body["retryCount"] = *f.retries;
  if (!f.timeout.empty())
    body["timeout"] = seconds_flag("--timeout", f.timeout);
  if (!f.soft_timeout.empty())
    body["softTimeout"] = seconds_flag("--soft-timeout", f.soft_timeout);
  if (!f.depends_on.empty())
    body["dependencies"] = dependencies_of(f.depends_on);
  if (!f.dependency_rule.empty())
    body["dependencyRule"] = f.dependency_rule;
  if (!f.queue.empty())
    body["queue"] = f.queue;
  if (!f.tags.empty())
    body["tags"] = f.tags;
  if (!f.key.empty())
    body["idempotencyKey"] = f.key;
  if (!f.unique.empty())
    body["unique"] = unique_of(f);
  if (f.held)
    body["held"] = true;
  if (!f.concurrency_key.empty())
    body["concurrencyKey"] = f.concurrency_key;
  if (!f.concurrency_key_from.empty())
    body["concurrencyKey"] = json{{"payload", f.concurrency_key_from}};
  if (f.preempts)
    body["preempts"] = true;
  if (!f.preemptible.empty())
    body["preemptible"] = preemptible_of(f.preemptible);
  if (!f.durability.empty())
    body["durability"] = f.durability;
  if (auto policy = retries_of(f); !policy.empty())
    body["retryPolicy"] = std::move(policy);
  if (auto wanted = resources_of(f); !wanted.empty())
    body["resources"] = std::move(wanted);
  if (!f.type_version.empty())
    body["typeVersion"] = f.type_version;
  return body;
}

std::string submit_body(const submit_fields& f, time_point now) {
  json body = json::object();
  body["jobType"] = f.type;
  body.update(submit_members(f, now));
  try {
    // Parsed for its errors only.
    [[maybe_unused]] const auto checked = json::parse(f.payload);
    auto text = body.dump();
    text.pop_back();
    return text + ",\"payload\":" + f.payload + "}";
  } catch (const json::parse_error& e) {
    throw command_failure{exit_usage, "the payload is not JSON: error at byte " + std::to_string(e.byte)};
  } catch (const json::type_error&) {
    throw command_failure{exit_usage, "a flag holds a text that is not UTF-8"};
  }
}

} // namespace callboard
