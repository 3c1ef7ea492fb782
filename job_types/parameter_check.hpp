#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

namespace callboard {

/// Whether `schema` is a JSON Schema of draft 7 that can be used, as that of a job type; and, unless it is null,
/// whether `parameters` follow it. Errors: invalid_value with the reason; of parameters with the field
/// (`parameters.day`).
result<done> check_parameters(const nlohmann::json& schema, const nlohmann::json* parameters);

} // namespace callboard
