#pragma once

#include "handlers/registry.hpp"

#include <nlohmann/json_fwd.hpp>

namespace callboard {

/// As payload_validator::check, for who has parsed the payload already. Thread-safe.
result<done> check_payload(const payload_validator& v, std::string_view type, const nlohmann::json& payload);

} // namespace callboard
