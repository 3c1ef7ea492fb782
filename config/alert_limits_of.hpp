#pragma once

#include "config/settings.hpp"
#include "core/alerts/alert_rule.hpp"

namespace callboard {

/// What [alerts] says, for what decides.
alert_limits alert_limits_of(const alert_settings& s);

} // namespace callboard
