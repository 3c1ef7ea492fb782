#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// Reads the object that a `concurrencyKey` may be: `{"payload": "customer.id"}`, where the key stands in the payload.
/// Returns the path. Errors: invalid_value, missing_field, out_of_range and unknown_field, with the field.
result<std::string> read_key_path(const nlohmann::json& v);

/// The key at that path: a string as it is, a number or a boolean as JSON.
/// @param depth_max  the nesting up to which the payload was read. @param bytes_max  of the key.
/// Errors: invalid_value when nothing is there, or something else; out_of_range. The field is `concurrencyKey`.
result<std::string> concurrency_key_at(std::string_view path, std::string_view payload, uint32_t depth_max,
                                       size_t bytes_max);

} // namespace callboard
