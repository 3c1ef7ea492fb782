#pragma once

#include <stdexcept>
#include <string>

namespace callboard {

/// What every client command ends with; documented in docs/cli.md. `serve` has two codes of its own, in
/// actors/root.hpp: 70 when its parts end too often, 76 when another scheduler has taken over its store
/// (docs/operations.md).
enum exit_code : int {
  exit_ok = 0,
  exit_usage = 1,       ///< a wrong flag, or the scheduler refused the request (4xx)
  exit_job_failed = 2,  ///< the job that was waited for failed or was cancelled
  exit_unreachable = 3, ///< no connection, or no whole answer
  exit_server = 4,      ///< the scheduler could not do it now (5xx, 408, 429): the same may work later
};

/// Ends a command with a message for standard error.
class command_failure : public std::runtime_error {
public:
  command_failure(exit_code code, const std::string& message) : std::runtime_error(message), code_(code) {
  }
  exit_code code() const noexcept {
    return code_;
  }

private:
  exit_code code_;
};

} // namespace callboard
