#pragma once

#include "cli/client.hpp"

#include <string>
#include <vector>

namespace callboard {

struct watch_options {
  std::vector<std::string> ids;
  /// Print the scheduler's JSON of each change, a line each, instead of text.
  bool json = false;
  /// How long the scheduler may be away before the watch ends: it may be restarting.
  duration reconnect = std::chrono::seconds{30};
};

/// Looks at the jobs until all have ended: a single one whenever the stream of events tells something of it, if the
/// scheduler gives one; else again and again. exit_ok when all are completed, exit_job_failed when one is not.
/// Throws command_failure: exit_unreachable after `reconnect`, exit_usage for a job that does not exist.
int watch_jobs(program_context& context, scheduler_client& client, const watch_options& options);

} // namespace callboard
