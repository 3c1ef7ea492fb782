#include "cli/limit_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/submit_body.hpp"
#include "config/units.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <charconv>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Jobs and period; null for `0`.
json rate_of(const std::string& text) {
  if (text == "0")
    return nullptr;
  const auto slash = std::min(text.find('/'), text.size());
  const auto period = text.substr(std::min(slash + 1, text.size()));
  int64_t jobs = 0;
  const auto* end = text.data() + slash;
  const auto [read, bad] = std::from_chars(text.data(), end, jobs);
  if (bad != std::errc{} || read != end || !parse_duration(period))
    throw command_failure{exit_usage,
                          "--rate must be JOBS/PERIOD such as 100/1min, or 0 for none, not \"" + text + "\""};
  return {{"jobs", jobs}, {"per", seconds_flag("--rate", period)}};
}

} // namespace

void add_limit_flags(CLI::App& cmd, limit_flags& f, bool weight) {
  cmd.add_option("--concurrency", f.concurrency, "Attempts under way at once (0: any number)");
  cmd.add_option("--rate", f.rate, "Jobs that may start per period: 10/1s, 100/1min (0: any number)");
  cmd.add_option("--burst", f.burst, "Of the rate: so many at once after a rest (1)");
  if (weight)
    cmd.add_option("--weight", f.weight, "Share of the slots among queues of the same urgency (1)");
}

void check_limit_flags(const limit_flags& f) {
  if (!f.concurrency && f.rate.empty() && !f.burst && !f.weight)
    throw command_failure{exit_usage, "nothing is to be set; --help shows the flags"};
  if (!f.rate.empty() && rate_of(f.rate).is_null() && f.burst)
    throw command_failure{exit_usage, "--burst goes with a rate, and --rate 0 leaves none"};
}

std::string changed_rule(const json& shown, const limit_flags& f) {
  auto rule = json::object();
  for (const auto* field : {"paused", "concurrency", "rate", "weight"})
    if (const auto v = shown.find(field); v != shown.end())
      rule[field] = *v;
    else if (field != std::string_view{"weight"}) // which job types have not
      throw command_failure{exit_server, std::string{"the answer has no "} + field};
  if (f.concurrency)
    rule["concurrency"] = *f.concurrency == 0 ? json(nullptr) : json(*f.concurrency);
  auto& rate = rule["rate"];
  if (!f.rate.empty()) {
    auto wanted = rate_of(f.rate);
    if (wanted.is_object() && rate.is_object() && rate.contains("burst"))
      wanted["burst"] = rate["burst"];
    rate = std::move(wanted);
  }
  if (f.burst) {
    if (!rate.is_object())
      throw command_failure{exit_usage, "--burst goes with a rate, and there is none: give --rate as well"};
    rate["burst"] = *f.burst;
  }
  if (f.weight)
    rule["weight"] = *f.weight;
  return rule.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace callboard
