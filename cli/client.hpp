#pragma once

#include "cli/exit_code.hpp"
#include "cli/program.hpp"
#include "cli/rest_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace callboard {

/// Where a scheduler is looked for when neither --server nor CALLBOARD_SERVER says so.
inline constexpr const char* default_server = "http://127.0.0.1:8080";

/// The flags that all client commands have.
struct client_flags {
  std::string server;
  bool json = false;
  std::string timeout = "30s";
  std::string as;
};

/// Who acts, for the audit log: `as`, else the user's name; control characters are left out. Empty: nobody says.
std::string actor_name(const program_context& context, const std::string& as);

/// The scheduler that these flags and the environment name.
std::string server_of(const program_context& context, const client_flags& flags);

void add_client_flags(CLI::App& cmd, client_flags& flags);

/// A scheduler as the commands see it: answers that are good, or a command_failure with message and exit code.
class scheduler_client {
public:
  scheduler_client(const program_context& context, const client_flags& flags);

  /// From now on a part of the scheduler that is starting is a failure at once (exit_server): for those who look again
  /// by themselves, with a patience of their own.
  void fail_while_starting() noexcept {
    waits_for_start_ = false;
  }

  /// A good answer (2xx) as it came. A part of the scheduler that is starting has done nothing yet: it is asked again
  /// for as long as an answer may take. Throws command_failure: exit_unreachable, exit_usage, exit_server.
  rest_answer answer(std::string_view method, const std::string& target, std::string_view body = {},
                     std::string_view content_type = "application/json");
  /// The body of a good answer (2xx) as it came. Throws command_failure: exit_unreachable, exit_usage, exit_server.
  std::string text(std::string_view method, const std::string& target, std::string_view body = {},
                   std::string_view content_type = "application/json");
  /// The same, parsed; what is no JSON is an exit_server.
  nlohmann::ordered_json json(std::string_view method, const std::string& target, std::string_view body = {},
                              std::string_view content_type = "application/json");

  /// Follows a stream of events (`rest_client::follow`) until `take` ends it. Nothing: it ended so, or the scheduler
  /// ended it; else why not: exit_unreachable when there is no scheduler or the connection broke, exit_usage and
  /// exit_server when it was refused. May be called while nothing else is; `take` may call what is above.
  std::optional<command_failure> follow(const std::string& target, const std::string& last_id,
                                        const std::function<bool(std::string_view)>& take);

  /// Any thread: what is under way fails now, and so does all that is asked later (exit_unreachable).
  void stop() noexcept {
    rest_.stop();
    stream_.stop();
  }

private:
  const duration timeout_;
  const std::function<void(duration)> pause_;
  bool waits_for_start_ = true;
  rest_client rest_;
  rest_client stream_; ///< a connection of its own
};

/// Parses what a scheduler answered; throws command_failure (exit_server) when it is no JSON.
nlohmann::ordered_json parse_answer(const std::string& body);

/// `/api/jobs/ID` and what follows.
std::string job_target(const std::string& id, std::string_view rest = {});

/// Runs `work(id)` for each id and goes on when one fails; the message of each failure goes to standard error.
/// Returns the exit code of the first failure. Without a connection there is no point in going on.
int for_each_id(program_context& context, const std::vector<std::string>& ids,
                const std::function<void(const std::string&)>& work);

/// Reads a duration given as a flag; throws command_failure (exit_usage) that names the flag.
duration duration_flag(std::string_view flag, const std::string& text);

} // namespace callboard
