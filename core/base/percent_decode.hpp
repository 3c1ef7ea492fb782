#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// The text with each `%XX` replaced by the byte it stands for (RFC 3986, 2.1); nothing when a percent sign is not
/// followed by two hexadecimal digits.
/// @param plus_is_space  `+` stands for a space, as in a query.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

} // namespace callboard
