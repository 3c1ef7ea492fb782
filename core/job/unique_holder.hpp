#pragma once

#include "core/job/job.hpp"

namespace callboard {

/// Whether a job to which a unique key is bound keeps others with that key out.
/// @param is_live  it has not ended. @param waits  it has not been given to a worker yet
bool holds_unique_key(const job_record& rec, bool is_live, bool waits, time_point now);

/// What a job does to one that waits with the same unique key: it takes its place.
constexpr bool replaces(const unique_rule& u) noexcept {
  return u.conflict == on_unique_conflict::replace || u.conflict == on_unique_conflict::debounce;
}

} // namespace callboard
