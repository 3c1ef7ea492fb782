#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"
#include "cli/log_follower.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace callboard {

void add_logs(command_host& host) {
  struct logs_flags {
    client_flags client;
    log_options log;
    std::string reconnect = "30s";
  };
  auto f = std::make_shared<logs_flags>();
  auto* cmd = host.app.add_subcommand("logs", "Show the last lines that a job has logged, and follow what comes");
  cmd->add_option("ID", f->log.id, "Job")->required();
  auto* follow = cmd->add_flag("-f,--follow", f->log.follow, "Go on until the job has ended");
  cmd->add_option("--reconnect", f->reconnect, "How long the scheduler may be away")
    ->capture_default_str()
    ->needs(follow);
  add_client_flags(*cmd, f->client);
  cmd->footer("With --follow it ends with 0 when the job is completed, and with 2 when it failed or was cancelled.");
  cmd->callback([&host, f] {
    host.action = [&host, f] {
      f->log.json = f->client.json;
      f->log.reconnect = duration_flag("--reconnect", f->reconnect);
      scheduler_client client{host.context, f->client};
      return show_log(host.context, client, f->log);
    };
  });
}

} // namespace callboard
