#pragma once

#include "cli/reference/described_command.hpp"

#include <string>

namespace callboard {

/// Scripts that complete the words of `callboard` in a shell. Commands, options and choices are in the script; names of
/// queues and the like are asked of the scheduler by `callboard __complete`.

/// For bash(1) from version 4.4; needs no other script.
std::string bash_completion(const described_command& program);
/// For zsh(1) with its completion system (compinit).
std::string zsh_completion(const described_command& program);
/// For fish(1).
std::string fish_completion(const described_command& program);

} // namespace callboard
