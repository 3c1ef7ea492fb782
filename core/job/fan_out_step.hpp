#pragma once

#include "core/job/job_life.hpp"

#include <vector>

namespace callboard {

/// A fan-out job has fanned out: from now on it waits for its elements, in their order, and for nothing else. Its slot
/// is given back, and no attempt has begun. It has met its deadline, which its elements have as well. Errors:
/// stale_fence; invalid_state unless it is a fan-out job that is placed and has not fanned out.
result<life_change> fan_out_into(job_record& rec, fence_token fence, const std::vector<job_id>& elements,
                                 time_point now, const life_limits& l);

/// What the fan-out job asks for its element. Precondition: the job has `for_each` and `workflow`.
/// @param payload  of this one
job_spec element_of(const job_spec& whole, uint32_t index, blob payload);

} // namespace callboard
