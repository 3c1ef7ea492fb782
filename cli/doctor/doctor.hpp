#pragma once

#include "cli/doctor/checks.hpp"

namespace callboard {

/// Runs the checks and prints what they found: lines for people, or one JSON object. The exit code: exit_server when
/// one has failed, else exit_ok.
int run_checks(program_context& context, const examined& x, std::span<const named_check> checks, bool as_json);

} // namespace callboard
