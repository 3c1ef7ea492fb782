#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct cancel_flags {
  client_flags client;
  std::vector<std::string> ids;
  std::string reason;
};

int run_cancel(program_context& context, const cancel_flags& f) {
  scheduler_client client{context, f.client};
  const palette colours{context};
  const auto request =
    f.reason.empty()
      ? std::string{}
      : nlohmann::json{{"reason", f.reason}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return for_each_id(context, f.ids, [&](const std::string& id) {
    const auto body = client.text("POST", job_target(id, "/cancel"), request);
    if (f.client.json)
      context.out << body << '\n';
    else
      context.out << id << "  " << colours.status(printable(member_text(parse_answer(body), "status"))) << '\n';
  });
}

} // namespace

void add_cancel(command_host& host) {
  auto f = std::make_shared<cancel_flags>();
  auto* cmd = host.app.add_subcommand("cancel", "Cancel jobs; one that runs is told to stop");
  cmd->add_option("ID", f->ids, "Jobs")->required();
  cmd->add_option("--reason", f->reason, "Why; kept in the job's history");
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_cancel(host.context, *f); }; });
}

} // namespace callboard
