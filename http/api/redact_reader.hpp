#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Reads the paths of a type whose values nobody is shown, from a JSON array of strings: `payload.card.number`,
/// `result`. Such a path has no space, no control character and no bracket, as it is stored by words. Errors:
/// invalid_value, out_of_range, with the field below `redact`.
result<std::vector<std::string>> read_redacted_paths(std::string_view json);

} // namespace callboard
