#pragma once

#include "core/base/boxed.hpp"
#include "core/job/job_life.hpp"
#include "core/job/outcome.hpp"
#include "core/job/prerequisites.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace callboard {

/// One event for one job. The queue manager is the only sender, and sends the next one only after the note of the last.
/// A `place` that applies is answered by `job_placed`, everything else by a `job_note` or a `group_part`.
struct job_command {
  struct create {
    /// The job is born cancelled: by what it depends on it would never run.
    refusal_to_run never;
  };
  struct arm {};
  struct place {
    std::shared_ptr<const std::string> worker;
    fence_token fence;
    // As it was placed: the limits of the attempt, as in resource_request.
    uint64_t memory_bytes = 0;
    uint32_t cpu_milli = 0;
  };
  struct start {
    fence_token fence;
    time_point at;
  };
  /// The attempt has saved something for the next one.
  struct checkpoint {
    fence_token fence;
    blob text;
  };
  struct finish {
    fence_token fence;
    boxed<attempt_outcome> outcome; ///< there is one
    uint64_t seed = 0;
    /// Of a success: others may have its result under this name. Empty: none may.
    std::string cache_key{};
    /// The result is that of this job, and no attempt ran.
    std::optional<job_id> cached_from{};
  };
  struct lose {
    fence_token fence;
    std::string reason;
  };
  struct adopt {
    std::shared_ptr<const std::string> worker;
    fence_token fence;
    uint32_t attempt = 0; ///< 0: the one after those the record knows
    time_point started_at;
  };
  /// A fan-out job has these jobs now, and waits for them; its slot is given back.
  struct fan_out {
    fence_token fence;
    std::vector<job_id> elements;
  };
  struct cancel {
    std::string_view code; ///< of job_error_code
    std::string reason;
  };
  struct miss_deadline {
    time_point deadline; ///< the one that passed
    /// What is known of those that it waited for, if it is conditional on them: an operator may bring it back.
    std::vector<dependency> known;
  };
  struct retry {};
  struct modify {
    job_patch patch;
  };
  using event_type = std::variant<create, arm, place, start, finish, lose, adopt, cancel, miss_deadline, retry, modify,
                                  fan_out, checkpoint>;

  event_type event;
  time_point now;
  /// Comes back in the note.
  uint64_t token = 0;
  /// Nonzero: the part goes to the queue manager, which commits it with the rest of the group.
  uint64_t group = 0;
  /// Put a copy of the job into the note.
  bool with_view = false;
};

/// What an attempt tells on its way. Nothing of it is written down for its own sake.
struct job_progress {
  fence_token fence;
  std::optional<uint8_t> percent; ///< with `message`; none: as before
  std::string message;
  log_lines log;
};

} // namespace callboard
