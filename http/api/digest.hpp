#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// `sha256:` and 64 hexadecimal digits. Error: internal_error when OpenSSL has no SHA-256.
result<std::string> digest_of(std::string_view text);

} // namespace callboard
