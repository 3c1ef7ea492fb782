#pragma once

#include "core/scheduler/scheduler_state.hpp"

namespace callboard {

/// A queue, a type or a key for people: its rule, what it uses, what waits. Of one without jobs and rule as well.
limit_view view_of(const scheduler_state& s, const limit_target& t, const moment& now);
/// Those that have live jobs or a rule, in the order of their names; of the keys of a queue in the order of the keys.
limit_page page_of(const scheduler_state& s, const limits_call& x, const moment& now);

} // namespace callboard
