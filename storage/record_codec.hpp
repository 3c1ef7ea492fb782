#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The newest format that this program writes; it reads this and every older one.
inline constexpr uint8_t record_format = 3;

/// The record as it is stored, in the newest format.
///
/// Left out: the payload (stored once, apart from the record), the progress (live only) and `current_fence` (a fence
/// belongs to the boot that issued it; after a restart a job that had an attempt gets a new one or is adopted).
/// The state is written as it is, also a `scheduled` that means a reserved slot. A job that runs is written as one that
/// waits (`before_attempt`): whoever reads a live record after a restart places it again, unless a worker reports the
/// attempt.
std::string encode_record(const job_record& rec);

/// Reads any format ever written. `spec.payload`, progress and fence are left empty. The whole input must be one
/// record. Errors: corrupt_record (truncated, bytes left over, a value out of its range), wrong_version (a newer
/// format, or a section that must not be skipped).
result<job_record> decode_record(std::string_view bytes);

/// What an index or a filter needs of a record. Views point into the bytes decoded.
struct index_fields {
  job_id id;
  job_state state = job_state::queued;
  uint8_t priority = priority_default;
  durability level = durability::fsync;
  time_point created_at;
  std::optional<time_point> schedule_at;
  std::optional<time_point> deadline;
  std::optional<time_point> retry_at;
  uint32_t retry_count = 0;
  uint32_t loss_count = 0;
  uint32_t attempt = 0;
  std::string_view type;
  std::string_view queue;
  std::string_view idempotency_key;
  std::string_view concurrency_key;
  resource_request resources;
  prerequisites waits_for;
  boxed<unique_rule> unique;
  deadline_action on_miss = deadline_action::fail;
  uint32_t payload_bytes = 0;
  bool of_workflow = false; ///< known where `payload_bytes` is
  bool preempts = false;
  std::optional<duration> preemptible_after;
  boxed<job_hold> hold;
};

/// Reads the front of a record only: fast enough to walk through a million of them at start. What follows the front
/// is not looked at. Errors: as decode_record.
result<index_fields> decode_index(std::string_view bytes);

} // namespace callboard
