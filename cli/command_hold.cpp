#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct hold_flags {
  client_flags client;
  std::vector<std::string> ids;
  std::string reason;
};

int run_hold(program_context& context, const hold_flags& f, bool held) {
  scheduler_client client{context, f.client};
  const palette colours{context};
  nlohmann::ordered_json change{{"held", held}};
  if (!f.reason.empty())
    change["reason"] = f.reason;
  const auto request = change.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return for_each_id(context, f.ids, [&](const std::string& id) {
    const auto body = client.text("PATCH", job_target(id), request);
    if (f.client.json)
      context.out << body << '\n';
    else
      context.out << printable(id) << "  " << (held ? "held" : "released") << ", "
                  << colours.status(printable(member_text(parse_answer(body), "status"))) << '\n';
  });
}

void add(command_host& host, const char* name, const char* help, bool held) {
  auto f = std::make_shared<hold_flags>();
  auto* cmd = host.app.add_subcommand(name, help);
  cmd->add_option("ID", f->ids, "Jobs")->required();
  cmd->add_option("--reason", f->reason, "Why; kept in the job's history");
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f, held] { host.action = [&host, f, held] { return run_hold(host.context, *f, held); }; });
}

} // namespace

void add_hold(command_host& host) {
  add(host, "hold", "Keep jobs from starting; one that runs goes on, and is not tried again", true);
}

void add_release(command_host& host) {
  add(host, "release", "Let jobs that are held start", false);
}

} // namespace callboard
