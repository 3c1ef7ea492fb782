#include "cli/command_schedules.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/schedule_flags.hpp"
#include "cli/schedule_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct add_flags {
  std::string name;
  schedule_flags schedule;
  job_flags described;
  bool replace = false;
  std::optional<uint32_t> version;
};

int run_add(program_context& context, const client_flags& client_set, add_flags& f) {
  if (f.described.job.type.empty())
    throw command_failure{exit_usage, "schedules add needs the NAME of the schedule and the TYPE of its job"};
  complete_payload(context, f.described);
  scheduler_client client{context, client_set};
  const auto wish = schedule_body(f.name, f.schedule, submit_body(f.described.job, context.now()));
  query_builder query{f.replace ? schedule_target(f.name) : "/api/schedules"};
  const auto body = client.text(f.replace ? "PUT" : "POST", query.add("ifVersion", f.version).target(), wish);
  if (client_set.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto next = next_fire_text(answer);
  context.out << printable(member_text(answer, "name")) << "  version " << printable(member_text(answer, "version"))
              << (next.empty() ? "" : ", next " + printable(next) + " (" + relative_time(next, context.now()) + ")")
              << '\n';
  return exit_ok;
}

} // namespace

void add_schedules_add(command_host& host, CLI::App& schedules, std::shared_ptr<client_flags> client) {
  auto f = std::make_shared<add_flags>();
  auto* cmd = schedules.add_subcommand("add", "Define a schedule");
  cmd->footer("For example:\n"
              "  callboard schedules add nightly --cron '30 2 * * *' --zone Europe/Berlin exec -- tar czf out.tgz .\n"
              "  callboard schedules add poll --every 5min http_request --url https://example.com/hook");
  cmd->add_option("NAME", f->name, "Name of the schedule")->required();
  add_payload_flags(*cmd, f->described);
  add_when_flags(*cmd, f->schedule);
  add_rule_flags(*cmd, f->schedule);
  add_field_flags(*cmd, f->described.job);
  auto* replace = cmd->add_flag("--replace", f->replace, "Give it a new version if there is one of this name");
  cmd->add_option("--if-version", f->version, "With --replace: only if this is the present version")->needs(replace);
  add_client_flags(*cmd, *client);
  add_builtin_types(*cmd, f->described);
  cmd->callback([&host, f, client] {
    host.action = [&host, f, client] {
      choose_type(f->described, host.words, "schedules add NAME");
      return run_add(host.context, *client, *f);
    };
  });
}

} // namespace callboard
