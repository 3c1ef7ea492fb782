#pragma once

#include "core/placement/limit_rule.hpp"
#include "http/api/rule_fields.hpp"

#include <optional>

namespace callboard {

/// Reads `objective` of the rule of a queue, `{"waitSeconds": 60, "waitShare": 0.99, "successShare": 0.999}`; nothing
/// when it is left out. Errors: invalid_value, out_of_range, missing_field when one of `waitSeconds` and `waitShare` is
/// missing, or there is no share at all; each with the path.
result<std::optional<queue_objective>> read_objective(rule_fields& body);

/// Of a share, in millionths. Below one half an objective says nothing.
inline constexpr uint32_t objective_share_min = 500'000, objective_share_max = 999'990;
inline constexpr duration objective_window_min = std::chrono::hours{24},
                          objective_window_max = std::chrono::hours{24 * 90};

} // namespace callboard
