#pragma once

#include "cli/reference/described_command.hpp"

#include <string>

namespace callboard {

struct man_frame {
  std::string version; ///< of the program
  std::string date;    ///< of the pages, as `2026-01-15`
};

/// The page callboard(1), which lists the commands.
std::string program_page(const described_command& program, const man_frame& frame);
/// The page callboard-COMMAND(1) of one of them, with all below it. In the macros of man(7), for groff and mandoc.
std::string command_page(const described_command& command, const man_frame& frame);

} // namespace callboard
