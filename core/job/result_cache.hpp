#pragma once

#include "core/job/job_life.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Bounds of the time for which a result holds (`cache.for` of a job type, and what a worker says of its types).
inline constexpr duration cache_for_min = std::chrono::seconds{1};
inline constexpr duration cache_for_max = std::chrono::hours{24 * 366};

/// What the results of a pure type depend on.
struct cache_question {
  std::string type;
  std::string version; ///< of the type, on the worker that would run the job; empty: it says none
  blob payload;        ///< with the results of other jobs filled in
};

/// The payload with the members of each object sorted by name and without white space. Strings and numbers stay as
/// they are written, so payloads that differ are never taken for one another. What is no JSON stays as it is.
std::string sorted_payload(std::string_view json);

/// All of the question as one text: two questions are the same if their texts are.
std::string cache_text(const cache_question& q);

/// The name under which a store knows the job that has the result: among the idempotency keys, and never one of them.
/// @param digest  of `cache_text`
std::string cache_key_name(std::string_view digest);

/// Others may have the result of this job now. By the time of day: a clock that is set back lets it hold longer.
/// @param key  that they look for
bool holds_result(const job_record& source, std::string_view key, duration cache_for, time_point now);

/// An attempt of the job has begun, or none is needed any more: for those that wait for its start.
inline bool has_begun(const job_record& rec) noexcept {
  return rec.attempt > 0 || rec.cached_from;
}

/// The job completes with the result of another one instead of an attempt, which is not counted. The fence is that of
/// the slot that it had meanwhile. Errors: stale_fence, invalid_state unless scheduled or retrying.
result<life_change> take_result(job_record& rec, fence_token fence, job_id source, const blob& text, time_point now,
                                const life_limits& l);

} // namespace callboard
