#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace callboard {

/// Says for people which field of `value` breaks `schema`, why, and what is allowed; the first that is found.
///
/// valijson decides whether a payload is valid, this only puts it into words. It knows the keywords that describe one
/// value (type, enum, const, bounds, lengths, pattern), objects (required, properties, additionalProperties) and arrays
/// (items, counts); nothing is returned where the fault lies in a keyword it does not know.
/// @param schema  the text of a usable_schema
/// @param path  of `value`, `payload` at the root.
std::optional<error> explain_schema_fault(const nlohmann::json& schema, const nlohmann::json& value,
                                          const std::string& path);

} // namespace callboard
