#pragma once

#include "core/base/error.hpp"
#include "http/json/json_source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The members of a small body: an object of single values, and at most one object within it as text.
class flat_object {
public:
  struct member {
    std::string name;
    json_scalar value;
    std::string text; ///< of a string
  };

  /// Null when it was not given. Valid as long as the object is.
  const json_scalar* find(std::string_view name);
  /// The text of the inner object; empty when it was not given. Valid as long as the body is.
  std::string_view inner() const {
    return inner_;
  }
  bool empty() const {
    return members_.empty() && inner_.empty();
  }

private:
  friend class flat_reader;
  std::vector<member> members_;
  std::string_view inner_;
};

/// What null is in place of the inner object.
enum class null_inner : uint8_t {
  is_wrong,
  is_none, ///< as if it was not given
};

/// Reads such a body. Errors: malformed_json, unknown_field for a name that is not in `known`, invalid_value for a
/// member that is given twice, an inner object or array, or a body that is no object.
/// @param inner  of those in `known` the one that is an object; empty: none is.
result<flat_object> parse_flat_object(std::string_view text, std::span<const std::string_view> known,
                                      uint32_t depth_max, std::string_view inner = {},
                                      null_inner null = null_inner::is_wrong);

/// The `reason` of a body that may have one and nothing else, or be empty. Errors as of `parse_flat_object`, and
/// out_of_range.
result<std::string> read_reason(std::string_view text, uint32_t depth_max);

/// Of a function that takes no fields: the body is empty, or an empty object. Errors as of `parse_flat_object`.
std::optional<error> refuse_fields(std::string_view text, uint32_t depth_max);

} // namespace callboard
