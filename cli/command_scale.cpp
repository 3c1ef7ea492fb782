#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct scale_flags {
  client_flags client;
  uint32_t workers = 0;
};

int run_scale(program_context& context, const scale_flags& f) {
  scheduler_client client{context, f.client};
  const auto body = client.text("POST", "/api/workers/scale", nlohmann::json{{"workers", f.workers}}.dump());
  if (f.client.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  context.out << "local workers: " << printable(member_text(answer, "before")) << " -> "
              << printable(member_text(answer, "workers")) << '\n';
  return exit_ok;
}

} // namespace

void add_scale(command_host& host) {
  auto f = std::make_shared<scale_flags>();
  auto* cmd = host.app.add_subcommand("scale", "Set the number of the scheduler's local workers");
  cmd->add_option("WORKERS", f->workers, "How many there shall be")->required();
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_scale(host.context, *f); }; });
}

} // namespace callboard
