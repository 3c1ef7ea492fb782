#pragma once

#include <string_view>

namespace callboard {

inline constexpr std::string_view media_json = "application/json";
inline constexpr std::string_view media_ndjson = "application/x-ndjson";

/// True when a Content-Type names this media type: `type/subtype` in any case, with or without parameters
/// (RFC 9110, 8.3.1).
/// @param lower  in lower case.
bool is_media_type(std::string_view content_type, std::string_view lower);

} // namespace callboard
