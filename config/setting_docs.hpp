#pragma once

#include "config/loader.hpp"

#include <string>

namespace callboard {

/// A documented settings file with every default; config/callboard.toml is this text.
std::string settings_toml();

/// The reference of all settings in Markdown; docs/settings.md is this text.
std::string settings_markdown();

/// The effective settings as TOML, each with its origin; secrets are masked.
std::string effective_toml(const loaded_settings& s);

/// What stands in place of a secret.
inline constexpr const char* secret_mask = "********";

} // namespace callboard
