#pragma once

#include "core/base/time.hpp"
#include "core/job/node_protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// What workers over HTTP ask, and what they are answered (docs/http-workers.md). Plain data; a session is named by the
/// token that its worker got when it signed up.

/// Who joins. The registration's `held` are attempts that the worker brings along: it had them from a session before.
struct sign_up_request {
  worker_registration registration;
  std::vector<duration> left; ///< of the timeout of each of those attempts
  /// Grows with every request of this kind that a process sends, also with one that is sent again: one that was
  /// overtaken on its way tells what is not true any more. 0: the process does not say.
  uint64_t number = 0;
};

struct work_session {
  std::string worker;
  std::string token;      ///< unguessable
  duration heartbeat{0};  ///< between two heartbeats
  duration lease{0};      ///< without one for so long the worker is lost
  duration kill_grace{0}; ///< from asking an attempt to stop to when it must be over
  duration wait_max{0};   ///< of a claim
};

/// Why an attempt is to end.
enum class stop_reason : uint8_t {
  none,
  soft_timeout, ///< it is to come to an end that is of use; nobody ends it for that
  cancelled,
  timed_out,
  preempted, ///< a more urgent job gets its place
  shutdown,  ///< the worker is drained, and the grace is over
};

struct attempt_stop {
  attempt_ref attempt;
  stop_reason why = stop_reason::none;
  friend bool operator==(const attempt_stop&, const attempt_stop&) = default;
};

/// What a session is told with each answer, until the attempts have ended.
struct work_news {
  std::vector<attempt_stop> stops;
  bool draining = false; ///< it gets no more attempts, and is to leave when it has none
};

struct claim_request {
  std::string session;
  /// Grows by one from claim to claim. A claim that is sent again keeps its number, and gets the same attempts.
  uint64_t number = 0;
  uint32_t max = 1;
  duration wait{0};
};

struct claimed_attempt {
  attempt_order order;
  time_point started_at; ///< when it was claimed
};

struct claim_answer {
  std::vector<claimed_attempt> attempts;
  work_news news;
};

struct outcome_request {
  std::string session;
  /// The kind `returned` gives the attempt back: as what it counts is decided by why it was asked to stop. Its times
  /// and its log are the scheduler's matter.
  attempt_ended end;
};

/// How an attempt is getting on.
struct progress_request {
  std::string session;
  attempt_ref attempt;
  /// Grows with every request of this kind about the attempt: of one that was overtaken only the lines count. 0: the
  /// worker does not say.
  uint64_t number = 0;
  std::optional<uint8_t> percent;
  std::string message;
  std::optional<uint64_t> log_first; ///< number of the first of `lines`; none: they come behind those that are there
  std::vector<std::string> lines;
  std::optional<std::string> checkpoint;
};

/// A heartbeat, or the end of the session.
struct session_request {
  std::string session;
};

} // namespace callboard
