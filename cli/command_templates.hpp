#pragma once

#include "cli/client.hpp"
#include "cli/command.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace callboard {

/// `/api/templates/NAME` and what follows. Throws command_failure (exit_usage) without a name, which is another
/// address.
std::string template_target(const std::string& name, std::string_view rest = {});

/// `callboard templates submit`. `client` is shared by all subcommands, so that its flags may stand anywhere.
void add_templates_submit(command_host& host, CLI::App& templates, std::shared_ptr<client_flags> client);

} // namespace callboard
