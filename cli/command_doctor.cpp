#include "cli/command.hpp"
#include "cli/doctor/doctor.hpp"
#include "cli/load_flags.hpp"
#include "cli/version.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace callboard {

namespace {

struct doctor_flags {
  load_flags load;
  client_flags client;
};

int run_doctor(program_context& context, const doctor_flags& f) {
  auto config = load(context.environment, f.load).values;
  const std::filesystem::path data{config.store.directory};
  const auto tls = tls_directory_of(config);
  const examined x{std::move(config), data, tls, context.now(), ask_server(context, f.client), std::string{version()}};
  return run_checks(context, x, all_checks(), f.client.json);
}

} // namespace

void add_doctor(command_host& host) {
  auto f = std::make_shared<doctor_flags>();
  f->client.timeout = "5s";
  auto* cmd = host.app.add_subcommand("doctor", "Check this machine, the data directory and the scheduler");
  add_shortcut(*cmd, f->load, "--data", "store.directory", "DIR");
  add_load_flags(*cmd, f->load);
  add_client_flags(*cmd, f->client);
  cmd->footer("It changes nothing. Ends with 0 when nothing has failed, also with warnings, and else with 4.");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_doctor(host.context, *f); }; });
}

} // namespace callboard
