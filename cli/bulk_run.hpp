#pragma once

#include "cli/bulk_flags.hpp"
#include "cli/client.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace callboard {

/// A bulk command, and how it is told to people.
struct bulk_work {
  /// `/api/bulk`, or an address that stands for one action.
  std::string target;
  /// What every request of it has: filter, action, change, reason.
  nlohmann::ordered_json body;
  std::string verb; ///< "cancel"
  std::string past; ///< "cancelled"
};

/// Counts the jobs, asks unless `--yes`, and acts slice by slice. Returns exit_ok when no job was refused, else
/// exit_usage. Throws command_failure: exit_usage when nobody can be asked; as of the client when the scheduler cannot
/// go on, after the summary of what was done.
int run_bulk_work(program_context& context, const client_flags& client, const bulk_flags& flags, const bulk_work& work);

} // namespace callboard
