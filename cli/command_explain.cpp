#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/explain_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace callboard {

namespace {

struct explain_flags {
  client_flags client;
  std::vector<std::string> ids;
};

int run_explain(program_context& context, const explain_flags& f) {
  scheduler_client client{context, f.client};
  const palette colours{context};
  bool first = true;
  return for_each_id(context, f.ids, [&](const std::string& id) {
    const auto body = client.text("GET", job_target(id, "/explain"));
    if (f.client.json) {
      context.out << body << '\n';
      return;
    }
    const auto shown = parse_answer(body);
    if (!std::exchange(first, false))
      context.out << '\n';
    print_explanation(context.out, shown, context.now(), colours);
  });
}

} // namespace

void add_explain(command_host& host) {
  auto f = std::make_shared<explain_flags>();
  auto* cmd = host.app.add_subcommand("explain", "Say why jobs wait");
  cmd->add_option("ID", f->ids, "Jobs")->required();
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_explain(host.context, *f); }; });
}

} // namespace callboard
