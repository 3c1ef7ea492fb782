#pragma once

#include "cli/client.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// `/api/workflows/ID` and what follows. Throws command_failure (exit_usage) without an id, which is another address.
std::string workflow_target(const std::string& id, std::string_view rest = {});

struct workflow_watch_options {
  /// Print the scheduler's JSON of each change, a line each, instead of text.
  bool json = false;
  /// How long the scheduler may be away before the watch ends: it may be restarting.
  duration reconnect = std::chrono::seconds{30};
};

/// Looks at a workflow until it has ended, also while it is paused. exit_ok when it is completed, exit_job_failed when
/// it is not. Throws command_failure: exit_unreachable after `reconnect`, exit_usage for a workflow that does not
/// exist.
int watch_workflow(program_context& context, scheduler_client& client, const std::string& id,
                   const workflow_watch_options& options);

} // namespace callboard
