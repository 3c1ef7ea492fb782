#pragma once

#include "cli/program.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard::test {

/// What a run of the program left behind.
struct run_result {
  int code = -1;
  std::string out, err;
  std::optional<serve_options> served;
  std::optional<worker_options> worked;
  std::optional<cert_options> certified;
  /// The waits that it asked for; none of them took any time.
  std::vector<duration> pauses;
};

/// Runs the program in this process, at noon of 2026-01-15 UTC.
struct session {
  std::map<std::string, std::string> environment;
  std::string input;
  bool terminal = false;
  /// Called in place of each wait.
  std::function<void()> on_pause;

  run_result run(const std::vector<std::string>& arguments) const;
};

/// As `session::run`, with a scheduler at `url`.
run_result run_at(const std::string& url, const std::vector<std::string>& arguments, session s = {});

/// The text up to the first line end.
std::string first_line(const std::string& text);

} // namespace callboard::test
