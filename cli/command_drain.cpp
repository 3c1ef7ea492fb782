#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"
#include "cli/rest_client.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace callboard {

namespace {

struct drain_flags {
  client_flags client;
  std::string worker;
  std::optional<double> deadline;
};

int run_drain(program_context& context, const drain_flags& f) {
  scheduler_client client{context, f.client};
  nlohmann::json wish = nlohmann::json::object();
  if (f.deadline)
    wish["deadline"] = *f.deadline;
  const auto body = client.text("POST", "/api/workers/" + url_escaped(f.worker) + "/drain", wish.dump());
  if (f.client.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  context.out << printable(f.worker) << " finishes the " << printable(member_text(parse_answer(body), "currentJobs"))
              << " jobs it has, and leaves\n";
  return exit_ok;
}

} // namespace

void add_drain(command_host& host) {
  auto f = std::make_shared<drain_flags>();
  auto* cmd = host.app.add_subcommand("drain", "Have a worker finish what it has, and leave");
  cmd->add_option("WORKER", f->worker, "Its name")->required();
  cmd->add_option("--deadline", f->deadline, "Seconds until what still runs is handed back")->type_name("SECONDS");
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_drain(host.context, *f); }; });
}

} // namespace callboard
