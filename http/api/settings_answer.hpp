#pragma once

#include "http/api/router.hpp"

#include <optional>

namespace callboard {

/// `GET /api/settings`: every setting with its value, default and origin; of a secret only whether it is set.
/// Error: not_found where nobody tells settings.
std::optional<http_response> tell_settings(const request_context& c, const responder& to);

} // namespace callboard
