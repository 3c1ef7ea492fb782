#include "cli/command.hpp"
#include "cli/version.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace callboard {

void add_version(command_host& host) {
  auto* cmd = host.app.add_subcommand("version", "Print the version");
  cmd->callback([&host] {
    host.action = [&host] {
      host.context.out << "callboard " << version() << '\n';
      return 0;
    };
  });
}

} // namespace callboard
