#pragma once

#include "cli/program.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

/// What the subcommands add themselves to. The command that was chosen puts its work into `action`; it runs when all
/// arguments were read, and returns the exit code or throws command_failure.
struct command_host {
  CLI::App& app;
  program_context& context;
  std::function<int()> action;
  /// What stands behind `--` of a job's type: not for the parser, which would take flags for its own.
  std::optional<std::vector<std::string>> words = std::nullopt;
};

void add_serve(command_host& host);
void add_worker(command_host& host);
void add_submit(command_host& host);
void add_get(command_host& host);
void add_explain(command_host& host);
void add_list(command_host& host);
void add_logs(command_host& host);
void add_cancel(command_host& host);
void add_hold(command_host& host);
void add_release(command_host& host);
void add_retry(command_host& host);
void add_bulk(command_host& host);
void add_dead(command_host& host);
void add_watch(command_host& host);
void add_events(command_host& host);
void add_export(command_host& host);
void add_report(command_host& host);
void add_schedules(command_host& host);
void add_templates(command_host& host);
void add_workflows(command_host& host);
void add_queues(command_host& host);
void add_types(command_host& host);
void add_workers(command_host& host);
void add_scale(command_host& host);
void add_drain(command_host& host);
void add_actors(command_host& host);
void add_alerts(command_host& host);
void add_webhooks(command_host& host);
void add_audit(command_host& host);
void add_doctor(command_host& host);
void add_cert(command_host& host);
void add_completion(command_host& host);
void add_config(command_host& host);
void add_man(command_host& host);
void add_simulate(command_host& host);
void add_top(command_host& host);
void add_version(command_host& host);

} // namespace callboard
