#pragma once

#include "core/base/time.hpp"

#include <string>

namespace callboard {

/// A duration in seconds for people and for formats that count in seconds: exact, without a unit and without needless
/// zeros (`1.5`, `300`, `0.000025`). Who wants fewer digits rounds before.
std::string seconds_text(duration d);

} // namespace callboard
