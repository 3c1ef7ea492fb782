#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// A payload of which parts are looked up, so that keys can be made of them. No digit of a number is lost, and two ways
/// to write the same are the same.
class payload_parts {
public:
  /// @param depth_max  the nesting up to which the payload was read. Errors: as of `parse_json`.
  static result<payload_parts> read(std::string_view payload, uint32_t depth_max);

  /// One of its parts.
  using part = nlohmann::json;
  /// By a path such as `customer.id` or `argv.0`; empty: all of it. Null: there is nothing of this name. It lives as
  /// long as this.
  const part* find(std::string_view path) const;

  /// Its one form as JSON: members in order, no white space, `1.0` as `1`.
  static std::string canonical(const part& p);
  /// A string as it is, a number or a boolean in its one form; nothing of any other kind.
  static std::optional<std::string> plain(const part& p);
  /// "a string", "an object": for messages.
  static std::string_view kind_of(const part& p);

private:
  part root_; ///< numbers and strings are texts with a mark in front
};

/// The one form of a JSON number: `1e1` and `10.0` are `10`, `-0` is `0`, `0.50` is `5e-1`.
std::string canonical_number(std::string_view text);

} // namespace callboard
