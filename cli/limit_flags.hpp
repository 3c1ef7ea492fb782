#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

/// A rate as flags. What is not given stays.
struct rate_flags {
  std::string rate; ///< `100/1min`; `0`: none
  std::optional<int64_t> burst;

  bool empty() const {
    return rate.empty() && !burst;
  }
};

/// Changes to the limits of a queue, a job type or a concurrency key, as flags. What is not given stays.
struct limit_flags {
  std::optional<int64_t> concurrency; ///< 0: any number
  rate_flags rate;
  std::optional<int64_t> weight;
  // Of a queue.
  std::optional<int64_t> key_concurrency; ///< of each key; 0: any number
  rate_flags key_rate;
  std::optional<int64_t> waiting_max;       ///< 0: any number
  std::string waiting_bytes_max;            ///< `64MiB`; `0`: any number
  std::string when_full;                    ///< `reject` or `shed`
  std::optional<int64_t> full_accepts_from; ///< -1: none
  std::string preemption;                   ///< `10/1min`; `0`: not allowed
  std::string wait;                         ///< `1min`: good is what starts within it; `0`: no objective for waiting
  std::optional<double> wait_share, success_share; ///< of the jobs; 0: no objective
  // Of a job type.
  rate_flags retry_rate;
  std::string cache_for;                       ///< `1h`; `never`; `worker`: what the workers say
  std::vector<std::string> defaults;           ///< `FIELD=VALUE`; without a value: none any more
  std::vector<std::string> redact, show_again; ///< paths
};

/// @param queues  of queues and their keys, otherwise of job types.
void add_limit_flags(CLI::App& cmd, limit_flags& f, bool queues);

/// Checks what needs no scheduler. @param key  it is about a key of a queue. Throws command_failure (exit_usage) that
/// names the flag.
void check_limit_flags(const limit_flags& f, bool key);

/// The body of the whole rule: that of `shown`, as the scheduler has answered it, with the changes. Throws
/// command_failure: exit_usage that names the flag, exit_server when the answer has no rule.
std::string changed_rule(const nlohmann::ordered_json& shown, const limit_flags& f);

} // namespace callboard
