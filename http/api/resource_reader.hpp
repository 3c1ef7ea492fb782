#pragma once

#include "core/base/error.hpp"
#include "core/placement/resources.hpp"

#include <nlohmann/json_fwd.hpp>

namespace callboard {

/// Reads the `resources` of a submitted job: `slots`, `cpu` (cores, up to three decimals), `memory` (bytes, or a text
/// as "512MiB"), `labels` (an object of texts); any other name is a named resource in whole units.
/// Errors: invalid_value and out_of_range with the field (`resources.cpu`).
result<resource_request> read_resource_request(const nlohmann::json& v, uint32_t slots_max);

} // namespace callboard
