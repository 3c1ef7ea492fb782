#pragma once

#include "core/base/error.hpp"
#include "http/api/api.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

// What a client is told of a payload of which some is redacted. An error goes to logs and screens of which nobody knows
// who reads them, so it repeats nothing.

/// An error about the payload of a job, as it may be told: without values when the type redacts some of its payloads.
error told_of_payload(const api& a, std::string_view type, error e);

/// The client has sent back what it was shown, instead of the value. Error: invalid_payload.
std::optional<error> refuse_marks(const redaction& hidden, std::string_view payload);

/// A concurrency key is a name, which all see. @param path  in the payload. Error: invalid_value.
std::optional<error> refuse_redacted_key(const redaction& hidden, const std::string& path, const std::string& field);

} // namespace callboard
