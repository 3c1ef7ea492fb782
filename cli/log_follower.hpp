#pragma once

#include "cli/client.hpp"

#include <string>

namespace callboard {

struct log_options {
  std::string id;
  bool follow = false;
  /// Print each line as an object of JSON instead of text.
  bool json = false;
  /// How long the scheduler may be away before following ends: it may be restarting.
  duration reconnect = std::chrono::seconds{30};
};

/// Prints the lines of a job's log that are kept. With `follow` it goes on until the job has ended: whenever the stream
/// of events tells something of the job, if the scheduler gives one, else again and again. What a line of a later
/// attempt begins is said, and how many lines were not kept. exit_ok, or as `watch_jobs` when it follows.
int show_log(program_context& context, scheduler_client& client, const log_options& options);

} // namespace callboard
