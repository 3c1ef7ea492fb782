#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace callboard {

/// The program of local workers and its first arguments, from the setting `workers.command`: words with blanks between
/// them. A program without a slash is looked up in `path` (as in the variable PATH); the one returned is absolute.
/// Nothing for an empty command. Error: invalid_value, what is wrong with the program.
result<std::vector<std::string>> worker_command(const std::string& command, const std::string& path);

} // namespace callboard
