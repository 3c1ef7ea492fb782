#pragma once

#include "core/job/job.hpp"

#include <string>
#include <string_view>

namespace callboard {

// A job that is unique while it runs keeps nobody out: of those with its key one runs after the other. So its key is
// the key of a lane, which lets one through at a time, and not a name among the idempotency keys.

/// The key is bound to the job that has it, so that others find it.
constexpr bool is_bound(const unique_rule& u) noexcept {
  return u.scope != unique_scope::running;
}

/// The key of the lane that a job stands in: its concurrency key, or a key that is made of its unique key and that no
/// client can give; empty: it has none.
std::string lane_key_of(std::string_view concurrency_key, const boxed<unique_rule>& unique);
inline std::string lane_key_of(const job_spec& s) {
  return lane_key_of(s.concurrency_key, s.unique);
}

/// The lane's key is made of a unique key: one of its jobs runs at a time, whatever its queue says of keys.
bool is_unique_lane(std::string_view lane_key) noexcept;

/// The unique key that a lane's key is made of. Precondition: is_unique_lane.
std::string_view unique_key_of_lane(std::string_view lane_key);

} // namespace callboard
