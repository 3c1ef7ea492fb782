#include "cli/command.hpp"
#include "cli/top/top_screen.hpp"
#include "cli/top/top_source.hpp"
#include "cli/top/top_terminal.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

namespace callboard {

namespace {

/// Of `--once`.
constexpr size_t once_width = 120, once_height = 40;

struct top_flags {
  client_flags client;
  bool once = false;
};

/// One look, drawn as text.
int run_once(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  rest_client health{server_of(context, f), duration_flag("--request-timeout", f.timeout)};
  top_model model{health.server()};
  for (const auto& tell : look_at_server(client, health, model.view(), context))
    tell(model);
  if (!model.silence().empty())
    throw command_failure{exit_unreachable, model.silence()};
  context.out << draw_top(model, once_width, once_height, context.now()).text();
  return exit_ok;
}

int run_top(program_context& context, const top_flags& f) {
  if (f.once)
    return run_once(context, f.client);
  if (!context.terminal)
    throw command_failure{exit_usage, "standard output is no terminal; `callboard top --once` prints a screen as text"};
  run_on_terminal(context, f.client);
  return exit_ok;
}

} // namespace

void add_top(command_host& host) {
  auto f = std::make_shared<top_flags>();
  f->client.timeout = "5s";
  auto* cmd =
    host.app.add_subcommand("top", "Show queues, types, workers and jobs on the whole screen, and act on them");
  cmd->add_flag("--once", f->once, "Print one screen as text");
  cmd->add_option("--server", f->client.server,
                  "URL of the scheduler (default: $CALLBOARD_SERVER, else " + std::string{default_server} + ")");
  cmd->add_option("--request-timeout", f->client.timeout, "Longest wait for an answer")->capture_default_str();
  cmd->footer("The key ? shows the keys, q quits. For numbers in scripts: `GET /api/metrics/jobs`, `GET /metrics`.");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_top(host.context, *f); }; });
}

} // namespace callboard
