#pragma once

#include "config/setting_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace callboard {

/// A value as it was given. A text may come from a place that has nothing but texts (environment, flags): `plain_text`.
struct plain_text {
  std::string text;
};
using given_value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>, plain_text>;

/// Writes a value into its place. Nothing when it went well, else what is allowed and what was given:
/// `must be a whole number from 1 to 64 (threads), not "many"`. A secret is not repeated.
std::optional<std::string> assign(const setting_row& row, settings& s, const given_value& v);

/// The value as text that the environment and `--set` take; lists with commas.
std::string value_text(const setting_row& row, const settings& s);

/// The items of a list; null: it is no list.
const std::vector<std::string>* value_items(const setting_row& row, const settings& s);

/// The value as TOML: quoted where needed.
std::string value_toml(const setting_row& row, const settings& s);

/// True when there is something to hide: a secret that is set.
bool is_hidden(const setting_row& row, const settings& s);

/// `a whole number from 1 to 64 (threads)`
std::string allowed_text(const setting_row& row);

/// A TOML (and JSON) string.
std::string quoted(std::string_view text);

} // namespace callboard
