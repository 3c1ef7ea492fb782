#pragma once

#include "cli/client.hpp"
#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace callboard {

/// A command below `parent` that asks a scheduler. @param client  its flags; several commands may share them.
/// @param work  called with the program's context and these flags.
template <class Work>
CLI::App* add_client_command(command_host& host, CLI::App& parent, std::shared_ptr<client_flags> client,
                             const std::string& name, const std::string& help, Work work) {
  auto* cmd = parent.add_subcommand(name, help);
  add_client_flags(*cmd, *client);
  cmd->callback([&host, client = std::move(client), work = std::move(work)] {
    host.action = [&host, client, work] { return work(host.context, *client); };
  });
  return cmd;
}

} // namespace callboard
