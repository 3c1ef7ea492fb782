#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

/// [alerts] What is watched, from when on it is told, and to whom. The thresholds are those of
/// config/prometheus/callboard.rules.yml.
struct alert_settings {
  bool enabled = true;
  duration every = std::chrono::seconds{10}; ///< between two looks
  duration hold = std::chrono::minutes{2};   ///< one that fires is resolved when its condition has not held so long
  std::vector<std::string> off;              ///< names of rules that are not looked at
  uint32_t kept = 100;                       ///< resolved ones that are still listed
  uint32_t silences_max = 1000;              ///< at once; beyond it 429
  std::string queue = "alerts";              ///< of the jobs that tell of alerts
  std::string webhook_url;                   ///< empty: no webhook
  std::string webhook_secret_file;           ///< what is sent is signed with its content; empty: it is not signed
  std::vector<std::string> email_to;         ///< empty: no mail
  // -- when each rule holds, and for how long before it fires
  uint32_t failures_jobs_min = 20;             ///< that ended in the last minutes; with fewer no rate is looked at
  uint32_t failures_above_usual_percent = 300; ///< of the usual rate, and 5 percent more of all jobs
  duration failures_above_usual_for = std::chrono::minutes{10};
  uint32_t most_jobs_fail_percent = 50;
  duration most_jobs_fail_for = std::chrono::minutes{10};
  uint32_t dead_letters_grow_above = 100; ///< more than an hour ago
  duration dead_letters_grow_for = std::chrono::minutes{15};
  duration queue_waits_above = std::chrono::minutes{30};
  duration queue_waits_for = std::chrono::minutes{5};
  uint32_t queue_full_percent = 90;
  duration queue_full_for = std::chrono::minutes{5};
  uint32_t jobs_nearly_full_percent = 90;
  duration jobs_nearly_full_for = std::chrono::minutes{5};
  duration no_workers_for = std::chrono::minutes{2};
  duration workers_lost_for{0};
  uint32_t objective_jobs_min = 10; ///< in the longer of the two windows; with fewer nothing is concluded
  duration burns_fast_for{0};
  duration burns_slow_for{0};
  duration store_not_writable_for = std::chrono::minutes{1};
  duration commit_slow_above = std::chrono::milliseconds{250};
  duration commit_slow_for = std::chrono::minutes{10};
  uint32_t disk_nearly_full_percent = 10; ///< that is free, at least
  duration disk_nearly_full_for = std::chrono::minutes{5};
  duration schedule_late_above = std::chrono::minutes{1};
  duration schedule_late_for = std::chrono::minutes{2};
  duration schedules_faulty_for = std::chrono::minutes{5};
  duration clock_stepped_for = std::chrono::minutes{1};
  duration certificate_ends_below = std::chrono::hours{24 * 21};
  duration certificate_ends_for = std::chrono::hours{1};
  duration audit_not_writable_for = std::chrono::minutes{1};
};

} // namespace callboard
