#pragma once

#include "core/base/error.hpp"
#include "http/json/json_source.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The members of a small body: an object of single values.
class flat_object {
public:
  struct member {
    std::string name;
    json_scalar value;
    std::string text; ///< of a string
  };

  /// Null when it was not given. Valid as long as the object is.
  const json_scalar* find(std::string_view name);
  bool empty() const {
    return members_.empty();
  }

private:
  friend class flat_reader;
  std::vector<member> members_;
};

/// Reads such a body. Errors: malformed_json, unknown_field for a name that is not in `known`, invalid_value for a
/// member that is given twice, an inner object or array, or a body that is no object.
result<flat_object> parse_flat_object(std::string_view text, std::span<const std::string_view> known,
                                      uint32_t depth_max);

} // namespace callboard
