#pragma once

#include "cli/format.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>

namespace callboard {

/// Why a job waits, or what became of it: the answer of `GET /api/jobs/{id}/explain` as sentences. Throws
/// command_failure (exit_server) when it has no reasons.
void print_explanation(std::ostream& out, const nlohmann::ordered_json& shown, time_point now, const palette& colours);

} // namespace callboard
