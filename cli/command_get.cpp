#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct get_flags {
  client_flags client;
  std::vector<std::string> ids;
  bool history = false;
  bool logs = false;
};

void print_logs(std::ostream& out, const nlohmann::ordered_json& answer) {
  if (const auto lines = answer.find("lines"); lines != answer.end() && lines->is_array())
    for (const auto& line : *lines)
      out << printable(line.is_string() ? line.get<std::string>() : line.dump()) << '\n';
}

int run_get(program_context& context, const get_flags& f) {
  scheduler_client client{context, f.client};
  const palette colours{context};
  bool first = true;
  return for_each_id(context, f.ids, [&](const std::string& id) {
    const auto body = client.text("GET", job_target(id, f.logs ? "/logs" : f.history ? "/history" : ""));
    if (f.client.json) {
      context.out << body << '\n';
      return;
    }
    const auto job = parse_answer(body);
    if (!std::exchange(first, false))
      context.out << '\n';
    if (f.logs)
      print_logs(context.out, job);
    else if (f.history)
      print_history(context.out, job, colours);
    else
      print_job(context.out, job, context.now(), colours);
  });
}

} // namespace

void add_get(command_host& host) {
  auto f = std::make_shared<get_flags>();
  auto* cmd = host.app.add_subcommand("get", "Show jobs");
  cmd->add_option("ID", f->ids, "Jobs")->required();
  auto* history = cmd->add_flag("--history", f->history, "Show what happened to it instead");
  cmd->add_flag("--logs", f->logs, "Show the last lines that it logged instead")->excludes(history);
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_get(host.context, *f); }; });
}

} // namespace callboard
