#pragma once

#include "cli/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

/// The values that a template is to be filled in with, as flags.
struct template_flags {
  std::vector<std::string> parameters; ///< `NAME=VALUE`
  std::string parameters_file;
  std::optional<uint32_t> version; ///< the present one when empty
};

/// --param and --params-file.
void add_template_flags(CLI::App& cmd, template_flags& f);

/// The members `parameters` and `version` of a body. Asks the scheduler for the types of the parameters when --param is
/// given: a value is JSON if it is that and the template does not want a string; else it is text. Throws
/// command_failure (exit_usage) that names the flag, and what the client throws.
nlohmann::ordered_json template_members(program_context& context, scheduler_client& client, const std::string& name,
                                        const template_flags& f);

} // namespace callboard
