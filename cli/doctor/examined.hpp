#pragma once

#include "cli/client.hpp"
#include "config/settings.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace callboard {

/// What a scheduler says of itself; asked once, looked at by several checks.
struct server_answers {
  std::string server;             ///< its address
  bool named = false;             ///< by a flag or a variable; else it is the default, at which nobody need be
  std::string why_silent;         ///< empty: it answers
  time_point asked, answered;     ///< by this machine's clock
  std::optional<time_point> date; ///< by the scheduler's clock, in whole seconds; none: it did not say so
  nlohmann::ordered_json health;  ///< `GET /api/health`
  nlohmann::ordered_json workers; ///< the list of `GET /api/workers`; null: it was refused
};

/// Asks the scheduler. Never throws: what goes wrong is in the answers.
server_answers ask_server(const program_context& context, const client_flags& flags);

/// All that the checks look at besides the machine itself.
struct examined {
  settings config;
  std::filesystem::path data; ///< of the scheduler with these settings
  std::filesystem::path tls;  ///< with the authority
  time_point now;
  server_answers server;
  std::string version; ///< of this program

  bool server_is_there() const {
    return server.why_silent.empty();
  }
};

} // namespace callboard
