#include "cli/schedule_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/rest_client.hpp"
#include "cli/submit_body.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace callboard {

void add_when_flags(CLI::App& cmd, schedule_flags& f) {
  auto* cron = cmd.add_option("--cron", f.cron, "Minute, hour, day of month, month, day of week: '30 2 * * *'");
  auto* every = cmd.add_option("--every", f.every, "Seconds, or a time such as 10min")->excludes(cron);
  cmd.add_option("--anchor", f.anchor, "With --every: the moment from which it is counted (RFC 3339; now)");
  cmd.add_option("--at", f.at, "Once, as RFC 3339: 2026-01-15T10:30:00Z")->excludes(cron)->excludes(every);
}

void add_rule_flags(CLI::App& cmd, schedule_flags& f) {
  cmd.add_option("--zone", f.zone, "Time zone of the cron expression: Europe/Berlin (UTC)");
  cmd.add_option("--start-at", f.start_at, "No fire time before this (RFC 3339)");
  cmd.add_option("--end-at", f.end_at, "No fire time at or after this (RFC 3339)");
  cmd.add_option("--jitter", f.jitter, "Spread the fire times by up to this: 5min");
  cmd.add_option("--catch-up", f.catch_up, "Fire times that passed unserved: none, last or all (last)")
    ->type_name("{none,last,all}");
  cmd.add_option("--catch-up-max", f.catch_up_max, "With --catch-up all: so many at most, the latest");
  cmd.add_option("--overlap", f.overlap, "While a former job is unfinished: allow, skip, queue or replace (allow)")
    ->type_name("{allow,skip,queue,replace}");
  cmd.add_option("--start-within", f.start_within, "Latest start of each job, from its fire time: 1h");
}

std::string schedule_body(const std::string& name, const schedule_flags& f, const char* member,
                          std::string_view submits) {
  auto body = nlohmann::ordered_json::object();
  const auto add = [&body](const char* field, const std::string& text) {
    if (!text.empty())
      body[field] = text;
  };
  const auto add_seconds = [&body](const char* field, std::string_view flag, const std::string& text) {
    if (!text.empty())
      body[field] = seconds_flag(flag, text);
  };
  body["name"] = name;
  add("cron", f.cron);
  add_seconds("every", "--every", f.every);
  add("anchor", f.anchor);
  add("at", f.at);
  add("timeZone", f.zone);
  add("startAt", f.start_at);
  add("endAt", f.end_at);
  add_seconds("jitter", "--jitter", f.jitter);
  add("catchUp", f.catch_up);
  if (f.catch_up_max)
    body["catchUpMax"] = *f.catch_up_max;
  add("overlap", f.overlap);
  add_seconds("startWithin", "--start-within", f.start_within);
  try {
    auto text = body.dump();
    text.pop_back();
    return text + ",\"" + member + "\":" + std::string{submits} + "}";
  } catch (const nlohmann::ordered_json::type_error&) {
    throw command_failure{exit_usage, "a flag holds a text that is not UTF-8"};
  }
}

std::string schedule_target(const std::string& name, std::string_view rest) {
  return "/api/schedules/" + url_escaped(name) + std::string{rest};
}

} // namespace callboard
