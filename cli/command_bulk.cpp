#include "cli/bulk_run.hpp"
#include "cli/command.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace callboard {

namespace {

struct action_words {
  const char* name;
  const char* past;
  const char* help;
  bool reason, change;
};

constexpr action_words actions[] = {
  {"cancel", "cancelled", "Cancel jobs that have not ended; those that run are told to stop", true, false},
  {"retry", "retried", "Try failed jobs again", false, false},
  {"discard", "discarded", "Give failed jobs up: they become cancelled", true, false},
  {"change", "changed", "Change priority, start or deadline of jobs that have not started", false, true},
  {"hold", "held", "Keep jobs from starting; those that run go on", true, false},
  {"release", "released", "Let jobs that are held start", true, false},
};

int run_action(program_context& context, const client_flags& client, const bulk_flags& f, const action_words& of) {
  bulk_work work{"/api/bulk", {{"action", of.name}, {"filter", filter_body(f.filter)}}, of.name, of.past};
  if (of.change)
    work.body["change"] = change_body(f);
  if (!f.reason.empty())
    work.body["reason"] = f.reason;
  return run_bulk_work(context, client, f, work);
}

} // namespace

void add_bulk(command_host& host) {
  auto* cmd =
    host.app.add_subcommand("bulk", "Cancel, retry, discard, change, hold or release all jobs that a filter finds");
  cmd->require_subcommand(1);
  for (const auto& of : actions) {
    auto f = std::make_shared<bulk_flags>();
    auto client = std::make_shared<client_flags>();
    auto* sub = cmd->add_subcommand(of.name, of.help);
    add_filter_flags(*sub, f->filter, true);
    if (of.change)
      add_change_flags(*sub, *f);
    if (of.reason)
      add_reason_flag(*sub, *f);
    add_bulk_flags(*sub, *f);
    add_client_flags(*sub, *client);
    sub->callback([&host, f, client, of] {
      host.action = [&host, f, client, of] { return run_action(host.context, *client, *f, of); };
    });
  }
}

} // namespace callboard
