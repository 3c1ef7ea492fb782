#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace callboard {

/// The place of a setting in the tree; never null.
template <class T>
using setting_ref = T& (*)(settings&);

using setting_access =
  std::variant<setting_ref<bool>, setting_ref<uint16_t>, setting_ref<uint32_t>, setting_ref<uint64_t>,
               setting_ref<std::string>, setting_ref<std::vector<std::string>>, setting_ref<duration>>;

/// How a setting is written.
enum class setting_form : uint8_t {
  flag,    ///< true or false
  count,   ///< a whole number
  bytes,   ///< 64MiB, 1GB, or a number of bytes
  time,    ///< 15s, 100ms, 7d, or a number of seconds
  text,    ///< any text
  choice,  ///< one of `choices`
  list,    ///< texts; with commas between them where there are no arrays
  address, ///< HOST:PORT
  url,     ///< http(s)://host[:port], or empty
};

/// One setting. All that is known about it is here: loading, checking, printing and documentation read this table.
struct setting_row {
  /// `section.name`, as in the file and in `--set`.
  std::string_view key;
  setting_access access;
  setting_form form;
  /// Inclusive bounds: of the number, of the bytes, of the microseconds. For texts `min` 1 means "not empty".
  uint64_t min = 0;
  uint64_t max = 0;
  /// What is counted.
  std::string_view unit = {};
  std::vector<std::string_view> choices = {};
  /// One sentence, for people.
  std::string_view sentence;
  /// Never printed, and refused on the command line, which everybody can see.
  bool secret = false;
};

/// All settings, in the order of the documentation; the keys of a section stand together.
const std::vector<setting_row>& setting_table();

/// Null when there is no such setting.
const setting_row* find_setting(std::string_view key);

/// The nearest setting to a misspelt key, or null when none is near.
const setting_row* nearest_setting(std::string_view key);

/// `CALLBOARD_HTTP_LISTEN`
std::string environment_name(const setting_row& row);

/// The section of a key: `handlers.smtp` of `handlers.smtp.host`.
std::string_view section_of(std::string_view key);

/// What a section is about, in one sentence.
std::string_view section_sentence(std::string_view section);

/// All sections, in order.
std::vector<std::string_view> setting_sections();

/// How many characters must be added, removed, changed or swapped with their neighbour (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b);

} // namespace callboard
