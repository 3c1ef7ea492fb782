#pragma once

#include "core/base/error.hpp"

#include <string_view>

#include "simulate/scenario.hpp"

namespace callboard::simulate {

/// Reads a scenario (docs/simulate.md). Errors: malformed_json; invalid_value with the path of what is wrong
/// (`steps[2].submit.priority`) in `field`, and what is allowed in the message.
result<scenario> read_scenario(std::string_view text);

} // namespace callboard::simulate
