#pragma once

#include "core/base/boxed.hpp"
#include "core/base/enum_names.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// What can be told of the scheduler. A name is its family and, behind a dot, what happened; names are stable
/// (docs/events.md).
enum class event_kind : uint8_t {
  job_created,
  job_scheduled, ///< a future start is armed, or the job goes back to wait for another worker
  job_started,
  job_progress,
  job_logged, ///< its handler has written lines of its log
  job_retrying,
  job_completed,
  job_failed,
  job_cancelled,
  job_held,
  job_released,
  job_changed,
  worker_joined,
  worker_ready, ///< neither suspect nor draining any more
  worker_suspect,
  worker_draining,
  worker_left,
  worker_lost,
  queue_changed,
  queue_paused,
  queue_resumed,
  type_changed,
  key_changed,
  schedule_created,
  schedule_changed,
  schedule_removed,
  schedule_fired,
  template_changed,
  template_removed,
  alert_fired,
  alert_resolved,
  scheduler_recovered,
  scheduler_draining,
};
inline constexpr size_t event_kind_count = static_cast<size_t>(event_kind::scheduler_draining) + 1;

/// `job.created`
std::string_view to_string(event_kind k);
std::optional<event_kind> parse_event_kind(std::string_view name);
/// `job`
std::string_view family_of(event_kind k);

/// What only some events have.
struct event_details {
  std::string workflow;
  std::string code;   ///< of the job's error
  std::string name;   ///< of the schedule, the template, the concurrency key, the rule of an alert
  std::string reason; ///< in words; at most `event_reason_bytes_max`
};

/// Something that has happened, and is true. Plain data; members that do not apply are empty. Each job has several, and
/// most of them have no details.
struct scheduler_event {
  event_kind kind = event_kind::job_created;
  time_point at{}; ///< by the scheduler's wall clock, when it became true
  // -- of a job
  job_id job{};
  job_state before = job_state::queued; ///< as it was; of a birth as it is
  job_state state = job_state::queued;
  uint32_t attempt = 0;
  uint8_t percent = 0; ///< of job.progress
  bool traced = false; ///< its spans are exported when it has ended; not told to readers of the stream
  std::string type;    ///< also of type.changed
  std::string queue;   ///< also of queue.* and key.changed
  /// Of the job's attempt, or which one it is about. Null: none.
  std::shared_ptr<const std::string> worker;

  /// Where none are set, all of them are empty.
  const event_details& details() const noexcept;
  /// Those where it is not empty.
  void set(std::string event_details::*which, std::string text);

private:
  boxed<event_details> details_;
};
/// A longer reason is cut.
inline constexpr size_t event_reason_bytes_max = 200;

/// The text, cut to `event_reason_bytes_max` between two characters of UTF-8.
std::string event_reason(std::string_view text);

} // namespace callboard
