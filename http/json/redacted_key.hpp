#pragma once

#include "http/json/redaction.hpp"

#include <string_view>

namespace callboard {

/// A unique key, an object of parts of a job with their values, or a digest of one, has values of redacted parts of the
/// payload in it, or may have them.
bool is_redacted_key(std::string_view key, const redaction& hidden);

} // namespace callboard
