#pragma once

#include "cli/client.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// `/api/workflows/ID` and what follows. Throws command_failure (exit_usage) without an id, which is another address.
std::string workflow_target(const std::string& id, std::string_view rest = {});

struct follow_options {
  std::string id;
  /// Print the scheduler's JSON of each change, a line each, instead of text.
  bool json = false;
  /// How long the scheduler may be away before this ends: it may be restarting.
  duration reconnect = std::chrono::seconds{30};
};

/// Looks at a workflow until it has ended. exit_ok when it is completed, else exit_job_failed. Throws command_failure:
/// exit_unreachable after `reconnect`, exit_usage for one that does not exist.
int follow_workflow(program_context& context, scheduler_client& client, const follow_options& options);

} // namespace callboard
