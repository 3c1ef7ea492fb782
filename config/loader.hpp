#pragma once

#include "config/settings.hpp"
#include "core/base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A setting from the command line.
struct setting_override {
  std::string key;
  std::string value;
  /// The flag as the user gave it, for messages: `--set`, `--http`.
  std::string given_as = "--set";
};

/// Reads `key=value`. Error: invalid_value.
result<setting_override> parse_override(std::string_view text);

/// Where settings come from. Nothing is read from the process itself.
struct load_request {
  /// A TOML file; none when nothing is given.
  std::optional<std::string> file;
  /// The variables of the environment; those that are not settings are ignored.
  std::map<std::string, std::string> environment;
  /// In order: a later one wins.
  std::vector<setting_override> overrides;
};

/// Settings and where each that is not a default came from: `callboard.toml:12`, `CALLBOARD_HTTP_LISTEN`, `--set`.
struct loaded_settings {
  settings values;
  std::map<std::string, std::string, std::less<>> origins;
};

/// Defaults < file < environment < overrides, then `find_conflicts`. All problems are found, not only the first: the
/// message of the error has one line for each, with file and line, the key, what was given and what is allowed. Error:
/// invalid_value; `field` is the first key.
result<loaded_settings> load_settings_with_origins(const load_request& r);

} // namespace callboard
