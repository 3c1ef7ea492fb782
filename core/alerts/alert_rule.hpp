#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// The conditions that are watched. Names are stable (docs/alerts.md); those that Prometheus can see as well are in
/// config/prometheus/callboard.rules.yml with the same thresholds.
enum class alert_rule : uint8_t {
  failures_above_usual, ///< of a queue or type, against its own history
  most_jobs_fail,       ///< of a queue or type
  dead_letters_grow,
  queue_waits,
  queue_full,
  jobs_nearly_full,
  no_workers,
  workers_lost,
  wait_burns_fast, ///< the objective of a queue for waiting
  wait_burns_slow,
  success_burns_fast, ///< the objective of a queue for success
  success_burns_slow,
  store_not_writable,
  commit_slow,
  disk_nearly_full,
  schedule_late,
  schedules_faulty,
  clock_stepped,
  certificate_ends,
  audit_not_writable,
};
inline constexpr size_t alert_rule_count = static_cast<size_t>(alert_rule::audit_not_writable) + 1;

enum class alert_severity : uint8_t { critical, warning, info };
std::string_view to_string(alert_severity s);

/// What is known of a rule besides its thresholds.
struct alert_rule_row {
  std::string_view name;
  alert_severity severity;
  std::string_view unit; ///< of value and threshold; empty: the value says nothing
  std::string_view says; ///< how it is said, up to the value
  std::string_view advice;
};
const alert_rule_row& row_of(alert_rule r);
std::string_view to_string(alert_rule r);
std::optional<alert_rule> parse_alert_rule(std::string_view name);

/// When a rule holds, and when it fires.
struct alert_condition {
  bool on = true;
  double threshold = 0; ///< in the unit of the rule
  duration lasts{0};    ///< it fires when it has held so long
};

/// What `alerts` of the settings says. Plain data.
struct alert_limits {
  std::array<alert_condition, alert_rule_count> conditions{};
  duration hold = std::chrono::minutes{2};
  uint32_t kept = 100;
  uint32_t silences_max = 1000;
  uint32_t failures_jobs_min = 20;
  uint32_t objective_jobs_min = 10;
  double failures_times_usual = 3;
  std::string unwatched_queue; ///< whose failures are not judged

  const alert_condition& of(alert_rule r) const {
    return conditions[static_cast<size_t>(r)];
  }
  alert_condition& of(alert_rule r) {
    return conditions[static_cast<size_t>(r)];
  }
};

/// Alerts that are pending or firing at once; of more none is begun. Their targets are queues, types and certificates,
/// of which there are fewer.
inline constexpr size_t alerts_active_max = 2000;

} // namespace callboard
