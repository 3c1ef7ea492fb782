#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

namespace callboard {

/// Reads the object that `preemptible` of a job may be, `{"minRun": 60}`: after how long an attempt may be stopped.
/// Errors: invalid_value, unknown_field, out_of_range; the field is `preemptible` or one in it.
/// @param usual  without `minRun`
result<duration> read_preemptible(const nlohmann::json& v, duration usual, duration most);

} // namespace callboard
