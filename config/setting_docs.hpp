#pragma once

#include "config/loader.hpp"
#include "config/setting_table.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// A documented settings file with every default; config/callboard.toml is this text.
std::string settings_toml();

/// The reference of all settings in Markdown; docs/settings.md is this text.
std::string settings_markdown();

/// The effective settings as TOML, each with its origin; secrets are masked.
std::string effective_toml(const loaded_settings& s);

/// Where a value came from.
struct setting_origin {
  std::string_view kind; ///< `default`, `file`, `environment`, `flag`
  std::string place;     ///< as in `loaded_settings::origins`; empty: it is the default
};
setting_origin origin_of(const setting_row& row, const loaded_settings& s);

/// What stands in place of a secret.
inline constexpr const char* secret_mask = "********";

} // namespace callboard
