#pragma once

#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The fields of a job as flags. Empty and absent fields are left to the scheduler's defaults.
struct submit_fields {
  std::string type;
  /// JSON text; goes to the scheduler byte by byte, so that no number changes its digits on the way.
  std::string payload = "{}";
  std::optional<int64_t> priority;
  std::string at;        ///< RFC 3339
  std::string in;        ///< a duration from now
  std::string deadline;  ///< RFC 3339, or a duration from now
  std::string finish_by; ///< the same
  std::string on_miss;   ///< `fail`, `cancel`, `run_anyway` or `promote`
  std::optional<int64_t> retries;
  std::string timeout;      ///< a duration
  std::string soft_timeout; ///< a duration
  /// `ID` or `ID:CONDITION`
  std::vector<std::string> depends_on;
  std::string dependency_rule;
  std::string queue;
  std::vector<std::string> tags;
  std::string key;
  std::string unique;       ///< parts of the job with commas; `true`: the usual ones; empty: it is not unique
  std::string unique_while; ///< `queued`, `unfinished`, `running`, or a duration
  std::string on_conflict;  ///< `reject`, `existing`, `replace` or `debounce`
  std::string debounce;     ///< a duration
  std::string debounce_max; ///< the same
  bool held = false;
  std::string concurrency_key;
  std::string concurrency_key_from; ///< a path in the payload
  bool preempts = false;
  std::string preemptible; ///< seconds that an attempt runs before, or a duration; `true`: the scheduler's
  std::string durability;
  /// `KIND[,base=1s][,cap=10min][,jitter=true]`
  std::string retry_policy;
  /// `CODE=retry`, `CODE=fail` or `CODE=snooze:30s`
  std::vector<std::string> on_error;
  std::string retry_within;    ///< a duration
  std::string resources;       ///< `slots=2,cpu=0.5,memory=512M,gpu=1`
  std::string required_labels; ///< `zone=eu`
  std::string type_version;    ///< `^1.2`
};

/// A duration given as a flag, in seconds as a body has them: a whole number where they are one. Throws command_failure
/// (exit_usage) that names the flag.
nlohmann::ordered_json seconds_flag(std::string_view flag, const std::string& text);

/// The fields of a job that the flags say something about, but for its type and payload. Throws command_failure
/// (exit_usage) that names the flag.
nlohmann::ordered_json submit_members(const submit_fields& f, time_point now);

/// The body of a submit. Only what the scheduler would not understand is checked here (durations, the form of the
/// policy, JSON); everything else it checks itself. Throws command_failure (exit_usage) that names the flag.
std::string submit_body(const submit_fields& f, time_point now);

} // namespace callboard
