#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes) noexcept;

/// RFC 4648, with padding, without line breaks.
std::string to_base64(std::string_view bytes);

/// Reads RFC 4648 with padding; white space between is ignored. Nothing if it is something else.
std::optional<std::string> from_base64(std::string_view text);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

/// ASCII only, as protocols want it.
std::string lower_case(std::string_view text);

/// JSON text; bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string to_json_text(const nlohmann::json& j);
std::string to_json_text(const nlohmann::ordered_json& j);

} // namespace callboard
