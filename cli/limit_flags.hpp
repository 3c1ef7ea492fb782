#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace callboard {

/// Changes to the limits of a queue or a job type, as flags. What is not given stays.
struct limit_flags {
  std::optional<int64_t> concurrency; ///< 0: any number
  std::string rate;                   ///< `100/1min`; `0`: none
  std::optional<int64_t> burst;
  std::optional<int64_t> weight;
};

/// @param weight  queues have one.
void add_limit_flags(CLI::App& cmd, limit_flags& f, bool weight);

/// Checks what needs no scheduler. Throws command_failure (exit_usage) that names the flag.
void check_limit_flags(const limit_flags& f);

/// The body of the whole rule: that of `shown`, as the scheduler has answered it, with the changes. Throws
/// command_failure: exit_usage that names the flag, exit_server when the answer has no rule.
std::string changed_rule(const nlohmann::ordered_json& shown, const limit_flags& f);

} // namespace callboard
