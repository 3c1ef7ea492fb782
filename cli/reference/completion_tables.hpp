#pragma once

#include "cli/reference/described_command.hpp"

#include <string>

namespace callboard {

/// A text in single quotes, as bash and zsh read it.
std::string quoted(const std::string& text);

/// The case statements that bash and zsh have in common, as two functions:
///
///     _callboard_command PATH         sets commands, options, valued (options with a value) and arguments, or fails
///     _callboard_value PATH OPTION    sets value
///
/// @param described  entries of `commands` and `options` are `NAME:TEXT`, and the variables arrays, as zsh wants them
///
/// A value is `any`, `file`, `directory`, `names:KIND` or `choice:A,B`; one that repeats ends in `+`.
std::string completion_tables(const described_command& program, bool described);

} // namespace callboard
