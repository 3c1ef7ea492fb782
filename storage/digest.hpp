#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// SHA-256 as 64 hexadecimal digits. Error: internal_error when OpenSSL has none.
result<std::string> sha256_hex(std::string_view bytes);

} // namespace callboard
