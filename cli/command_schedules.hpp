#pragma once

#include "cli/client.hpp"
#include "cli/command.hpp"

namespace callboard {

/// The larger subcommands of `callboard schedules`, each in a file of its own. `client` is shared by all of them, so
/// that its flags may stand anywhere.
void add_schedules_add(command_host& host, CLI::App& schedules, std::shared_ptr<client_flags> client);
void add_schedules_import(command_host& host, CLI::App& schedules, std::shared_ptr<client_flags> client);

/// Only `schedules add` has something behind `--`. Throws command_failure (exit_usage).
void refuse_words(const command_host& host);

} // namespace callboard
