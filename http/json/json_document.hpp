#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace callboard {

/// Reads one JSON text into a tree, for bodies that are worked on as a whole. Numbers without a fraction keep 64 bits,
/// others are doubles. Errors: those of `parse_json`; invalid_value for a member that is given twice, with its path.
result<nlohmann::json> read_document(std::string_view text, uint32_t depth_max);

/// The value at a path as errors name it: `jobs.load.tags[2]`; null: there is none. A name that has a dot or a bracket
/// in it is not found.
const nlohmann::json* value_at(const nlohmann::json& root, std::string_view path);

/// JSON text of one line; bytes that are no UTF-8 are replaced.
std::string compact_text(const nlohmann::json& v);

} // namespace callboard
