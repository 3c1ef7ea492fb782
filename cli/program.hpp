#pragma once

#include "cli/cert.hpp"
#include "cli/serve.hpp"
#include "cli/worker.hpp"
#include "core/base/time.hpp"

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace callboard {

/// All that a command takes from the process it runs in, so that tests can give it something else.
struct program_context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::map<std::string, std::string> environment;
  /// Standard output is a terminal: colours (unless NO_COLOR is set) and a progress line.
  bool terminal = false;
  /// Path of the running program.
  std::string executable;
  /// The time of day.
  std::function<time_point()> now;
  /// Waits between two looks at a job.
  std::function<void(duration)> pause;
  std::function<int(const serve_options&)> serve;
  std::function<int(const worker_options&)> worker;
  std::function<int(const cert_options&, program_context&)> cert;
};

/// Runs `callboard ARGUMENTS...` and returns its exit code.
int run_program(const std::vector<std::string>& arguments, program_context& context);

} // namespace callboard
