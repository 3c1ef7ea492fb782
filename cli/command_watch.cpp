#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/watch.hpp"
#include "cli/workflow_watch.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace callboard {

namespace {

struct watch_flags {
  client_flags client;
  watch_options watch;
  std::string reconnect = "30s";
};

bool names_workflow(const std::string& id) {
  return id.starts_with("w-");
}

int run_watch(program_context& context, watch_flags& f) {
  auto& ids = f.watch.ids;
  const auto workflows = std::count_if(ids.begin(), ids.end(), names_workflow);
  if (workflows != 0 && ids.size() != 1)
    throw command_failure{exit_usage, "ID must be one workflow, or any number of jobs"};
  f.watch.json = f.client.json;
  f.watch.reconnect = duration_flag("--reconnect", f.reconnect);
  scheduler_client client{context, f.client};
  return workflows == 0 ? watch_jobs(context, client, f.watch)
                        : watch_workflow(context, client, ids.front(), {f.watch.json, f.watch.reconnect});
}

} // namespace

void add_watch(command_host& host) {
  auto f = std::make_shared<watch_flags>();
  auto* cmd = host.app.add_subcommand("watch", "Follow jobs, or a workflow, until they have ended");
  cmd->add_option("ID", f->watch.ids, "Jobs, or one workflow (w-...)")->required();
  cmd->add_option("--reconnect", f->reconnect, "How long the scheduler may be away")->capture_default_str();
  add_client_flags(*cmd, f->client);
  cmd->footer("Ends with 0 when all are completed, and with 2 when one failed or was cancelled.");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_watch(host.context, *f); }; });
}

} // namespace callboard
