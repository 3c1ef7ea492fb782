#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace callboard {

/// Deepest nesting of a JSON Schema: compiling and checking walk down it on the stack.
inline constexpr size_t schema_depth_max = 64;

/// What `pattern` is called in a usable schema. valijson has a check of its own for the standard name, with std::regex;
/// under this one it uses the project's (pattern.hpp).
inline constexpr std::string_view pattern_keyword = "callboard:pattern";

/// A JSON Schema that may come from anybody who runs a worker, made safe to check payloads with.
struct usable_schema {
  /// Without `format`: draft 7 leaves open whether it is checked, and valijson's checks of it can overrun the stack.
  /// Without `$id`: what is referred to is in the same text. `pattern` has another name, `pattern_keyword`, and
  /// compiles.
  nlohmann::json text;
};

/// Errors: invalid_value, with the reason: not JSON, too deep, not a schema, a pattern that is none.
result<usable_schema> read_schema(std::string_view text);

} // namespace callboard
