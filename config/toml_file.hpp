#pragma once

#include "config/setting_text.hpp"
#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace callboard {

/// A settings file larger than this is a mistake.
inline constexpr size_t settings_file_bytes_max = 1u << 20;

/// One value of a file.
struct file_entry {
  std::string key; ///< with its section: `http.listen`
  size_t line = 0;
  given_value value;
  /// A value of a kind that no setting has (a date, a table in an array), in words; `value` means nothing then.
  std::string unusable;
};

/// What could be read, in the order of the file.
struct settings_file {
  std::vector<file_entry> entries;
};

/// Reads a TOML file. Error: invalid_value with the reason: `FILE cannot be read: …`, `FILE:LINE: …`.
result<settings_file> read_settings_file(const std::string& path);

/// The same of a text; `name` is what errors call it.
result<settings_file> parse_settings_text(const std::string& text, const std::string& name);

} // namespace callboard
