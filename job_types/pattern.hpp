#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace callboard {

/// Why a regular expression cannot be used, in words that name what is not supported.
struct pattern_fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The regular expression of a JSON Schema's `pattern`, compiled by RE2: matching takes time and memory that are linear
/// in the string and no stack that grows with it, whatever the expression is, so a worker's schema cannot stop the
/// scheduler. Immutable and thread-safe; copies share what was compiled.
///
/// The syntax is RE2's, which has what ECMAScript has except look-ahead, look-behind and back-references, none of which
/// can be matched in linear time, `\c` and counts above 1000. `\uXXXX` of ECMAScript is understood. Strings are UTF-8
/// and
/// `.` is one character.
class pattern {
public:
  /// Throws pattern_fault.
  explicit pattern(std::string_view text);

  /// True if some part of `value` matches: a pattern is not anchored.
  bool is_found_in(std::string_view value) const;

private:
  std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace callboard
