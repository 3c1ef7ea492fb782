#pragma once

#include <string>
#include <string_view>

namespace callboard {

/// Appends a JSON string. Bytes that are no UTF-8 become U+FFFD, so that the output is valid whatever came in.
void append_json_string(std::string& out, std::string_view text);

} // namespace callboard
