#pragma once

#include <stdexcept>
#include <string>

namespace callboard::detail {

/// Throws std::logic_error "FILE:LINE: what (condition)". Out of line of the check, so that the check stays small.
[[noreturn]] inline void invariant_broken(const char* file, int line, const char* condition, const char* what) {
  throw std::logic_error(std::string{file} + ':' + std::to_string(line) + ": " + what + " (" + condition + ')');
}

} // namespace callboard::detail

/// Checks, in every build, what can only be false because of a bug, and throws std::logic_error with file and line.
/// An actor that throws dies and is restarted by its supervisor: better than to go on with a wrong state.
#define CB_INVARIANT(condition, sentence)                                                                              \
  do {                                                                                                                 \
    if (!(condition)) [[unlikely]]                                                                                     \
      ::callboard::detail::invariant_broken(__FILE__, __LINE__, #condition, sentence);                                 \
  } while (false)
