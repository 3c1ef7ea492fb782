#include "cli/command.hpp"
#include "cli/load_flags.hpp"
#include "cli/otlp_sender.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace callboard {

namespace {

struct serve_flags {
  load_flags load;
  bool log_json = false;
};

} // namespace

void add_serve(command_host& host) {
  auto f = std::make_shared<serve_flags>();
  auto* cmd = host.app.add_subcommand("serve", "Run the scheduler, with its local workers");
  add_shortcut(*cmd, f->load, "--data", "store.directory", "DIR");
  add_shortcut(*cmd, f->load, "--http", "http.listen", "HOST:PORT");
  add_shortcut(*cmd, f->load, "--cluster", "cluster.listen", "HOST:PORT");
  add_shortcut(*cmd, f->load, "--workers", "workers.count", "N");
  add_shortcut(*cmd, f->load, "--worker-command", "workers.command", "COMMAND");
  add_shortcut(*cmd, f->load, "--slots", "workers.slots", "N");
  add_shortcut(*cmd, f->load, "--log-level", "log.level", "LEVEL");
  cmd->add_flag("--log-json", f->log_json, "One JSON object per line instead of text (log.json)");
  add_load_flags(*cmd, f->load);
  cmd->callback([&host, f] {
    host.action = [&host, f] {
      if (f->log_json)
        f->load.shortcuts.push_back({"log.json", "--log-json", "true"});
      auto loaded = load(host.context.environment, f->load);
      const serve_options options{.config = std::move(loaded.values),
                                  .origins = std::move(loaded.origins),
                                  .config_file = settings_file_of(host.context.environment, f->load),
                                  .overrides = override_texts(f->load),
                                  .executable = host.context.executable,
                                  .span_sender = make_otlp_sender};
      return host.context.serve(options);
    };
  });
}

} // namespace callboard
