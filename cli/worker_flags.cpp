#include "cli/worker_flags.hpp"

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "core/base/name.hpp"

#include <CLI/CLI.hpp>

namespace callboard {

worker_options read_worker_flags(worker_flags& f, const std::map<std::string, std::string>& environment) {
  if (f.log_json)
    f.load.shortcuts.push_back({"log.json", "--log-json", "true"});
  std::vector<host_port> joins;
  for (const auto& text : f.joins) {
    const auto join = parse_host_port(text);
    if (!join || join->port == 0)
      throw command_failure{exit_usage,
                            "--join must be the scheduler's cluster address as HOST:PORT, not \"" + text + "\""};
    joins.push_back(*join);
  }
  // As the scheduler checks it when the worker registers.
  if (!f.name.empty() && !is_name(name_kind::worker, f.name))
    throw command_failure{exit_usage, "--name: " + name_rule(name_kind::worker) + ", not \"" + f.name + "\""};
  if (f.lifeline && *f.lifeline < 0)
    throw command_failure{exit_usage, "--lifeline must be an open descriptor, 0 or above"};
  return {.config = load(environment, f.load).values,
          .joins = std::move(joins),
          .name = f.name,
          .bundle = f.bundle,
          .lifeline = f.lifeline,
          .open_files = f.open_files,
          .local = f.local};
}

void add_worker_flags(CLI::App& cmd, worker_flags& f) {
  cmd.add_option("--join", f.joins, "Cluster address of the scheduler; several are tried in turn")
    ->type_name("HOST:PORT")
    ->required();
  cmd.add_option("--name", f.name, "Name of the worker (default: that of the bundle, or host and process)");
  add_shortcut(cmd, f.load, "--slots", "workers.slots", "N");
  add_shortcut(cmd, f.load, "--resources", "workers.resources", "LIST");
  add_shortcut(cmd, f.load, "--labels", "workers.labels", "LIST");
  cmd
    .add_option("--bundle", f.bundle, "Its certificate and key, as `callboard cert issue` wrote them; instead of --tls")
    ->type_name("FILE");
  add_shortcut(cmd, f.load, "--tls", "cluster.tls_directory", "DIR");
  add_shortcut(cmd, f.load, "--log-level", "log.level", "LEVEL");
  cmd.add_flag("--log-json", f.log_json, "One JSON object per line instead of text (log.json)");
  // For the scheduler that starts a worker of its own; an empty group hides a flag.
  cmd.add_option("--lifeline", f.lifeline, "Descriptor that ends with the scheduler")->group("");
  cmd.add_option("--open-files", f.open_files, "Limit of open files for programs")->group("");
  cmd.add_flag("--local", f.local, "Started by a scheduler on its machine")->group("");
  add_load_flags(cmd, f.load);
}

void add_worker(command_host& host) {
  auto f = std::make_shared<worker_flags>();
  auto* cmd = host.app.add_subcommand("worker", "Run a worker and join a scheduler");
  add_worker_flags(*cmd, *f);
  cmd->callback([&host, f] {
    host.action = [&host, f] { return host.context.worker(read_worker_flags(*f, host.context.environment)); };
  });
}

} // namespace callboard
