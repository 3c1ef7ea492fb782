#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace callboard {

/// When a schedule's jobs are submitted, as flags. What is empty is left to the scheduler's defaults.
struct schedule_flags {
  std::string cron, every, anchor, at;
  std::string zone, start_at, end_at, jitter, catch_up, overlap, start_within;
  std::optional<int64_t> catch_up_max;
};

/// --cron, --every, --at and --anchor.
void add_when_flags(CLI::App& cmd, schedule_flags& f);
/// All others.
void add_rule_flags(CLI::App& cmd, schedule_flags& f);

/// The body of a schedule. Throws command_failure (exit_usage) that names the flag.
/// @param member   `job` or `template`
/// @param submits  its text: of a submit, or of what names a template
std::string schedule_body(const std::string& name, const schedule_flags& f, const char* member,
                          std::string_view submits);

/// `/api/schedules/NAME` and what follows.
std::string schedule_target(const std::string& name, std::string_view rest = {});

} // namespace callboard
