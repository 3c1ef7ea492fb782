#include "cli/command.hpp"
#include "cli/load_flags.hpp"

#include <CLI/CLI.hpp>

namespace callboard {

namespace {

struct cert_flags {
  load_flags load;
  cert_options options;
  int64_t days = 0;
};

CLI::App* add_action(command_host& host, CLI::App& cert, const std::shared_ptr<cert_flags>& f,
                     cert_options::action wanted, const std::string& name, const std::string& summary) {
  auto* cmd = cert.add_subcommand(name, summary);
  f->load.shortcuts.reserve(2);
  add_shortcut(*cmd, f->load, "--tls", "cluster.tls_directory", "DIR");
  add_shortcut(*cmd, f->load, "--data", "store.directory", "DIR");
  if (wanted != cert_options::action::list)
    cmd->add_option("--as", f->options.as, "Who acts, for the audit log (default: $CALLBOARD_AS, else the user's name)")
      ->type_name("NAME");
  cmd->add_flag("--json", f->options.json, "JSON on standard output");
  add_load_flags(*cmd, f->load);
  cmd->callback([&host, f, wanted] {
    host.action = [&host, f, wanted] {
      f->options.wanted = wanted;
      const auto values = load(host.context.environment, f->load).values;
      f->options.directory = tls_directory_of(values);
      f->options.valid = std::chrono::days{f->days};
      f->options.audit = audit_place_of(values);
      f->options.data = values.store.directory;
      f->options.audit_or_refuse = values.audit.on_failure == "refuse";
      return host.context.cert(f->options, host.context);
    };
  });
  return cmd;
}

} // namespace

void add_cert(command_host& host) {
  using enum cert_options::action;
  auto* cert = host.app.add_subcommand("cert", "Certificates of the fleet: who may join");
  cert->require_subcommand(1);
  // One set of flags each: the settings of one must not be read by another.
  const auto fresh = [] { return std::make_shared<cert_flags>(); };
  add_action(host, *cert, fresh(), init, "init", "Make an authority (the first start of a scheduler does it, too)");
  auto f = fresh();
  auto* cmd = add_action(host, *cert, f, issue, "issue", "Issue a certificate to a worker, as a file to bring to it");
  cmd->add_option("NAME", f->options.name, "The worker's name")->required();
  cmd->add_option("--out", f->options.bundle, "The file (default: NAME.bundle); never overwritten")->type_name("FILE");
  cmd->add_option("--days", f->days, "How long it is good (825)")->type_name("DAYS")->check(CLI::PositiveNumber);
  add_action(host, *cert, fresh(), list, "list", "List what was issued and revoked");
  f = fresh();
  cmd = add_action(host, *cert, f, revoke, "revoke", "Let nobody join with a certificate any more");
  cmd->add_option("NAME", f->options.name, "The worker's name, or a certificate's serial number")->required();
}

} // namespace callboard
