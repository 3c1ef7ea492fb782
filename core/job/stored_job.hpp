#pragma once

#include "core/job/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// One job's new version, encoded by the job's own actor (storage/record_codec.hpp).
struct stored_job {
  job_id id;
  job_state state = job_state::queued;
  /// The record without its payload (`encode_record`).
  std::string record;
  /// The payload, with the first version and only there: it never changes. Set (to an empty blob if need be) means
  /// "this job is new", not set means "the store knows this job"; the store does not read to find out.
  std::optional<blob> payload;
  /// With the first version only: the key is bound to the job in the same batch. Ignored with later versions.
  std::string idempotency_key;
  /// With the first version only: the unique key is bound to the job in the same batch, in place of whom it was bound
  /// to.
  std::string unique_key;
  /// With the first version only, and the same in every record of the job: what lists find it by.
  std::string queue, type;
  std::vector<std::string> tags;
  std::string workflow; ///< the id, or empty; also with a version that replaces a terminal one
  bool first_of_workflow = false;
  /// With a version that completes the job: the name is bound to it in the same batch, in place of whom it was bound
  /// to.
  std::string cache_key;
  /// Of a terminal version, and of one that replaces it: the same.
  uint8_t priority = priority_default;
  /// Terminal versions: when it finished; orders retention. The same as in the record.
  time_point finished_at{};
  /// The job's durability; `memory` jobs never touch the disk (make_tiered_store).
  durability level = durability::fsync;
  /// True when the version that this one replaces was terminal: an operator's retry (failed -> retrying) or discard
  /// (failed -> cancelled). The writer knows; so the store needs no read to leave the old index entries, which
  /// `former_state` and `former_finished_at` name. Both must be what the former version was appended with.
  bool was_terminal = false;
  job_state former_state = job_state::failed;
  time_point former_finished_at{};
};

} // namespace callboard
