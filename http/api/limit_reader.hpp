#pragma once

#include "core/placement/limit_rule.hpp"
#include "http/api/api.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Reads the name of a queue, or of a job type, as a job may have it. Nobody needs to have used it.
/// Errors, of the field `name`: invalid_value, out_of_range.
result<std::string> read_limit_name(const api& a, limit_kind kind, std::string_view text);

/// Reads whom a rule is for. @param key  of kind `key`: the concurrency key, as a job may have it.
/// Errors, of the fields `name` and `key`: invalid_value, out_of_range.
result<limit_target> read_limit_target(const api& a, limit_kind kind, std::string_view name, std::string_view key = {});

/// Reads a whole rule: what it does not name is not limited. Field paths of what is in an object begin with its name.
/// Errors: malformed_json, invalid_value, out_of_range, missing_field, unknown_field.
result<limit_rule> read_limit_rule(const api& a, limit_kind kind, std::string_view text);

} // namespace callboard
