#pragma once

#include "core/scheduler/scheduler_state.hpp"

namespace callboard {

/// Decides a request, and counts what is refused. The ids that it takes are reserved: ahead of its jobs on the way to
/// the store, hence in the same commit or an earlier one.
admission::decision take_decision(scheduler_state& s, uint64_t request, const read_answer* known, const moment& now);

} // namespace callboard
