#pragma once

#include "core/base/time.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// Header fields of what is sent to an address: when it was signed, and how (docs/webhooks.md).
inline constexpr std::string_view webhook_time_field = "X-Callboard-Timestamp";
inline constexpr std::string_view webhook_signature_field = "X-Callboard-Signature";

/// The value of the first: seconds since 1970.
std::string webhook_time(time_point now);
/// `sha256=` and 64 hexadecimal digits: HMAC-SHA256 (RFC 2104) of `TIME.BODY`.
std::string webhook_signature(std::string_view secret, std::string_view time, std::string_view body);

} // namespace callboard
