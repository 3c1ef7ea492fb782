#include "cli/program.hpp"

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace callboard {

int run_program(const std::vector<std::string>& arguments, program_context& context) {
  CLI::App app{"Callboard: a durable, distributed scheduler for background and batch jobs", "callboard"};
  app.set_version_flag("--version", "callboard " + std::string{version()});
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(34);
  app.footer(
    "`callboard COMMAND --help` tells more. Exit codes: 0 good, 1 wrong input, 2 the job failed, 3 the scheduler\n"
    "cannot be reached, 4 it cannot do it now.");
  command_host host{app, context, {}};
  add_serve(host);
  add_worker(host);
  add_submit(host);
  add_get(host);
  add_explain(host);
  add_list(host);
  add_logs(host);
  add_cancel(host);
  add_retry(host);
  add_hold(host);
  add_release(host);
  add_bulk(host);
  add_dead(host);
  add_watch(host);
  add_events(host);
  add_export(host);
  add_report(host);
  add_schedules(host);
  add_workflows(host);
  add_templates(host);
  add_queues(host);
  add_types(host);
  add_workers(host);
  add_scale(host);
  add_drain(host);
  add_actors(host);
  add_alerts(host);
  add_webhooks(host);
  add_audit(host);
  add_top(host);
  add_doctor(host);
  add_cert(host);
  add_config(host);
  add_simulate(host);
  add_completion(host);
  add_man(host);
  add_version(host);
  try {
    auto end = arguments.end();
    if (!arguments.empty() && (arguments.front() == "submit" || arguments.front() == "schedules"))
      end = std::find(arguments.begin(), arguments.end(), "--");
    if (end != arguments.end())
      host.words.emplace(end + 1, arguments.end());
    // The parser takes its arguments from the end.
    std::vector<std::string> reversed{std::make_reverse_iterator(end), arguments.rend()};
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, context.out, context.err) == 0 ? exit_ok : exit_usage;
  }
  if (!host.action) {
    context.err << "callboard: a command is needed\n\n" << app.help();
    return exit_usage;
  }
  try {
    return host.action();
  } catch (const command_failure& e) {
    context.err << "callboard: " << e.what() << '\n';
    return e.code();
  }
}

} // namespace callboard
