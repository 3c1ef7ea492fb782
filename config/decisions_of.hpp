#pragma once

#include "config/settings.hpp"

namespace callboard {

struct decision_settings;

/// What the deciding core needs of the settings. Whoever calls it includes core/scheduler/scheduler_state.hpp.
decision_settings decisions_of(const settings& c);

} // namespace callboard
