#pragma once

#include "config/settings.hpp"
#include "core/base/error.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tracing/export_answer.hpp"

namespace callboard {

/// `callboard serve`, read and checked.
struct serve_options {
  /// Loaded from file, environment and flags, and valid.
  settings config;
  /// Where each of them came from that is not a default (`loaded_settings::origins`).
  std::map<std::string, std::string, std::less<>> origins;
  /// The file, the flags and the program, for the local worker processes: `callboard worker --config FILE --set …`.
  /// They inherit the environment. `overrides` are `key=value` and never hold a secret: those are refused as flags.
  std::optional<std::string> config_file;
  std::vector<std::string> overrides;
  std::string executable;
  /// What sends spans, as the settings say; called once, with an endpoint. Errors: of `tracing.headers_file`.
  std::function<result<std::function<export_answer(const std::string&)>>(const tracing_settings&)> span_sender;
};

/// Runs the scheduler until a signal ends it. Returns the exit code of the process.
int run_serve(const serve_options& options);

} // namespace callboard
