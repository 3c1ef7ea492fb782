#pragma once

#include "core/base/error.hpp"
#include "http/json/json_source.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// What a field holds.
enum class rule_kind : uint8_t {
  value,             ///< no object, no array
  object,            ///< other fields; null is as if it was not given
  object_or_boolean, ///< the same, or true or false
  text,              ///< an object of any fields, which is kept as text
  list,              ///< an array, which is kept as text
};

/// A field that a body may have.
struct rule_field {
  std::string_view path; ///< `rate.per`: below the object `rate`
  rule_kind kind = rule_kind::value;
  std::string_view not_here; ///< why it is refused all the same; empty: it is not
};

/// The members of a body whose objects are within each other, by their paths.
class rule_fields {
public:
  /// Errors: malformed_json, unknown_field, invalid_value for a member that is given twice or of the wrong kind, or
  /// that is not for this body.
  static result<rule_fields> read(std::string_view text, std::span<const rule_field> known, uint32_t depth_max);

  /// Null when it was not given. Valid as long as the fields are.
  const json_scalar* find(std::string_view path);
  /// As `find`; null also when it was given as null.
  const json_scalar* find_value(std::string_view path);
  /// The object was given, and was not null.
  bool has_object(std::string_view path) const;
  /// The JSON text of one of kind `text` or `list`; empty when it was not given or null.
  std::string_view text_of(std::string_view path) const;

private:
  friend class rule_fields_reader;
  struct member {
    std::string path;
    bool object = false; ///< or an array
    json_scalar value = {};
    std::string text = {}; ///< of a string; of kinds `text` and `list` as JSON
  };
  std::vector<member> members_;
};

} // namespace callboard
