#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct retry_flags {
  client_flags client;
  std::vector<std::string> ids;
};

int run_retry(program_context& context, const retry_flags& f) {
  scheduler_client client{context, f.client};
  const palette colours{context};
  return for_each_id(context, f.ids, [&](const std::string& id) {
    const auto body = client.text("POST", job_target(id, "/retry"));
    if (f.client.json)
      context.out << body << '\n';
    else
      context.out << id << "  " << colours.status(printable(member_text(parse_answer(body), "status"))) << '\n';
  });
}

} // namespace

void add_retry(command_host& host) {
  auto f = std::make_shared<retry_flags>();
  auto* cmd = host.app.add_subcommand("retry", "Try failed jobs again");
  cmd->add_option("ID", f->ids, "Jobs")->required();
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_retry(host.context, *f); }; });
}

} // namespace callboard
