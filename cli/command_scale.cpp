#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace callboard {

namespace {

struct scale_flags {
  client_flags client;
  std::optional<uint32_t> workers, least, most;
};

int run_scale(program_context& context, const scale_flags& f) {
  scheduler_client client{context, f.client};
  nlohmann::json wish = nlohmann::json::object();
  if (f.workers)
    wish["workers"] = *f.workers;
  if (f.least)
    wish["min"] = *f.least;
  if (f.most)
    wish["max"] = *f.most;
  const auto body =
    wish.empty() ? client.text("GET", "/api/workers/scale") : client.text("POST", "/api/workers/scale", wish.dump());
  if (f.client.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto shown = [&](const char* name) { return printable(member_text(answer, name)); };
  context.out << "workers: ";
  if (!wish.empty())
    context.out << shown("before") << " -> ";
  context.out << shown("workers") << " wanted, " << shown("actual") << " there";
  if (member_text(answer, "automatic") == "true")
    context.out << "; automatic, from " << shown("min") << " to " << shown("max");
  context.out << "\n" << shown("reason") << '\n';
  return exit_ok;
}

} // namespace

void add_scale(command_host& host) {
  auto f = std::make_shared<scale_flags>();
  auto* cmd = host.app.add_subcommand(
    "scale", "Show or set how many workers there shall be: local ones, or those of autoscale.command");
  auto* fixed = cmd->add_option("WORKERS", f->workers, "How many there shall be");
  cmd->add_option("--min", f->least, "Let the number follow the queue, never below this")->excludes(fixed);
  cmd->add_option("--max", f->most, "Let the number follow the queue, never above this")->excludes(fixed);
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_scale(host.context, *f); }; });
}

} // namespace callboard
