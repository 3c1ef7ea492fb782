#include "cli/command.hpp"
#include "cli/watch.hpp"

#include <CLI/CLI.hpp>

namespace callboard {

namespace {

struct watch_flags {
  client_flags client;
  watch_options watch;
  std::string reconnect = "30s";
};

} // namespace

void add_watch(command_host& host) {
  auto f = std::make_shared<watch_flags>();
  auto* cmd = host.app.add_subcommand("watch", "Follow jobs until they have ended");
  cmd->add_option("ID", f->watch.ids, "Jobs")->required();
  cmd->add_option("--reconnect", f->reconnect, "How long the scheduler may be away")->capture_default_str();
  add_client_flags(*cmd, f->client);
  cmd->footer("Ends with 0 when all are completed, and with 2 when one failed or was cancelled.");
  cmd->callback([&host, f] {
    host.action = [&host, f] {
      f->watch.json = f->client.json;
      f->watch.reconnect = duration_flag("--reconnect", f->reconnect);
      scheduler_client client{host.context, f->client};
      return watch_jobs(host.context, client, f->watch);
    };
  });
}

} // namespace callboard
