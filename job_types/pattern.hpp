#pragma once

#include <regex>
#include <string>

namespace callboard {

/// The regular expression of a JSON Schema's `pattern`. libstdc++'s usual matcher calls itself for every character and
/// overruns the stack on a string of some 100 KiB, and takes exponential time for some patterns; this one takes memory
/// and time that are linear in the string. It has no back-references. Throws std::regex_error.
inline std::regex compile_pattern(const std::string& pattern) {
  auto flags = std::regex_constants::ECMAScript;
#ifdef __GLIBCXX__
  flags |= std::regex_constants::__polynomial;
#endif
  return std::regex{pattern, flags};
}

} // namespace callboard
