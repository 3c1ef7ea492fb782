#pragma once

#include "cli/format.hpp"
#include "core/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>

namespace callboard {

/// `concurrency 10, rate 100/1min, burst 20, weight 3`: what a queue, a job type or a key is held to, in the words of
/// the flags; empty: nothing. Behind what a key has from its queue stands `(each key)`.
std::string limits_text(const nlohmann::ordered_json& shown);

/// `open`, `paused`, `at concurrency` or `at rate`: whether something of it may start now.
std::string limit_state(const nlohmann::ordered_json& shown);

/// All of a queue, a job type or a key, a line per member.
void print_limit(std::ostream& out, const nlohmann::ordered_json& shown, time_point now, const palette& colours);

} // namespace callboard
